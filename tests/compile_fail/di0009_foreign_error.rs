//! A failure that a layer's type tells of is an error of one's own.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Pool;

#[layer(fails)]
async fn pool() -> Result<Pool, std::io::Error> {
    Ok(Pool)
}

fn main() {}

//~ 11 E0277 {std::io::Error} `std::io::Error` is not a failure of yours: derive `Failure` on your own error, or drop `fails` [DI0009]
