//! Each finding across modules: types and functions are told by what they are, not by how they are imported.

#![allow(unused)]

use di::prelude::*;

mod storage {
    use di::prelude::*;

    #[derive(Service)]
    pub struct Config;
    #[derive(Service)]
    pub struct Pool;
    #[derive(Service)]
    pub struct UserRepo;
    #[service]
    pub trait Users {}
    #[derive(Service)]
    pub struct SqliteUsers;
    #[service]
    impl Users for SqliteUsers {}

    #[layer]
    pub fn config() -> Config { Config }
    #[layer]
    pub fn pool(config: Inject<Config>) -> Pool { Pool }
    #[layer]
    pub fn sqlite_users(pool: Inject<Pool>) -> SqliteUsers { SqliteUsers }
    #[layer(as dyn Users)]
    pub fn users(pool: Inject<Pool>) -> SqliteUsers { SqliteUsers }
    #[layer]
    pub fn pool_of_app(app: Inject<super::web::App>) -> Pool { Pool }
}

mod web {
    use di::prelude::*;

    use super::storage::{self, Pool};

    #[derive(Service)]
    pub struct Config;
    #[derive(Service)]
    pub struct UsersRepo;
    #[derive(Service)]
    pub struct App;

    pub mod testing {
        use di::prelude::*;

        use crate::storage::Pool;

        #[layer]
        pub fn pool() -> Pool { Pool }
    }
    #[layer]
    pub fn config() -> Config { Config }
    #[layer]
    pub fn users_repo() -> UsersRepo { UsersRepo }
    #[layer]
    pub fn app(pool: Inject<Pool>) -> App { App }
    #[layer]
    pub fn app_of_users(users: Inject<dyn storage::Users>) -> App { App }
    #[layer]
    pub fn app_of_sqlite(users: Inject<storage::SqliteUsers>) -> App { App }
    #[layer]
    pub fn app_of_repo(users: Inject<storage::UserRepo>) -> App { App }
}

fn main() {
    let missing = layers![<web::App> web::app(), storage::pool()];
    let missing_in_header = layers![<storage::Config, storage::UserRepo> storage::config()];
    let twice = layers![<web::App> web::app(), storage::pool(), web::testing::pool(), storage::config()];
    let circle = layers![<web::App> storage::pool_of_app(), web::app()];
    let unused = layers![<storage::Config> storage::config(), web::config()];
    let other_type = layers![<web::App> web::app(), storage::pool(), web::config()];
    let spelling = layers![<web::App> web::app_of_repo(), web::users_repo()];
    let type_for_trait = layers![<web::App>
        web::app_of_users(), storage::sqlite_users(), storage::pool(), storage::config(),
    ];
    let trait_for_type = layers![<web::App>
        web::app_of_sqlite(), storage::users(), storage::pool(), storage::config(),
    ];
}

//~ 70 E0080 {storage::pool()} service `Config` is required by `storage::pool`, but no layer provides it [DI0001]
//~ 71 E0080 {<storage::Config, storage::UserRepo>} service `UserRepo` is required by the header, but no layer provides it [DI0001]
//~ 72 E0080 {web::testing::pool()} `Pool` is provided by both `storage::pool` and `web::testing::pool` [DI0003]
//~ 73 E0080 {storage::pool_of_app()} these layers need each other in a circle: `storage::pool_of_app` -> `web::app` -> `storage::pool_of_app` [DI0004]
//~ 74 E0080 {web::config()} layer `web::config` is not needed by anything here [DI0005]
//~ 75 E0080 {storage::pool()} service `storage::Config` is required by `storage::pool`, but `web::config` gives `web::Config`, which is a different type [DI0007]
//~ 76 E0080 {web::app_of_repo()} service `UserRepo` is required by `web::app_of_repo`, but no layer provides it [DI0001]
//~ 78 E0080 {web::app_of_users()} service `dyn Users` is required by `web::app_of_users`, but no layer provides it [DI0001]
//~ 81 E0080 {web::app_of_sqlite()} service `SqliteUsers` is required by `web::app_of_sqlite`, but no layer provides it [DI0001]
