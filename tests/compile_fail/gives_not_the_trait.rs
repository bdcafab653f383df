//! What stands behind a trait implements it.

#![allow(unused)]

use di::prelude::*;

#[service]
trait Users {}

struct Sqlite;

#[layer(as dyn Users)]
fn sqlite() -> Sqlite {
    Sqlite
}

fn main() {}

//~ 13 E0277 {Sqlite} the trait bound `Sqlite: Users` is not satisfied
