//! Three services, and three layers.

use di::prelude::*;

#[derive(Service)]
struct Config {
    file: String,
}

#[derive(Service)]
struct Store {
    lines: Vec<String>,
}

#[derive(Service)]
struct Greeter {
    store: Inject<Store>,
}

#[layer]
fn config() -> Config {
    Config { file: "users.txt".into() }
}

#[layer]
async fn store(config: Inject<Config>) -> Result<Store, std::io::Error> {
    let text = tokio::fs::read_to_string(&config.file).await?;
    Ok(Store { lines: text.lines().map(String::from).collect() })
}

#[layer]
fn greeter(store: Inject<Store>) -> Greeter {
    Greeter { store }
}

#[di::main(layers![<Greeter> greeter(), store(), config()])]
async fn main(greeter: Inject<Greeter>) {
    println!("Hello, {:?}!", greeter.store.lines);
}
