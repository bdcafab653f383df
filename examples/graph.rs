//! What an application is made of, before anything of it is built: `cargo run --example graph`.
//!
//! It prints the graph as a tree, as Mermaid, as DOT and as JSON, and its metrics.

use std::marker::PhantomData;

use di::prelude::*;
use shop::{Cache, Clock, Config, Metrics, Pool, Server, StoredUsers, User, Users};

mod shop {
    //! A small shop, of which only the wiring is here.

    use std::marker::PhantomData;

    use di::prelude::*;

    #[derive(Service)]
    pub struct Config;
    #[derive(Service)]
    pub struct Pool;
    #[derive(Service)]
    pub struct Metrics;
    #[derive(Service)]
    pub struct Cache<Entry: 'static>(pub PhantomData<fn() -> Entry>);
    #[derive(Service)]
    pub struct Server;
    #[derive(Service)]
    pub struct User;

    #[service]
    pub trait Users {}
    #[service]
    pub trait Clock {}

    pub struct StoredUsers;
    #[service]
    impl Users for StoredUsers {}
}

#[layer]
fn config() -> Config {
    Config
}

#[layer]
async fn primary(_config: Inject<Config>) -> Result<Pool, std::io::Error> {
    Ok(Pool)
}

#[layer]
async fn replica(_config: Inject<Config>) -> Result<Pool, std::io::Error> {
    Ok(Pool)
}

#[layer]
fn metrics() -> Metrics {
    Metrics
}

#[layer]
fn user_cache(_config: Inject<Config>, _metrics: Inject<Metrics>) -> Cache<User> {
    Cache(PhantomData)
}

#[layer(as dyn Users)]
fn users(_pool: Inject<Pool>, _cache: Inject<Cache<User>>, _clock: Inject<dyn Clock>) -> StoredUsers {
    StoredUsers
}

#[layer]
async fn server(_users: Inject<dyn Users>, _config: Inject<Config>, _metrics: Inject<Metrics>) -> Server {
    Server
}

/// The whole shop; the clock comes from whoever builds it.
pub(crate) fn app() -> Layer<services![Server], services![dyn Clock]> {
    server()
        .provide(users())
        .provide(primary().or_else(replica()).merge(user_cache()))
        .provide(config().merge(metrics().fresh()))
}

fn main() -> Result<(), BuildError> {
    let graph = app().graph()?;
    println!("{graph}\n");
    println!("{}\n", graph.to_mermaid());
    println!("{}\n", graph.to_dot());
    println!("{}\n", graph.to_json());
    println!("{}", graph.metrics());

    let named = |name: &str| graph.layers().iter().position(|layer| layer.name == name).expect("it is in the graph");
    let configs = graph.layers().iter().filter(|layer| layer.name == "config").count();
    assert_eq!(configs, 1, "many need the configuration, and it is built once");
    assert!(!graph.layers()[named("fresh")].shared);
    assert_eq!(graph.needs().iter().map(ToString::to_string).collect::<Vec<_>>(), ["dyn Clock"]);
    assert_eq!(graph.metrics().longest_path.last(), Some(&named("server")));
    assert!(graph.to_tree().starts_with("server → Server\n├─ users → dyn Users\n"));
    assert!(graph.to_mermaid().contains("Cache#lt;User#gt;") && graph.to_dot().contains("label=\"Cache<User>\""));
    assert!(serde_json::from_str::<serde_json::Value>(&graph.to_json()).is_ok());
    Ok(())
}
