//! The stopwatch: this program, when cargo runs it in place of the compiler.
//!
//! It runs the compiler and writes down what that took. Cargo's own work, which is the same for every program, stays
//! out of the numbers.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};
use std::{fmt, fs, thread};

/// The variable that asks for a measurement and names the file for it.
pub const RECORD: &str = "COMPILE_TIME_RECORD";

/// After this time a program counts as one that does not compile.
const LIMIT: Duration = Duration::from_secs(180);

/// With this much memory, in kilobytes, it does too: the machine has other work.
const MEMORY_LIMIT: u64 = 4 * 1024 * 1024;

/// What one run of the compiler took.
#[derive(Clone, Copy, Debug)]
pub struct Measurement {
    /// From start to end.
    pub wall: Duration,
    /// On the processors, in the compiler's own code: insensitive to waiting, exact to a hundredth of a second.
    pub user: Duration,
    /// The most memory it had, in kilobytes; 0 where the system does not tell.
    pub peak: u64,
}

impl Measurement {
    /// The better of both in each respect.
    pub fn min(self, other: Self) -> Self {
        Self { wall: self.wall.min(other.wall), user: self.user.min(other.user), peak: self.peak.min(other.peak) }
    }

    /// Reads what [`run_compiler`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split_whitespace().map(str::parse::<u64>);
        let mut next = || numbers.next()?.ok();
        Some(Self { wall: Duration::from_micros(next()?), user: Duration::from_micros(next()?), peak: next()? })
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wall, user, peak } = self;
        write!(f, "{:.2} s, user {:.2} s, {} MB", wall.as_secs_f64(), user.as_secs_f64(), peak / 1024)
    }
}

/// The file for the measurement, if cargo runs this program in place of the compiler.
pub fn requested() -> Option<OsString> {
    std::env::var_os(RECORD)
}

/// Runs the compiler that the arguments name, as its wrapper.
pub fn run_compiler(record: &OsString) -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let Some(compiler) = words.next() else {
        eprintln!("cargo names the compiler to run as the first argument");
        return ExitCode::FAILURE;
    };
    let started = Instant::now();
    let spawned = Command::new(compiler).args(words).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            eprintln!("cannot run the compiler: {error}");
            return ExitCode::FAILURE;
        }
    };
    let Some((success, peak)) = watch(&mut child, started) else {
        return ExitCode::FAILURE;
    };
    let wall = started.elapsed().as_micros();
    let user = user_time_of_children().as_micros();
    if let Err(error) = fs::write(Path::new(record), format!("{wall} {user} {peak}")) {
        eprintln!("cannot write the measurement: {error}");
        return ExitCode::FAILURE;
    }
    if success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Waits for the compiler; whether it succeeded, and its peak memory.
fn watch(child: &mut Child, started: Instant) -> Option<(bool, u64)> {
    let mut peak = 0;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some((status.success(), peak)),
            Ok(None) if started.elapsed() < LIMIT && peak < MEMORY_LIMIT => {}
            Ok(None) => {
                let (seconds, peak) = (started.elapsed().as_secs(), peak / 1024);
                eprintln!("the compiler was stopped after {seconds} s, with {peak} MB");
                // Both fail only if it has ended by itself.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
            Err(error) => {
                eprintln!("cannot wait for the compiler: {error}");
                return None;
            }
        }
        peak = peak.max(peak_memory(child.id()));
        thread::sleep(Duration::from_millis(2));
    }
}

/// `VmHWM` of a process on Linux, else 0.
fn peak_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The user time of all children that have ended, on Linux, else 0. A tick is a hundredth of a second.
fn user_time_of_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name stands in parentheses and may contain anything; the sixteenth field is the fourteenth after it.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().nth(13).and_then(|ticks| ticks.parse().ok()).unwrap_or(0);
    Duration::from_millis(10 * ticks)
}
