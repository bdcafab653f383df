//! Each finding through aliases of types and other names of functions: what counts is the type behind them.

#![allow(unused)]

use di::prelude::*;

mod app {
    use di::prelude::*;

    #[derive(Service)]
    pub struct Config;
    #[derive(Service)]
    pub struct Cache<T: Service>(Option<Inject<T>>);
    #[derive(Service)]
    pub struct UserRepo;
    #[derive(Service)]
    pub struct UsersRepo;
    #[service]
    pub trait Users {}
    #[derive(Service)]
    pub struct SqliteUsers;
    #[service]
    impl Users for SqliteUsers {}
    #[derive(Service)]
    pub struct Greeter;
}
mod other {
    #[derive(di::Service)]
    pub struct Config;
}

type Settings = app::Config;
type OtherSettings = other::Config;
type SettingsCache = app::Cache<Settings>;
type Repo = app::UserRepo;
type Repos = app::UsersRepo;
type Users = dyn app::Users;
type Sqlite = app::SqliteUsers;
type Greeter = app::Greeter;

mod layers_of {
    use super::*;

    pub type Of<Out, In = services![]> = Layer<Out, In, failures![]>;

    pub fn settings() -> Of<services![Settings]> { Layer::succeed::<Settings>(app::Config) }
    pub fn other_settings() -> Of<services![OtherSettings]> { Layer::succeed::<OtherSettings>(other::Config) }
    #[layer]
    pub fn cache(settings: Inject<Settings>) -> SettingsCache { todo!() }
    #[layer]
    pub fn settings_of_cache(cache: Inject<SettingsCache>) -> Settings { todo!() }
    #[layer]
    pub fn repos() -> Repos { app::UsersRepo }
    #[layer]
    pub fn sqlite() -> Sqlite { app::SqliteUsers }
    #[layer(as Users)]
    pub fn users() -> Sqlite { app::SqliteUsers }
    #[layer]
    pub fn greets_repo(repo: Inject<Repo>) -> Greeter { app::Greeter }
    #[layer]
    pub fn greets_users(users: Inject<Users>) -> Greeter { app::Greeter }
    #[layer]
    pub fn greets_sqlite(users: Inject<Sqlite>) -> Greeter { app::Greeter }
}
use layers_of::settings as config;
use layers_of::*;

fn main() {
    let missing = layers![<SettingsCache> cache()];
    let missing_in_header = layers![<Settings, Users> settings()];
    let twice = layers![<app::Config> config(), layers_of::settings()];
    let circle = layers![<Settings> cache(), settings_of_cache()];
    let unused = layers![<Settings> settings(), cache()];
    let other_type = layers![<SettingsCache> cache(), other_settings()];
    let spelling = layers![<Greeter> greets_repo(), repos()];
    let type_for_trait = layers![<Greeter> greets_users(), sqlite()];
    let trait_for_type = layers![<Greeter> greets_sqlite(), users()];
}

//~ 69 E0080 {cache()} service `Config` is required by `cache`, but no layer provides it [DI0001]
//~ 70 E0080 {<Settings, Users>} service `dyn Users` is required by the header, but no layer provides it [DI0001]
//~ 71 E0080 {layers_of::settings()} `Config` is provided by both `config` and `layers_of::settings` [DI0003]
//~ 72 E0080 {cache()} these layers need each other in a circle: `cache` -> `settings_of_cache` -> `cache` [DI0004]
//~ 73 E0080 {cache()} layer `cache` is not needed by anything here [DI0005]
//~ 74 E0080 {cache()} service `app::Config` is required by `cache`, but `other_settings` gives `other::Config`, which is a different type [DI0007]
//~ 75 E0080 {greets_repo()} service `UserRepo` is required by `greets_repo`, but no layer provides it [DI0001]
//~ 76 E0080 {greets_users()} service `dyn Users` is required by `greets_users`, but no layer provides it [DI0001]
//~ 77 E0080 {greets_sqlite()} service `SqliteUsers` is required by `greets_sqlite`, but no layer provides it [DI0001]
