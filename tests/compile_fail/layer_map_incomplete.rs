//! A closed set of keys is an enum, and its map a `match` that has to be complete.

#![allow(unused)]

use di::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Development,
    Staging,
    Production,
}

#[derive(Service)]
struct Flags {
    beta: bool,
}

#[layer_map(StageFlags, keep)]
fn flags(stage: Stage) -> Layer<services![Flags], services![], failures![]> {
    match stage {
        Stage::Development => Layer::succeed::<Flags>(Flags { beta: true }),
        Stage::Production => Layer::succeed::<Flags>(Flags { beta: false }),
    }
}

fn main() {}

//~ 21 E0004 {stage} non-exhaustive patterns: `Stage::Staging` not covered
