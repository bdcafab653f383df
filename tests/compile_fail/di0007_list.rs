//! A layer gives a service of the right name, which is another type.

#![allow(unused)]

use di::prelude::*;

mod web {
    #[derive(di::Service)]
    pub struct Config;
}

mod database {
    #[derive(di::Service)]
    pub struct Config;
}

#[derive(Service)]
struct Pool;

#[layer]
fn pool(config: Inject<database::Config>) -> Pool {
    Pool
}

#[layer]
fn config() -> web::Config {
    web::Config
}

fn main() {
    let app = layers![<Pool> pool(), config()];
}

//~ 31 E0080 {pool()} service `database::Config` is required by `pool`, but `config` gives `web::Config`, which is a different type [DI0007]
