//! Each finding across crates: what another crate gives and needs is looked into like one's own.

#![allow(unused)]

use di::prelude::*;
use di_neighbour as neighbour;
use di_neighbour::{Mailer, Pool, Users, pool};

#[derive(Service)]
struct Config;
#[derive(Service)]
struct UserRepo;
#[derive(Service)]
struct Worker;
#[derive(Service)]
struct MemoryUsers;
#[service]
impl Users for MemoryUsers {}

#[layer]
fn config() -> Config { Config }
#[layer]
fn memory_users() -> MemoryUsers { MemoryUsers }
#[layer(as dyn Users)]
fn mailing_users(mailer: Inject<Mailer>) -> MemoryUsers { MemoryUsers }
#[layer(as neighbour::Config)]
fn other_config() -> neighbour::Config { neighbour::Config }
#[layer]
fn worker_of_repo(repo: Inject<UserRepo>) -> Worker { Worker }
#[layer]
fn worker_of_sqlite(users: Inject<neighbour::SqliteUsers>) -> Worker { Worker }

fn main() {
    let missing = layers![<Pool> pool()];
    let missing_in_header = layers![<Pool, Mailer> pool(), neighbour::config()];
    let twice = layers![<Pool> pool(), neighbour::config(), other_config()];
    let circle = layers![<Mailer> neighbour::mailer(), mailing_users()];
    let unused = layers![<Config> config(), neighbour::users_repo()];
    let other_type = layers![<Pool> pool(), config()];
    let spelling = layers![<Worker> worker_of_repo(), neighbour::users_repo()];
    let type_for_trait = layers![<Mailer> neighbour::mailer(), memory_users()];
    let trait_for_type = layers![<Worker>
        worker_of_sqlite(), neighbour::users(), pool(), neighbour::config(),
    ];
}

//~ 34 E0080 {pool()} service `Config` is required by `pool`, but no layer provides it [DI0001]
//~ 35 E0080 {<Pool, Mailer>} service `Mailer` is required by the header, but no layer provides it [DI0001]
//~ 36 E0080 {other_config()} `Config` is provided by both `neighbour::config` and `other_config` [DI0003]
//~ 37 E0080 {neighbour::mailer()} these layers need each other in a circle: `neighbour::mailer` -> `mailing_users` -> `neighbour::mailer` [DI0004]
//~ 38 E0080 {neighbour::users_repo()} layer `neighbour::users_repo` is not needed by anything here [DI0005]
//~ 39 E0080 {pool()} service `di_neighbour::Config` is required by `pool`, but `config` gives `list_crates::Config`, which is a different type [DI0007]
//~ 40 E0080 {worker_of_repo()} service `UserRepo` is required by `worker_of_repo`, but no layer provides it [DI0001]
//~ 41 E0080 {neighbour::mailer()} service `dyn Users` is required by `neighbour::mailer`, but no layer provides it [DI0001]
//~ 43 E0080 {worker_of_sqlite()} service `SqliteUsers` is required by `worker_of_sqlite`, but no layer provides it [DI0001]
