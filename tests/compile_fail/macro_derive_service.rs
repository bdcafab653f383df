//! `#[derive(Service)]` wants a type that owns what it has.

use di::prelude::*;

#[derive(Service)]
#[service(key = "")]
struct Config<'a, const N: usize> {
    names: [&'a str; N],
}

fn main() {}
