//! What is restarted is made anew: a future runs once.

#![allow(unused)]

use di::Restart;
use di::prelude::*;

async fn feed() {}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.supervise("feed", Restart::on_failure(), feed());
}

//~ 14 E0277 {feed()} expected a `FnMut()` closure, found `impl Future<Output = ()>`
