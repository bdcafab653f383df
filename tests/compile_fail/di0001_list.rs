//! A list says what is missing, who needs it, and through whom.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[derive(Service)]
struct Pool;

#[service]
trait Users {}

struct SqliteUsers;
#[service]
impl Users for SqliteUsers {}

#[layer]
fn pool(config: Inject<Config>) -> Pool {
    Pool
}

#[layer(as dyn Users)]
fn users(pool: Inject<Pool>) -> SqliteUsers {
    SqliteUsers
}

fn main() {
    let app = layers![<dyn Users> users(), pool()];
}

//~ 31 E0080 {pool()} service `Config` is required by `pool`, but no layer provides it [DI0001]
