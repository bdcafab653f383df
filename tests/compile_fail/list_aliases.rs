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
