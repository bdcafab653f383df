//! `#[di::main]`: what a program does when it ends, is told to end, or cannot begin.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Lines, Read};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};

/// A program that runs.
struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    errors: ChildStderr,
}

impl Program {
    /// Ends as its argument says, or when it is cancelled.
    fn start(wish: &str) -> Self {
        Self::spawn(env!("CARGO_BIN_EXE_program"), wish)
    }

    /// Is told of its end, and has a second for it.
    fn start_polite(wish: &str) -> Self {
        Self::spawn(env!("CARGO_BIN_EXE_polite"), wish)
    }

    /// Fails in its end; layers have a third of a second for their release.
    fn start_failing(wish: &str) -> Self {
        let mut program = Self::spawn(env!("CARGO_BIN_EXE_failing"), wish);
        program.wait_for("ready");
        program
    }

    fn spawn(path: &str, wish: &str) -> Self {
        let mut child = Command::new(path)
            .arg(wish)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("cargo has built the program");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let errors = child.stderr.take().expect("it is piped");
        Self { child, lines, errors }
    }

    /// Reads its output up to this line.
    fn wait_for(&mut self, line: &str) {
        let said = self.lines.by_ref().find(|said| said.as_ref().is_ok_and(|said| said == line));
        assert!(said.is_some(), "the program ended without saying `{line}`");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }

    /// Waits for its end: the rest of its output, what it said of errors, and how it ended.
    fn end(mut self) -> (Vec<String>, String, ExitStatus) {
        let lines = self.lines.by_ref().map(|line| line.expect("the output is text")).collect();
        let mut errors = String::new();
        self.errors.read_to_string(&mut errors).expect("errors are text");
        (lines, errors, self.child.wait().expect("it is our child"))
    }
}

const RELEASED: [&str; 2] = ["server released: success", "config released: success"];

#[test]
fn a_program_that_returns_releases_everything_and_ends_with_0() {
    let mut program = Program::start("return");
    program.wait_for("ready");
    let (lines, errors, status) = program.end();
    assert_eq!((lines, errors.as_str(), status.code()), (RELEASED.map(String::from).to_vec(), "", Some(0)));
}

#[test]
fn a_program_that_is_terminated_releases_everything_and_ends_with_0() {
    for signal in ["TERM", "INT"] {
        let mut program = Program::start("run");
        program.wait_for("ready");
        program.signal(signal);
        let (lines, errors, status) = program.end();
        assert_eq!((lines, errors.as_str(), status.code()), (RELEASED.map(String::from).to_vec(), "", Some(0)));
    }
}

