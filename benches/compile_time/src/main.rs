//! How long `cargo check` takes for programs of many services.
//!
//! ```text
//! cargo run --release -p compile-time -- [--n 50,100,200,400,800] [--repeat 3] [--minutes 20] [--details]
//! ```
//! Programs are measured in turns, not one after the other, and the best of all turns counts: whatever else the machine
//! does makes a measurement longer, never shorter.

mod arguments;
mod program;
mod stopwatch;
mod table;
mod workshop;

use std::process::ExitCode;
use std::time::Instant;

use arguments::Arguments;
use program::{Program, Shape};
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

/// Measures every program `repeat` times, or as often as the time allows, and prints the tables.
fn benchmark(arguments: &Arguments) -> Result<(), String> {
    let started = Instant::now();
    let programs: Vec<Program> =
        arguments.sizes.iter().flat_map(|&services| Shape::ALL.map(|shape| Program { shape, services })).collect();
    let workshop = Workshop::open(&programs)?;
    let mut best: Vec<Option<Measurement>> = vec![None; programs.len()];
    'turns: for turn in 1..=arguments.repeat {
        for (program, best) in programs.iter().zip(&mut best) {
            if started.elapsed() > arguments.time {
                eprintln!("the time is up in turn {turn}; the tables show what is measured");
                break 'turns;
            }
            let measurement = workshop.check(program)?;
            eprintln!("turn {turn} of {}: {program}: {measurement}", arguments.repeat);
            *best = Some(best.map_or(measurement, |best| best.min(measurement)));
        }
    }
    let measured: Vec<(Program, Measurement)> =
        programs.into_iter().zip(best).filter_map(|(program, best)| Some((program, best?))).collect();
    println!("{}", table::summary(&measured));
    if arguments.details {
        println!("\n{}", table::details(&measured));
    }
    Ok(())
}
