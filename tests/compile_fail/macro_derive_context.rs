//! `#[derive(Context)]` wants named fields, each a service of its own.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(di::Context)]
struct App {
    config: Inject<Config>,
    again: Inject<Config>,
    size: usize,
}

#[derive(di::Context)]
struct Pair(Inject<Config>);

fn main() {}

//~ 13 - {Inject<Config>} `Config` is the field `config` already; remove one of the two
//~ 14 - {usize} a field of a context is a service; write `Inject<S>`, for example `Inject<dyn Users>`
//~ 18 - {Pair} a context is a struct with named fields: `struct App { users: Inject<dyn Users> }`
