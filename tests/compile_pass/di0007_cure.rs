//! A key of its own tells a service from another of its name in one file.

#![allow(unused)]

use di::prelude::*;

mod web {
    #[derive(di::Service)]
    pub struct Config;
}

mod database {
    #[derive(di::Service)]
    #[service(key = "database::Config")]
    pub struct Config;
}

#[derive(Service)]
struct Pool;

#[layer]
fn pool(config: Inject<database::Config>) -> Pool {
    Pool
}

#[layer]
fn configs() -> (web::Config, database::Config) {
    (web::Config, database::Config)
}

fn app() -> Layer<services![Pool, web::Config, database::Config], services![], failures![]> {
    pool().provide_merge(configs())
}

fn main() {
    let app = app();
}
