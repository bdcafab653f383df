//! Where the programs stand: packages of one workspace under the target directory, their dependencies built before.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::program::{Edit, Program};
use crate::stopwatch::{self, Measurement};

/// The folder of all programs.
pub struct Workshop {
    folder: PathBuf,
    /// This program, which stands between cargo and the compiler.
    stopwatch: PathBuf,
    /// Whether the compiler keeps what it found out for the next time.
    incremental: bool,
}

impl Workshop {
    /// Writes all programs, and builds what they depend on.
    pub fn open(programs: &[Program], incremental: bool) -> Result<Self, String> {
        let stopwatch = std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
        let target = stopwatch.ancestors().nth(2).expect("cargo puts programs into `target/release`");
        let workshop = Self { folder: target.join("compile-time"), stopwatch: stopwatch.clone(), incremental };
        let library = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this is `benches/compile_time`");
        let library = library.to_str().ok_or("the path of this folder is no text")?;
        let mut dependencies: Vec<String> = programs.iter().map(|program| program.kind.dependency(library)).collect();
        dependencies.sort_unstable();
        dependencies.dedup();
        workshop.write("Cargo.toml", &manifest_of_all(programs))?;
        workshop.write("dependencies/Cargo.toml", &manifest("dependencies", &dependencies.concat()))?;
        workshop.write("dependencies/src/lib.rs", "")?;
        for program in programs {
            let dependency = program.kind.dependency(library);
            workshop.write(&format!("{program}/Cargo.toml"), &manifest(&program.to_string(), &dependency))?;
            workshop.write(&format!("{program}/src/lib.rs"), &program.source())?;
            let proof = proof(program);
            workshop.write(&format!("{proof}/Cargo.toml"), &manifest(&proof, &dependency))?;
            workshop.write(&format!("{proof}/src/main.rs"), &program.proof())?;
        }
        workshop.lock(library)?;
        eprintln!("building the dependencies");
        let output = workshop.cargo("check", "dependencies", None)?;
        if output.status.success() { Ok(workshop) } else { Err(failed("the dependencies", &output)) }
    }

    /// Checks one program from the beginning, and says what this took the compiler.
    pub fn check(&self, program: &Program) -> Result<Measurement, String> {
        self.check_source(program, &program.source())
    }

    /// Checks one program again after the last of this many edits.
    pub fn check_edited(&self, program: &Program, edit: Edit, edits: usize) -> Result<Measurement, String> {
        self.check_source(program, &program.edited(edit, edits))
    }

    /// Runs one program, which ends well if its services are what they should be.
    pub fn prove(&self, program: &Program) -> Result<(), String> {
        let proof = proof(program);
        let output = self.cargo("run", &proof, None)?;
        if output.status.success() { Ok(()) } else { Err(failed(&proof, &output)) }
    }

    fn check_source(&self, program: &Program, source: &str) -> Result<Measurement, String> {
        self.write(&format!("{program}/src/lib.rs"), source)?;
        let record = self.folder.join("record");
        // No record is left if cargo finds nothing to do.
        let _ = fs::remove_file(&record);
        let output = self.cargo("check", &program.to_string(), Some(&record))?;
        if !output.status.success() {
            return Err(failed(&program.to_string(), &output));
        }
        let text = fs::read_to_string(&record).map_err(|error| format!("{program} was not compiled: {error}"))?;
        Measurement::parse(&text).ok_or_else(|| format!("{program}: this is no measurement: {text}"))
    }

    /// The library's own versions of what it depends on, for the first time; cargo adds the peers and keeps them.
    fn lock(&self, library: &str) -> Result<(), String> {
        if self.folder.join("Cargo.lock").exists() {
            return Ok(());
        }
        let lock = fs::read_to_string(Path::new(library).join("Cargo.lock")).unwrap_or_default();
        self.write("Cargo.lock", &lock)
    }

    fn cargo(&self, what: &str, package: &str, record: Option<&Path>) -> Result<Output, String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let (target, incremental) = if self.incremental { ("target-incremental", "1") } else { ("target", "0") };
        let mut command = Command::new(cargo);
        command
            .args([what, "--quiet", "--package", package])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.join(target))
            .env("CARGO_INCREMENTAL", incremental)
            .env_remove("RUSTFLAGS");
        if let Some(record) = record {
            command.env("RUSTC_WORKSPACE_WRAPPER", &self.stopwatch).env(stopwatch::RECORD, record);
        }
        command.output().map_err(|error| format!("cannot run cargo: {error}"))
    }

    fn write(&self, file: &str, text: &str) -> Result<(), String> {
        let path = self.folder.join(file);
        let folder = path.parent().expect("a file stands in a folder");
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}

/// The package that runs a program.
fn proof(program: &Program) -> String {
    format!("proof-{program}")
}

fn manifest_of_all(programs: &[Program]) -> String {
    let names = programs.iter().flat_map(|program| [program.to_string(), proof(program)]);
    let members: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    format!("[workspace]\nresolver = \"3\"\nmembers = [\"dependencies\", {}]\n", members.join(", "))
}

fn manifest(name: &str, dependencies: &str) -> String {
    format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}")
}

fn failed(what: &str, output: &Output) -> String {
    format!("{what} did not compile or run:\n{}", String::from_utf8_lossy(&output.stderr))
}
