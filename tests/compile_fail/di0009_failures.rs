//! The failures in a layer's type are errors of one's own.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Pool;

fn pool() -> Layer<services![Pool], services![], failures![std::io::Error]> {
    unimplemented!()
}

fn main() {}

//~ 10 E0277 {failures![std::io::Error]} `std::io::Error` is not a failure of yours: derive `Failure` on your own error, or drop `fails` [DI0009]
//~ 10 E0277 {Layer<services![Pool], services![], failures![std::io::Error]>} `std::io::Error` is not a failure of yours: derive `Failure` on your own error, or drop `fails` [DI0009]
