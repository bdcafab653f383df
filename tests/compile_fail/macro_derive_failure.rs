//! `#[derive(Failure)]` wants an error that owns what it has.

#![allow(unused)]

use di::prelude::*;

#[derive(Debug, thiserror::Error, Failure)]
#[failure(keys = "db")]
#[error("no {name}")]
struct DbError<'a> {
    name: &'a str,
}

fn main() {}

//~ 8 - {keys} unknown option `keys`; #[failure] takes `key = "..."`
//~ 10 - {'a} a failure owns what it has: lifetime parameters are not possible
