//! Two services of one name in one file have one key: a set cannot hold both.

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

fn app() -> Layer<services![web::Config, database::Config]> {
    unimplemented!()
}

fn main() {}

//~ 17 E0277 {services![web::Config, database::Config]} `web::Config` and `database::Config` are different services with one key [DI0007]
//~ 17 E0277 {Layer<services![web::Config, database::Config]>} `web::Config` and `database::Config` are different services with one key [DI0007]
