//! `#[derive(Failure)]` wants one error, which owns what it has.

#![allow(unused)]

use di::prelude::*;

#[derive(Debug, thiserror::Error, Failure)]
#[failure(keys = "db")]
#[error("no {name}")]
struct DbError<'a> {
    name: &'a str,
}

#[derive(Debug, thiserror::Error, Failure)]
#[error("there is no {0:?}")]
struct Missing<T: std::fmt::Debug>(T);

fn main() {}

//~ 8 - {keys} unknown option `keys`; #[failure] takes `key = "..."`
//~ 10 - {'a} a failure owns what it has: lifetime parameters are not possible
//~ 16 - {T} a failure is one error with one name: parameters are not possible; write an error for each case, or keep what differs in a field, such as a `String` or a `Box<dyn Error + Send + Sync>`
