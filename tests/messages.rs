//! The contract of the messages: one mistake, one error, at the user's words, in words that the user knows.
//!
//! A case is a program in `compile_fail/`. Its last lines say what the compiler has to report, error by error: the line,
//! the compiler's code, the words that are marked, and the headline.
//!
//! ```text
//! //~ 19 E0277 {build} service `Config` is required, but no layer provides it [DI0001]
//! ```
//! A report of several findings, which a list of layers makes, has a headline for each:
//!
//! ```text
//! //~ 32 E0080 {config()} `Config` is provided by both `config` and `test_config` [DI0003]
//! //~    and layer `cache` is not needed by anything here [DI0005]
//! ```
//! Programs in `compile_pass/` are the cures. `MESSAGES=overwrite` writes the last lines anew, and the pages that quote
//! programs and goldens.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Words of the library's own that no headline and no label may have.
const INTERNAL: [&str; 17] = [
    "HCons",
    "HNil",
    "HList",
    "Branch<",
    "One<",
    "Empty",
    "Digits",
    "Down<",
    "PhantomData",
    "Checked",
    "SubsetOf",
    "Agrees",
    "HasAt",
    "__private",
    "__construct",
    "__run",
    "di_core",
];

/// The pages that quote programs and goldens.
const PAGES: [&str; 3] = ["README.md", "docs/errors.md", "docs/walk.md"];

/// How many lines the longest report may have.
const SCREEN: usize = 45;

#[test]
fn each_mistake_is_one_error_in_words_of_the_user() {
    let reports = reports(&programs());
    let mut wrong = String::new();
    for (program, errors) in &reports {
        let path = root().join(program);
        let source = fs::read_to_string(&path).expect("the program is there");
        let (code, expected) = split(&source);
        let actual: Vec<String> = errors.iter().flat_map(Report::lines).collect();
        if overwrite() {
            let written: String = actual.iter().map(|line| format!("//~ {line}\n")).collect();
            let gap = if actual.is_empty() { "" } else { "\n" };
            fs::write(&path, format!("{code}{gap}{written}")).expect("the program can be written");
        } else if actual != expected {
            let _ = writeln!(wrong, "{program}\n  expected {expected:#?}\n  reported {actual:#?}");
        }
        for word in INTERNAL {
            for error in errors.iter().filter(|error| error.shown().any(|text| text.contains(word))) {
                let _ = writeln!(wrong, "{program} shows `{word}`: {}", error.lines().join("\n"));
            }
        }
        for error in errors.iter().filter(|error| error.message.lines().count() > SCREEN) {
            let _ = writeln!(wrong, "{program} fills more than a screen: {}", error.message);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn pages_quote_the_tests() {
    for page in PAGES.map(|page| root().join(page)) {
        let text = fs::read_to_string(&page).expect("the page is there");
        let actual = quoted(&text);
        if overwrite() {
            fs::write(&page, actual).expect("the page can be written");
        } else {
            let differing = text.lines().zip(actual.lines()).find(|(old, new)| old != new);
            assert!(
                text == actual,
                "{page:?} differs from the tests: {differing:?}; `MESSAGES=overwrite` writes it anew"
            );
        }
    }
}

#[test]
fn no_page_shows_a_report_of_its_own() {
    for page in PAGES {
        let text = fs::read_to_string(root().join(page)).expect("the page is there");
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let is_report = line.starts_with("error") && line.contains("[DI") && lines[number - 1].starts_with("```");
            assert!(!is_report || lines[number - 2].starts_with("<!-- "), "{page} does not say whence it has: {line}");
        }
    }
}

fn overwrite() -> bool {
    std::env::var("MESSAGES").is_ok_and(|value| value == "overwrite")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The programs, as paths from the root.
fn programs() -> Vec<String> {
    let folder = |name: &str| {
        let entries = fs::read_dir(root().join(name)).expect("the folder is there");
        let files = entries.map(|entry| entry.expect("the folder can be read").file_name());
        files.filter_map(|file| file.into_string().ok()).map(|file| format!("{name}/{file}")).collect::<Vec<_>>()
    };
    let mut all = [folder("tests/compile_fail"), folder("tests/compile_pass")].concat();
    all.retain(|file| file.ends_with(".rs"));
    all.sort();
    all
}

/// The code of a program, and the lines that tell what is wrong with it.
fn split(source: &str) -> (String, Vec<&str>) {
    let (told, code): (Vec<&str>, Vec<&str>) = source.lines().partition(|line| line.starts_with("//~ "));
    (format!("{}\n", code.join("\n").trim_end()), told.iter().map(|line| &line["//~ ".len()..]).collect())
}

/// How the compiler begins when a constant reports.
const REPORTS: &str = "evaluation panicked: ";

/// An error, as the compiler reports it.
struct Report {
    line: u64,
    code: String,
    marked: String,
    message: String,
    labels: Vec<String>,
    rendered: String,
}

impl Report {
    /// `None` for what is no error, and for the compiler's sum of all errors.
    fn of(diagnostic: &Value, program: &str) -> Option<Self> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let spans: Vec<&Value> =
            diagnostic["spans"].as_array()?.iter().filter(|span| span["is_primary"] == true).collect();
        if diagnostic["level"] != "error" || spans.is_empty() {
            return None;
        }
        let (line, marked) = place(spans[0], program);
        Some(Self {
            line,
            code: diagnostic["code"]["code"].as_str().unwrap_or("-").to_owned(),
            marked,
            message: text(&diagnostic["message"]),
            labels: spans.iter().map(|span| text(&span["label"])).collect(),
            rendered: text(&diagnostic["rendered"]),
        })
    }

    /// The first headline with its place, and those of all other findings.
    fn lines(&self) -> Vec<String> {
        let is_report = self.message.starts_with(REPORTS);
        let message = self.message.trim_start_matches(REPORTS);
        if !is_report {
            return vec![self.first(&message.replace('\n', " "))];
        }
        let mut headlines = message.lines().filter(|line| line.ends_with(']') && line.contains(" [DI"));
        let first = self.first(headlines.next().unwrap_or(message));
        std::iter::once(first).chain(headlines.map(|line| format!("   and {line}"))).collect()
    }

    fn first(&self, headline: &str) -> String {
        format!("{} {} {{{}}} {headline}", self.line, self.code, self.marked)
    }

    fn shown(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.message).chain(&self.labels)
    }
}

/// The line of the program that a span leads to, and the words it marks there.
fn place(span: &Value, program: &str) -> (u64, String) {
    let file = Path::new(program).file_name().and_then(|name| name.to_str()).expect("a program is a file");
    let mut span = span;
    while !span["file_name"].as_str().is_some_and(|name| name.ends_with(file)) {
        assert!(span["expansion"].is_object(), "{program} is reported elsewhere: {span}");
        span = &span["expansion"]["span"];
    }
    let number = |name: &str| usize::try_from(span[name].as_u64().expect("a place is a number")).expect("it is small");
    let text = span["text"][0]["text"].as_str().unwrap_or_default();
    let end = if number("line_end") == number("line_start") { number("column_end") - 1 } else { text.len() };
    let marked = text.chars().skip(number("column_start") - 1).take(end + 1 - number("column_start")).collect();
    (number("line_start") as u64, marked)
}

/// Checks all programs at once, as the binaries of one package.
fn reports(programs: &[String]) -> BTreeMap<String, Vec<Report>> {
    let package = package(programs);
    let output = Command::new(env!("CARGO"))
        .current_dir(&package)
        .args(["check", "--bins", "--keep-going", "--offline", "--quiet", "--message-format=json"])
        .arg("--target-dir")
        .arg(package.with_file_name("messages-target"))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let mut reports: BTreeMap<String, Vec<Report>> =
        programs.iter().map(|program| (program.clone(), Vec::new())).collect();
    let mut checked = 0;
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let message: Value = serde_json::from_slice(line).expect("cargo writes JSON");
        checked += usize::from(message["reason"] == "compiler-artifact");
        if message["reason"] != "compiler-message" {
            continue;
        }
        let source = message["target"]["src_path"].as_str().expect("a target has a source");
        let Some((program, errors)) = reports.iter_mut().find(|(program, _)| source.ends_with(&**program)) else {
            panic!("the library does not compile: {}", message["message"]["rendered"]);
        };
        // Cargo prints what reads the same only once.
        let known = |report: &Report| errors.iter().any(|other| other.rendered == report.rendered);
        errors.extend(Report::of(&message["message"], program).filter(|report| !known(report)));
    }
    assert!(checked > 0, "nothing was checked: {}", String::from_utf8_lossy(&output.stderr));
    for errors in reports.values_mut() {
        // The order within a line is that of keys.
        errors.sort_by(|one, other| (one.line, &one.message).cmp(&(other.line, &other.message)));
    }
    reports
}

