//! The program of the README, in which one layer is forgotten.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config { file: String }

#[derive(Service)]
struct Store { lines: Vec<String> }

#[service]
trait Users {
    async fn find(&self, id: usize) -> Option<String>;
}

struct StoredUsers { store: Inject<Store> }

#[service]
impl Users for StoredUsers {
    async fn find(&self, id: usize) -> Option<String> { self.store.lines.get(id).cloned() }
}

#[layer]
fn config() -> Config { Config { file: "users.txt".into() } }

#[layer]
async fn store(config: Inject<Config>, scope: &Scope) -> Result<Store, std::io::Error> {
    let text = tokio::fs::read_to_string(&config.file).await?;
    scope.on_close(|_exit| async { println!("the store is closed") });
    Ok(Store { lines: text.lines().map(String::from).collect() })
}

#[layer(as dyn Users)]
fn users(store: Inject<Store>) -> StoredUsers { StoredUsers { store } }

fn app() -> Layer<services![dyn Users, Config]> {
    layers![<dyn Users, Config> users(), store()]
}

#[di::main(app())]
async fn main(users: Inject<dyn Users>) {
    println!("{:?}", users.find(1).await);
}

//~ 39 E0080 {store()} service `Config` is required by the header and `store`, but no layer provides it [DI0001]