#[test]
fn a_program_whose_body_fails_releases_everything_and_ends_with_1() {
    let (lines, errors, status) = Program::start("fail").end();
    assert_eq!(lines[1..], RELEASED);
    assert!(errors.contains("the disk is full"), "{errors}");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_program_that_cannot_be_built_says_why_and_ends_with_1() {
    let (lines, errors, status) = Program::start("fail-to-build").end();
    let failed = "failure: the port is taken";
    assert_eq!(lines, [format!("server released: {failed}"), format!("config released: {failed}")]);
    assert!(errors.starts_with("error: cannot build `Server`: `server` failed: the port is taken"), "{errors}");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_program_that_is_terminated_while_it_is_built_cancels_the_build() {
    let mut program = Program::start("build-for-ever");
    program.wait_for("ready");
    program.signal("TERM");
    let (lines, errors, status) = program.end();
    assert_eq!(lines, ["server released: cancelled", "config released: cancelled"]);
    assert_eq!((errors.as_str(), status.code()), ("", Some(0)));
}

#[test]
fn a_program_that_panics_releases_everything_and_ends_with_101() {
    let (lines, errors, status) = Program::start("panic").end();
    assert_eq!(lines[1..], RELEASED);
    assert!(errors.contains("a bug"), "{errors}");
    assert_eq!(status.code(), Some(101));
}

#[test]
fn a_second_signal_ends_a_program_whose_finalizer_hangs_at_once() {
    for (signal, code) in [("TERM", 128 + 15), ("INT", 128 + 2)] {
        let mut program = Program::start("hang");
        program.wait_for("ready");
        program.signal("TERM");
        program.wait_for("server released: success");
        program.signal(signal);
        let (lines, errors, status) = program.end();
        assert!(lines.is_empty());
        assert!(errors.contains("a second signal"), "{errors}");
        assert_eq!(status.code(), Some(code));
    }
}

#[test]
fn a_program_that_watches_the_shutdown_comes_to_its_own_end() {
    let mut program = Program::start_polite("end");
    program.wait_for("ready");
    program.signal("TERM");
    let (lines, errors, status) = program.end();
    assert_eq!(lines, ["told", "done", "server released"]);
    assert_eq!((errors.as_str(), status.code()), ("", Some(0)));
}

#[test]
fn a_program_that_does_not_come_to_its_end_in_time_is_cancelled_and_ends_with_1() {
    let mut program = Program::start_polite("ignore");
    program.wait_for("ready");
    program.signal("TERM");
    let (lines, errors, status) = program.end();
    assert_eq!(lines, ["told", "server released"]);
    assert!(errors.contains("did not come to its end"), "{errors}");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_finalizer_that_hangs_is_named_at_the_deadline_and_the_program_ends_with_1() {
    let mut program = Program::start_polite("hang");
    program.wait_for("ready");
    program.signal("TERM");
    let (lines, errors, status) = program.end();
    assert_eq!(lines, ["told", "done", "server released"]);
    assert!(errors.contains("layer `server` was not released"), "{errors}");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_finalizer_that_fails_is_told_of_and_the_program_ends_with_1() {
    let program = Program::start_failing("finalizer-fails");
    program.signal("TERM");
    let (lines, errors, status) = program.end();
    assert_eq!(lines, ["told", "server released", "config released"]);
    assert_eq!(
        errors,
        "error: the shutdown was not clean: layer `server`: a finalizer did not succeed: `socket` failed: the socket is gone\n"
    );
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_layer_that_hangs_is_left_behind_in_its_time_and_what_it_needs_is_released() {
    let program = Program::start_failing("layer-hangs");
    program.signal("TERM");
    let (lines, errors, status) = program.end();
    assert_eq!(lines, ["told", "server released", "config released"]);
    assert!(
        errors.starts_with("error: the shutdown was not clean: layer `server` was not released in the 3"),
        "{errors}"
    );
    assert_eq!(status.code(), Some(1));
}

#[test]
fn the_failed_release_of_a_key_ends_the_program_with_1() {
    let program = Program::start_failing("key-fails");
    program.signal("TERM");
    let (lines, errors, status) = program.end();
    assert_eq!(lines, ["told", "session 7 released", "server released", "config released"]);
    assert!(errors.starts_with("error: the shutdown was not clean: "), "{errors}");
    assert!(errors.contains("`log out` failed: nobody is logged in"), "{errors}");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_critical_failure_ends_the_program_in_order_and_with_1() {
    let (lines, errors, status) = Program::start_failing("fails").end();
    assert_eq!(lines, ["told", "server released", "config released"]);
    assert_eq!(errors, "error: `ingest` failed: the queue is gone\n");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_critical_fiber_that_fails_ends_the_program_in_order_and_with_1() {
    let (lines, errors, status) = Program::start_failing("fiber-fails").end();
    assert_eq!(lines, ["told", "metrics released", "server released", "config released"]);
    assert_eq!(errors, "error: `ingest` failed: the queue is gone\n");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_critical_failure_after_a_signal_counts_too() {
    let program = Program::start_failing("fails-late");
    program.signal("TERM");
    let (lines, errors, status) = program.end();
    assert_eq!(lines, ["told", "server released", "config released"]);
    assert_eq!(errors, "error: `ingest` failed: the queue could not be emptied\n");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn the_first_signal_after_a_critical_failure_does_not_cut_the_release_off() {
    let mut program = Program::start_failing("fails-and-is-slow");
    program.wait_for("server released");
    program.signal("TERM");
    let (lines, errors, status) = program.end();
    assert_eq!(lines, ["config released"]);
    assert_eq!(errors, "error: `ingest` failed: the queue is gone\n");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_main_that_never_awaits_is_left_behind_and_everything_is_released() {
    let program = Program::start_failing("never-awaits");
    program.signal("TERM");
    let (lines, errors, status) = program.end();
    assert_eq!(lines, ["server released", "config released"]);
    assert!(errors.starts_with("error: the program did not come to its end in 1s\n"), "{errors}");
    assert!(errors.contains("did not stop"), "{errors}");
    assert_eq!(status.code(), Some(1));
}