/// Writes the package; the versions are those of the workspace's own lock file.
fn package(programs: &[String]) -> PathBuf {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("messages");
    let mut manifest = format!(
        "[package]\nname = \"messages\"\nversion = \"0.0.0\"\nedition = \"2024\"\nautobins = false\n\n[workspace]\n\n\
         [dependencies]\ndi = {{ path = {:?} }}\ndi-neighbour = {{ path = {:?} }}\nthiserror = \"2\"\n\
         tokio = {{ version = \"1\", features = [\"full\", \"test-util\"] }}\n",
        root(),
        root().join("tests/neighbour"),
    );
    for program in programs {
        let name = Path::new(program).file_stem().and_then(|name| name.to_str()).expect("a program is a file");
        let _ = write!(manifest, "\n[[bin]]\nname = {name:?}\npath = {:?}\n", root().join(program));
    }
    fs::create_dir_all(&package).expect("the folder can be made");
    fs::write(package.join("Cargo.toml"), manifest).expect("the manifest can be written");
    fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock")).expect("the lock file can be copied");
    package
}

/// The page, each block of code after `<!-- file -->` being that file.
fn quoted(page: &str) -> String {
    let mut lines = page.lines();
    let mut written = String::new();
    while let Some(line) = lines.next() {
        let _ = writeln!(written, "{line}");
        let Some(file) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        let content = fs::read_to_string(root().join(file)).expect("the page names files of the tests");
        let fence = lines.next().expect("a block of code follows");
        let _ = write!(written, "{fence}\n{}\n```\n", split(&content).0.trim_end());
        lines.find(|line| *line == "```").expect("a block of code ends");
    }
    written
}
