//! Two services of one name in one file have one key: one does not feed the other's user.

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
    let app = pool().provide(config());
}

//~ 31 E0277 {provide} `database::Config` and `web::Config` are different services with one key [DI0007]
