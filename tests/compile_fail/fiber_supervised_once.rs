//! What is restarted is made anew, so what makes it keeps what it uses.

#![allow(unused)]

use di::Restart;
use di::prelude::*;

async fn feed(topics: Vec<String>) {}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let topics = vec![String::from("news")];
    tasks.supervise("feed", Restart::on_failure(), move || feed(topics));
}

//~ 15 E0507 {topics} cannot move out of `topics`, a captured variable in an `FnMut` closure
