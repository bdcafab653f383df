//! The failures in a layer's type are errors of one's own.

use di::prelude::*;

#[derive(Service)]
struct Pool;

fn pool() -> Layer<services![Pool], services![], failures![std::io::Error]> {
    unimplemented!()
}

fn main() {}
