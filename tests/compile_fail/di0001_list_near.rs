//! What is given and may be meant for what is missing: a letter too many, a type for its trait, a trait for a type.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct UserRepo;

#[derive(Service)]
struct UsersRepo;

#[service]
trait Users {}

#[derive(Service)]
struct SqliteUsers;
#[service]
impl Users for SqliteUsers {}

#[derive(Service)]
struct Greeter;

#[layer]
fn users_repo() -> UsersRepo {
    UsersRepo
}

#[layer]
fn sqlite_users() -> SqliteUsers {
    SqliteUsers
}

#[layer(as dyn Users)]
fn users() -> SqliteUsers {
    SqliteUsers
}

#[layer]
fn greets_repo(repo: Inject<UserRepo>) -> Greeter {
    Greeter
}

#[layer]
fn greets_users(users: Inject<dyn Users>) -> Greeter {
    Greeter
}

#[layer]
fn greets_sqlite(users: Inject<SqliteUsers>) -> Greeter {
    Greeter
}

fn main() {
    let spelling = layers![<Greeter> greets_repo(), users_repo()];
    let type_for_trait = layers![<Greeter> greets_users(), sqlite_users()];
    let trait_for_type = layers![<Greeter> greets_sqlite(), users()];
}

//~ 55 E0080 {greets_repo()} service `UserRepo` is required by `greets_repo`, but no layer provides it [DI0001]
//~ 56 E0080 {greets_users()} service `dyn Users` is required by `greets_users`, but no layer provides it [DI0001]
//~ 57 E0080 {greets_sqlite()} service `SqliteUsers` is required by `greets_sqlite`, but no layer provides it [DI0001]
