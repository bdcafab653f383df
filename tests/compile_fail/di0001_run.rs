//! An effect is run when nothing is missing.

#![allow(unused)]

use di::prelude::*;

#[service]
trait Users {}

#[effect]
async fn greet(users: Inject<dyn Users>, id: i64) -> String {
    format!("hello, {id}")
}

#[tokio::main]
async fn main() {
    let greeting = greet(7).run().await;
}

//~ 17 E0277 {run} service `dyn Users` is required, but no layer provides it [DI0001]
