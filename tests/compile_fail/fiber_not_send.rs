//! A fiber may go on on another thread at each await, so it holds nothing across one that stays on its own.

#![allow(unused)]

use std::rc::Rc;
use std::time::Duration;

use di::prelude::*;

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("sync", async {
        let name = Rc::new("Ada");
        tokio::time::sleep(Duration::from_secs(1)).await;
        println!("{name}");
    });
}

//~ 14 - {run} future cannot be sent between threads safely
