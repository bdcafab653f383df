//! Where the programs stand: packages of one workspace under the target directory, their dependencies built before.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::program::Program;
use crate::stopwatch::{self, Measurement};

/// The folder of all programs.
pub struct Workshop {
    folder: PathBuf,
    /// This program, which stands between cargo and the compiler.
    stopwatch: PathBuf,
}

impl Workshop {
    /// Writes all programs, and builds what they depend on.
    pub fn open(programs: &[Program]) -> Result<Self, String> {
        let stopwatch = std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
        let target = stopwatch.ancestors().nth(2).expect("cargo puts programs into `target/release`");
        let workshop = Self { folder: target.join("compile-time"), stopwatch: stopwatch.clone() };
        let library = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this is `benches/compile_time`");
        workshop.write("Cargo.toml", &manifest_of_all(programs))?;
        let lock = fs::read_to_string(library.join("Cargo.lock")).unwrap_or_default();
        workshop.write("Cargo.lock", &lock)?;
        workshop.write("dependencies/Cargo.toml", &manifest("dependencies", library))?;
        workshop.write("dependencies/src/lib.rs", "")?;
        for program in programs {
            workshop.write(&format!("{program}/Cargo.toml"), &manifest(&program.to_string(), library))?;
            workshop.write(&format!("{program}/src/lib.rs"), &program.source())?;
        }
        eprintln!("building the dependencies");
        let output = workshop.cargo_check("dependencies", None)?;
        if output.status.success() { Ok(workshop) } else { Err(failed("the dependencies", &output)) }
    }

    /// Checks one program from the beginning, and says what this took the compiler.
    pub fn check(&self, program: &Program) -> Result<Measurement, String> {
        self.write(&format!("{program}/src/lib.rs"), &program.source())?;
        let record = self.folder.join("record");
        // No record is left if cargo finds nothing to do.
        let _ = fs::remove_file(&record);
        let output = self.cargo_check(&program.to_string(), Some(&record))?;
        if !output.status.success() {
            return Err(failed(&program.to_string(), &output));
        }
        let text = fs::read_to_string(&record).map_err(|error| format!("{program} was not compiled: {error}"))?;
        Measurement::parse(&text).ok_or_else(|| format!("{program}: this is no measurement: {text}"))
    }

    fn cargo_check(&self, package: &str, record: Option<&Path>) -> Result<Output, String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(["check", "--quiet", "--package", package])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .env("CARGO_INCREMENTAL", "0")
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

fn manifest_of_all(programs: &[Program]) -> String {
    let members: Vec<String> = programs.iter().map(|program| format!("{:?}", program.to_string())).collect();
    format!("[workspace]\nresolver = \"3\"\nmembers = [\"dependencies\", {}]\n", members.join(", "))
}

fn manifest(name: &str, library: &Path) -> String {
    format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\ndi = {{ path = {library:?} }}\n")
}

fn failed(what: &str, output: &Output) -> String {
    format!("{what} did not compile:\n{}", String::from_utf8_lossy(&output.stderr))
}
