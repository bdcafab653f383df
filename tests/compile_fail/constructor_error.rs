//! The error of a constructor is an error, and can be sent to whoever waits for the layer.

#![allow(unused)]

use std::error::Error;

use di::prelude::*;

#[derive(Service)]
struct Pool;

struct NotAnError;

#[layer]
fn not_an_error() -> Result<Pool, NotAnError> {
    Ok(Pool)
}

#[layer]
async fn not_sent() -> Result<Pool, Box<dyn Error>> {
    Ok(Pool)
}

fn main() {}

//~ 15 E0277 {NotAnError} `NotAnError` cannot be the error of a constructor
//~ 20 E0277 {Box} `Box<(dyn std::error::Error + 'static)>` cannot be the error of a constructor
