//! What to measure: the arguments of the command.

use std::time::Duration;

const USAGE: &str = "usage: compile-time [--n 50,100,200,400,800] [--repeat 3] [--minutes 20] [--details]";

/// The arguments, checked.
pub struct Arguments {
    /// The numbers of services.
    pub sizes: Vec<usize>,
    /// How many times each program is measured.
    pub repeat: usize,
    /// When to stop, even if less has been measured.
    pub time: Duration,
    /// Whether to print user time and memory too.
    pub details: bool,
}

impl Arguments {
    /// Reads the arguments that follow the name of the command.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments =
            Self { sizes: vec![50, 100, 200, 400, 800], repeat: 3, time: Duration::from_secs(20 * 60), details: false };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value\n{USAGE}"));
            match word.as_str() {
                "--n" => arguments.sizes = value()?.split(',').map(size).collect::<Result<_, _>>()?,
                "--repeat" => arguments.repeat = number(&value()?)?.max(1),
                "--minutes" => arguments.time = Duration::from_secs(60 * number(&value()?)? as u64),
                "--details" => arguments.details = true,
                _ => return Err(format!("`{word}` is not known here\n{USAGE}")),
            }
        }
        Ok(arguments)
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.trim().parse().map_err(|error| format!("`{text}`: {error}\n{USAGE}"))
}

/// A number of services: ten rows, and two different services in each to need.
fn size(text: &str) -> Result<usize, String> {
    let size = number(text)?;
    if size >= 20 && size % 10 == 0 {
        Ok(size)
    } else {
        Err(format!("`{text}`: ten rows of at least two, so 20, 30, .."))
    }
}
