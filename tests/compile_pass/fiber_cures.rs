//! Bodies that own what they use, and make anew what is used up; a builder that is told its types.

#![allow(unused)]

use std::sync::Arc;
use std::time::Duration;

use di::Restart;
use di::prelude::*;

async fn feed(topics: Vec<String>) {}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let tasks: FiberMap<&str> = FiberMap::builder().overlap().build(&scope);

    let name = Arc::new(String::from("Ada"));
    let owned = Arc::clone(&name);
    tasks.run("greet", async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        println!("{owned}");
    });
    println!("{name}");

    let topics = vec![String::from("news")];
    tasks.supervise("feed", Restart::on_failure(), move || feed(topics.clone()));
}
