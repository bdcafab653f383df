//! Three missing services are three errors, wherever in a chain they are needed.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[service]
trait Clock {}

#[derive(Service)]
struct Cache<T: Service>(Option<Inject<T>>);

#[derive(Service)]
struct Pool;

#[derive(Service)]
struct Greeter;

#[layer]
fn pool(config: Inject<Config>) -> Pool {
    Pool
}

#[layer]
fn greeter(pool: Inject<Pool>, clock: Inject<dyn Clock>, cache: Inject<Cache<Pool>>) -> Greeter {
    Greeter
}

#[tokio::main]
async fn main() {
    let scope = Scope::new();
    let context = greeter().provide(pool()).build(&scope).await;
}

//~ 35 E0277 {build} service `Cache<Pool>` is required, but no layer provides it [DI0001]
//~ 35 E0277 {build} service `Config` is required, but no layer provides it [DI0001]
//~ 35 E0277 {build} service `dyn Clock` is required, but no layer provides it [DI0001]
