//! The cures of what is wrong with a list of layers.

#![allow(unused)]

use di::prelude::*;

mod web {
    #[derive(di::Service)]
    pub struct Config;
}

#[derive(Service)]
struct Config;

#[service(for = Config)]
struct OtherConfig;

#[derive(Service)]
struct Pool;

#[derive(Service)]
struct Cache<T: Service>(Option<Inject<T>>);

#[service]
trait Users {}

struct SqliteUsers;
#[service]
impl Users for SqliteUsers {}

#[layer]
fn config() -> Config {
    Config
}

#[layer(as OtherConfig)]
fn test_config() -> Config {
    Config
}

#[layer]
fn web_config() -> web::Config {
    web::Config
}

#[layer]
fn pool(config: Inject<Config>) -> Pool {
    Pool
}

#[layer(as dyn Users)]
fn sqlite_users(pool: Inject<Pool>) -> SqliteUsers {
    SqliteUsers
}

#[layer]
fn cache<T: Service>() -> Cache<T> {
    Cache(None)
}

/// Adds to the configuration that it is given.
#[layer]
fn decorated(config: Inject<Config>) -> Config {
    Config
}

/// Does something, and gives nothing.
#[layer]
fn migrations(pool: Inject<Pool>) {}

/// In a generic function, a list without a header takes what a constant cannot name.
fn caches<T: Service + 'static>() {
    let caches = layers![..cache::<T>()];
}

fn main() {
    let added = layers![<Pool> pool(), config()];
    let from_outside = layers![<Pool needs Config> pool()];
    let under_the_trait = layers![<dyn Users> sqlite_users(), pool(), config()];
    let a_name_of_its_own = layers![<Pool, OtherConfig> pool(), config(), test_config()];
    let both_are_meant = layers![<Pool, web::Config> pool(), config(), web_config()];
    let put_around = layers![<Pool> pool(), ..decorated().provide(config())];
    let it_leaves_too = layers![<Pool, Config> pool(), config()];
    let for_what_it_does = layers![<> migrations(), pool(), config()];

    let fresh = pool().fresh();
    let local = || config();
    let known_by_their_types = layers![<Pool> ..fresh, ..local()];
    let a_value = layers![<Pool> pool(), Layer::succeed::<Config>(Config)];
}
