//! `#[derive(Failure)]` wants an error that owns what it has.

use di::prelude::*;

#[derive(Debug, thiserror::Error, Failure)]
#[failure(keys = "db")]
#[error("no {name}")]
struct DbError<'a> {
    name: &'a str,
}

fn main() {}

//~ 6 - {keys} unknown option `keys`; #[failure] takes `key = "..."`
//~ 8 - {'a} a failure owns what it has: lifetime parameters are not possible
