//! Compiles this crate's library to assembly and shows the two functions side by side.
//!
//! ```text
//! cargo run --release -p context-get
//! ```

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

fn main() -> ExitCode {
    match compare() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the comparison; whether both functions read memory equally often.
fn compare() -> Result<bool, String> {
    let assembly = assembly()?;
    let by_context = instructions(&assembly, "by_context")?;
    let by_hand = instructions(&assembly, "by_hand")?;
    print_pair("context.get::<S17>().value", "app.s17.value");
    for line in 0..by_context.len().max(by_hand.len()) {
        let [left, right] = [&by_context, &by_hand].map(|lines| lines.get(line).map_or("", String::as_str));
        print_pair(left, right);
    }
    let [left, right] = [&by_context, &by_hand].map(|lines| lines.iter().filter(|line| reads_memory(line)).count());
    let verdict = if left == right { "the same number" } else { "different numbers" };
    println!("loads: {left} and {right}: {verdict}");
    Ok(left == right)
}

fn print_pair(left: &str, right: &str) {
    println!("{left:<36}{right}");
}

/// The library as assembly, optimized.
fn assembly() -> Result<String, String> {
    let program = env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let target = program.ancestors().nth(2).expect("cargo puts programs into `target/release`").join("context-get");
    let file = target.join("context_get.s");
    let mut emit = std::ffi::OsString::from("--emit=asm=");
    emit.push(&file);
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["rustc", "--release", "--quiet", "--lib", "--package", "context-get", "--target-dir"])
        .arg(&target)
        .args(["--", "-Ccodegen-units=1"])
        .arg(emit)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("the library did not compile:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

/// The instructions of a function, without labels and directives.
fn instructions(assembly: &str, function: &str) -> Result<Vec<String>, String> {
    // Mangled or not, a name in a symbol comes after its length.
    let symbol = format!("{}{function}", function.len());
    let label = |line: &&str| line.ends_with(':') && line.contains(&symbol) && !line.starts_with('.');
    let mut lines = assembly.lines().skip_while(|line| !label(line));
    lines.next().ok_or_else(|| format!("the assembly has no function `{function}`"))?;
    let body = lines.take_while(|line| !line.starts_with(".Lfunc_end") && !line.contains(".cfi_endproc"));
    let instructions = body.map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['.', '#', '/']));
    Ok(instructions.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect())
}

/// Whether an instruction has an operand in memory; `lea` looks so, and only computes an address.
fn reads_memory(instruction: &str) -> bool {
    instruction.contains(['(', '[']) && !instruction.starts_with("lea")
}
