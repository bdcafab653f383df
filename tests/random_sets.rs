//! The set algebra on random sets: what the types say is what sets of numbers say, and nothing else compiles.
//!
//! A program is generated with the expected sets in it, and checked. `LAWS_SEED=7` tries another one.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const SERVICES: usize = 24;
const PAIRS: usize = 60;

type Numbers = BTreeSet<usize>;

#[test]
fn types_agree_with_sets_of_numbers() {
    let (seed, pairs) = pairs();
    let lines: Vec<String> = pairs.iter().flat_map(|(left, right)| equations(left, right)).collect();
    let errors = check("equations", &program(&lines));
    assert!(errors.is_empty(), "seed {seed}: {errors:#?}");
}

#[test]
fn a_mutated_equation_does_not_compile() {
    let (seed, pairs) = pairs();
    let lines: Vec<String> = pairs.iter().enumerate().map(|(index, pair)| mutated(index, &pair.0, &pair.1)).collect();
    let program = program(&lines);
    let first = 1 + program.lines().position(|line| *line == lines[0]).expect("the program has its lines");
    let errors = check("mutations", &program);
    let expected: Vec<_> = (first..first + PAIRS).map(|line| (line, "mismatched types".to_owned())).collect();
    assert_eq!(errors, expected, "seed {seed}");
}

/// Some pairs of sets, small ones and large ones.
fn pairs() -> (u64, Vec<(Numbers, Numbers)>) {
    let seed = std::env::var("LAWS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("LAWS_SEED={seed}");
    let mut random = Random(seed);
    let mut set = || {
        let size = random.below(SERVICES + 1);
        (0..size).map(|_| random.below(SERVICES)).collect()
    };
    (seed, (0..PAIRS).map(|_| (set(), set())).collect())
}

fn equations(left: &Numbers, right: &Numbers) -> Vec<String> {
    let union: Numbers = left | right;
    let [l, r] = [list(left), list(right)];
    let mut lines = vec![
        format!("assert_type_eq!(UnionOf<{l}, {r}>, {});", list(&union)),
        format!("assert_type_eq!(UnionOf<{r}, {l}>, {});", list(&union)),
        format!("assert_type_eq!(Difference<{l}, {r}>, {});", list(&(left - right))),
        format!("assert_type_eq!(Difference<{r}, {l}>, {});", list(&(right - left))),
        format!("assert_type_eq!(Difference<{l}, Difference<{l}, {r}>>, {});", list(&(left & right))),
        format!("const _: fn() = subset::<{l}, {}>;", list(&union)),
        format!("const _: fn() = subset::<{}, {r}>;", list(&(left & right))),
        format!("const _: fn() = agrees::<{l}, {r}>;"),
    ];
    for service in 0..SERVICES {
        let one = Numbers::from([service]);
        lines.push(format!("assert_type_eq!(Difference<{}, {l}>, {});", list(&one), list(&(&one - left))));
        if left.contains(&service) {
            lines.push(format!("const _: fn() = has::<{l}, S{service}>;"));
        }
    }
    lines
}

/// An equation with one member too many, or too few.
fn mutated(index: usize, left: &Numbers, right: &Numbers) -> String {
    let (name, mut result) =
        if index.is_multiple_of(2) { ("UnionOf", left | right) } else { ("Difference", left - right) };
    let member = index * 7 % SERVICES;
    if !result.remove(&member) {
        result.insert(member);
    }
    format!("assert_type_eq!({name}<{}, {}>, {});", list(left), list(right), list(&result))
}

/// `services![S1, S5]`, in an order and with repetitions that depend on the set.
fn list(set: &Numbers) -> String {
    let mut names: Vec<String> = set.iter().map(|service| format!("S{service}")).collect();
    if set.len() % 2 == 1 {
        names.reverse();
        names.push(names[0].clone());
    }
    format!("services![{}]", names.join(", "))
}

fn program(lines: &[String]) -> String {
    let mut program = String::from(
        "#![allow(dead_code)]\n\
         use di::services;\n\
         use di_core::assert_type_eq;\n\
         use di_core::set::{AllSame, Difference, Has, Met, Minus, ServiceSet, Set, SubsetOf, UnionOf};\n\
         fn subset<Sub: SubsetOf<Super>, Super: ServiceSet>() {}\n\
         fn agrees<Left: Minus, Right: Set>() where Met<Left, Right>: AllSame {}\n\
         fn has<Set: Has<S>, S: di::Service>() {}\n",
    );
    for service in 0..SERVICES {
        let _ = writeln!(program, "#[derive(di::Service)] struct S{service};");
    }
    for line in lines {
        let _ = writeln!(program, "{line}");
    }
    program.push_str("fn main() {}\n");
    program
}

/// The errors of a program: their lines and messages.
fn check(name: &str, program: &str) -> Vec<(usize, String)> {
    let package = package(name, program);
    let output = Command::new(env!("CARGO"))
        .current_dir(&package)
        .args(["check", "--offline", "--quiet", "--message-format=json", "--target-dir"])
        .arg(package.with_file_name("messages-target"))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let mut errors = Vec::new();
    let mut checked = false;
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let message: Value = serde_json::from_slice(line).expect("cargo writes JSON");
        checked |= message["target"]["name"] == name;
        let diagnostic = &message["message"];
        if message["reason"] != "compiler-message" || diagnostic["level"] != "error" {
            continue;
        }
        if let Some(mut place) = diagnostic["spans"].get(0) {
            // The equation is a macro's; its line is where the macro is called.
            while place["expansion"].is_object() {
                place = &place["expansion"]["span"];
            }
            let line = place["line_start"].as_u64().and_then(|line| usize::try_from(line).ok()).expect("a line");
            errors.push((line, diagnostic["message"].as_str().unwrap_or_default().to_owned()));
        }
    }
    assert!(checked, "nothing was checked: {}", String::from_utf8_lossy(&output.stderr));
    errors.sort();
    errors.dedup();
    errors
}

fn package(name: &str, program: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let manifest = format!(
        "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         di = {{ path = {root:?} }}\ndi-core = {{ path = {:?} }}\nthiserror = \"2\"\n\
         tokio = {{ version = \"1\", features = [\"full\", \"test-util\"] }}\n",
        root.join("di-core"),
    );
    fs::create_dir_all(package.join("src")).expect("the folder can be made");
    fs::write(package.join("Cargo.toml"), manifest).expect("the manifest can be written");
    fs::write(package.join("src/main.rs"), program).expect("the program can be written");
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).expect("the lock file can be copied");
    package
}

/// Numbers that look random, the same ones for a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).expect("it is below the limit")
    }
}
