//! `#[derive(Context)]` wants named fields, each a service of its own.

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
