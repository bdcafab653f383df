//! Two signatures of one layer that cannot fail.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[layer]
fn config() -> Config {
    Config
}

fn exact() -> Layer<services![Config], services![], failures![]> {
    config()
}

fn usual() -> Layer<services![Config]> {
    config().coerce()
}

fn main() {}
