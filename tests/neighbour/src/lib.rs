//! Another crate: services and layers that the tests' programs use from outside.

#![allow(missing_debug_implementations, reason = "nobody prints these services")]

use di::prelude::*;

/// Programs have a `Config` of their own.
#[derive(Service)]
pub struct Config;

/// Needs the configuration.
#[derive(Service)]
pub struct Pool {
    _config: Inject<Config>,
}

/// One letter more than the service of a program.
#[derive(Service)]
pub struct UsersRepo;

/// Programs implement it.
#[service]
pub trait Users {}

/// The users of this crate.
#[derive(Service)]
pub struct SqliteUsers {
    _pool: Inject<Pool>,
}

#[service]
impl Users for SqliteUsers {}

/// Needs the users, whoever they are.
#[derive(Service)]
pub struct Mailer {
    _users: Inject<dyn Users>,
}

/// The configuration.
#[layer]
pub fn config() -> Config {
    Config
}

/// The pool.
#[layer]
pub fn pool(config: Inject<Config>) -> Pool {
    Pool { _config: config }
}

/// The users under their trait.
#[layer(as dyn Users)]
pub fn users(pool: Inject<Pool>) -> SqliteUsers {
    SqliteUsers { _pool: pool }
}

/// The users under their type.
#[layer]
pub fn sqlite_users(pool: Inject<Pool>) -> SqliteUsers {
    SqliteUsers { _pool: pool }
}

/// Something like what a program needs.
#[layer]
pub fn users_repo() -> UsersRepo {
    UsersRepo
}

/// Needs what a program may give.
#[layer]
pub fn mailer(users: Inject<dyn Users>) -> Mailer {
    Mailer { _users: users }
}
