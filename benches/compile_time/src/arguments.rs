//! What to measure: the arguments of the command.

use std::time::Duration;

use crate::peers::Kind;
use crate::program::Edit;

const USAGE: &str = "usage: compile-time [--n 50,100,200,400] [--only by-hand,rows,..] [--repeat 3] [--minutes 20] \
                     [--details] [--prove | --edit word | --edit line]";

/// The arguments, checked.
pub struct Arguments {
    /// The numbers of services.
    pub sizes: Vec<usize>,
    /// The kinds of programs; none are all.
    pub kinds: Vec<Kind>,
    /// How many times each program is measured.
    pub repeat: usize,
    /// When to stop, even if less has been measured.
    pub time: Duration,
    /// Whether to print user time and memory too.
    pub details: bool,
    /// What to do with the programs.
    pub task: Task,
}

/// What to do with the programs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Measure how long `cargo check` takes for the whole of each.
    Check,
    /// Measure how long it takes again after an edit of one body.
    Edit(Edit),
    /// Run each.
    Prove,
}

impl Arguments {
    /// Reads the arguments that follow the name of the command.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self {
            sizes: Vec::new(),
            kinds: Vec::new(),
            repeat: 3,
            time: Duration::from_secs(20 * 60),
            details: false,
            task: Task::Check,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value\n{USAGE}"));
            match word.as_str() {
                "--n" => arguments.sizes = value()?.split(',').map(size).collect::<Result<_, _>>()?,
                "--only" => arguments.kinds = value()?.split(',').map(kind).collect::<Result<_, _>>()?,
                "--repeat" => arguments.repeat = number(&value()?)?.max(1),
                "--minutes" => arguments.time = Duration::from_secs(60 * number(&value()?)? as u64),
                "--details" => arguments.details = true,
                "--edit" => arguments.task = Task::Edit(edit(&value()?)?),
                "--prove" => arguments.task = Task::Prove,
                _ => return Err(format!("`{word}` is not known here\n{USAGE}")),
            }
        }
        if arguments.sizes.is_empty() {
            arguments.sizes = if arguments.task == Task::Prove { vec![40] } else { vec![50, 100, 200, 400] };
        }
        if arguments.kinds.is_empty() {
            let all: &[Kind] = if matches!(arguments.task, Task::Edit(_)) { &Kind::EDITED } else { &Kind::ALL };
            arguments.kinds = all.to_vec();
        }
        let edits = matches!(arguments.task, Task::Edit(_));
        match arguments.kinds.iter().find(|kind| edits && !Kind::EDITED.contains(kind)) {
            Some(kind) => Err(format!("{} has no constructors to edit\n{USAGE}", kind.name())),
            None => Ok(arguments),
        }
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

fn edit(text: &str) -> Result<Edit, String> {
    match text {
        "word" => Ok(Edit::Word),
        "line" => Ok(Edit::Line),
        _ => Err(format!("`{text}` is neither `word` nor `line`\n{USAGE}")),
    }
}

fn kind(name: &str) -> Result<Kind, String> {
    Kind::named(name).ok_or_else(|| {
        let all = Kind::ALL.map(Kind::name).join(", ");
        format!("`{name}` is none of {all}\n{USAGE}")
    })
}
