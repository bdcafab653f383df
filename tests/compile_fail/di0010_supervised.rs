//! What is restarted is made anew, in a set as well.

#![allow(unused)]

use di::Restart;
use di::prelude::*;

async fn feed() {}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberSet::new(&scope);
    tasks.run(Restart::on_failure().supervise(feed()));
}

//~ 14 E0277 {Restart::on_failure().supervise(feed())} this cannot be run as a fiber [DI0010]
