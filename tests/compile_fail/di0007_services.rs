//! Two services of one name in one file have one key: a set cannot hold both.

use di::prelude::*;

mod web {
    #[derive(di::Service)]
    pub struct Config;
}

mod database {
    #[derive(di::Service)]
    pub struct Config;
}

fn app() -> Layer<services![web::Config, database::Config]> {
    unimplemented!()
}

fn main() {}
