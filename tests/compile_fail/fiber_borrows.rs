//! A fiber may live longer than the function that runs it, so it owns what it uses.

#![allow(unused)]

use di::prelude::*;

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let name = String::from("Ada");
    tasks.run("greet", async {
        println!("{name}");
    });
    println!("{name}");
}

//~ 12 E0373 {async} async block may outlive the current function, but it borrows `name`, which is owned by the current function
