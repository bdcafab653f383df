//! How long `cargo check` takes for programs of many services, written with this library, with its peers, and by hand.
//!
//! ```text
//! cargo run --release -p compile-time -- [--n 50,100,200,400] [--only by-hand,rows,..] [--repeat 3] [--minutes 20] [--details]
//! cargo run --release -p compile-time -- --edit word   an edit of one constructor, incrementally; or `line`
//! cargo run --release -p compile-time -- --prove       runs every program instead
//! ```
//! Programs are measured in turns, not one after the other, and the best of all turns counts: whatever else the machine
//! does makes a measurement longer, never shorter.

mod arguments;
mod peers;
mod program;
mod stopwatch;
mod table;
mod workshop;

use std::process::ExitCode;
use std::time::Instant;

use arguments::{Arguments, Task};
use program::Program;
use stopwatch::Measurement;
use workshop::Workshop;

fn main() -> ExitCode {
    if let Some(record) = stopwatch::requested() {
        return stopwatch::run_compiler(&record);
    }
    match Arguments::parse(std::env::args().skip(1)).and_then(|arguments| benchmark(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs every program once, or measures each `repeat` times, or as often as the time allows, and prints the tables.
fn benchmark(arguments: &Arguments) -> Result<(), String> {
    let kinds = &arguments.kinds;
    let programs =
        arguments.sizes.iter().flat_map(|&services| kinds.iter().map(move |&kind| Program { kind, services }));
    let programs: Vec<Program> = programs.collect();
    let workshop = Workshop::open(&programs, matches!(arguments.task, Task::Edit(_)))?;
    if arguments.task == Task::Prove {
        for program in &programs {
            workshop.prove(program)?;
            println!("{program}: every service is what it should be");
        }
        return Ok(());
    }
    let measured = measure(arguments, &workshop, programs)?;
    println!("{}", table::summary(&measured));
    if arguments.details {
        println!("\n{}", table::details(&measured));
    }
    Ok(())
}

fn measure(
    arguments: &Arguments,
    workshop: &Workshop,
    programs: Vec<Program>,
) -> Result<Vec<(Program, Measurement)>, String> {
    let started = Instant::now();
    if let Task::Edit(edit) = arguments.task {
        for program in &programs {
            workshop.check_edited(program, edit, 0)?;
        }
    }
    let mut best: Vec<Option<Measurement>> = vec![None; programs.len()];
    let mut failed = vec![false; programs.len()];
    'turns: for turn in 1..=arguments.repeat {
        for ((program, best), failed) in programs.iter().zip(&mut best).zip(&mut failed) {
            if *failed {
                continue;
            }
            if started.elapsed() > arguments.time {
                eprintln!("the time is up in turn {turn}; the tables show what is measured");
                break 'turns;
            }
            let measurement = match arguments.task {
                Task::Edit(edit) => workshop.check_edited(program, edit, turn)?,
                // What a peer cannot do is a dash in the tables.
                _ => match workshop.check(program) {
                    Err(message) if program.kind.is_peer() => {
                        eprintln!("{message}");
                        *failed = true;
                        continue;
                    }
                    checked => checked?,
                },
            };
            eprintln!("turn {turn} of {}: {program}: {measurement}", arguments.repeat);
            *best = Some(best.map_or(measurement, |best| best.min(measurement)));
        }
    }
    Ok(programs.into_iter().zip(best).filter_map(|(program, best)| Some((program, best?))).collect())
}
