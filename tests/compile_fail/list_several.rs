//! Several mistakes of a list are one report.

#![allow(unused)]

use di::prelude::*;

macro_rules! services { ($($name:ident)*) => { $(#[derive(Service)] struct $name;)* } }
services!(App Config Pool Cache Clock Users Mailer Templates UserRepo UsersRepo);

mod other {
    #[derive(di::Service)]
    pub struct Config;
}
#[service]
trait Store {}
#[service]
trait Log {}
#[derive(Service)]
struct DiskStore;
#[derive(Service)]
struct FileLog;
#[service]
impl Log for FileLog {}

#[layer]
fn config() -> Config { Config }
#[layer]
fn test_config() -> Config { Config }
#[layer]
fn pool(config: Inject<Config>, clock: Inject<Clock>) -> Pool { Pool }
#[layer]
fn clock() -> Clock { Clock }
#[layer]
fn cache(config: Inject<Config>) -> Cache { Cache }
#[layer]
fn users(mailer: Inject<Mailer>, pool: Inject<Pool>) -> Users { Users }
#[layer]
fn mailer(users: Inject<Users>, templates: Inject<Templates>) -> Mailer { Mailer }
#[layer]
fn app(users: Inject<Users>, clock: Inject<Clock>) -> App { App }

#[layer]
fn other_config() -> other::Config { other::Config }
#[layer]
fn repo() -> UsersRepo { UsersRepo }
#[layer]
fn store() -> DiskStore { DiskStore }
#[layer(as dyn Log)]
fn log() -> FileLog { FileLog }
#[layer]
fn needs_all(
    config: Inject<Config>, repo: Inject<UserRepo>, store: Inject<dyn Store>, log: Inject<FileLog>,
) -> Cache { Cache }

fn main() {
    // The clock and the templates are missing, the configuration is given twice, users and mailer are a circle.
    let all = layers![<App> app(), users(), mailer(), pool(), config(), test_config(), cache()];
    // The configuration is given twice, users and mailer are a circle, the cache is not needed.
    let nothing_missing = layers![<Users needs Templates>
        users(), mailer(), pool(), clock(), config(), test_config(), cache(),
    ];
    // Without a header nothing is missing or not needed.
    let without_header = layers![users(), mailer(), pool(), config(), test_config(), cache()];
    // Everything that one layer needs is there under another name, but for one service, which nothing is like.
    let meant = layers![<Cache, Templates> needs_all(), other_config(), repo(), store(), log()];
}

//~ 57 E0080 {app()} service `Clock` is required by `app` and `pool`, but no layer provides it [DI0001]
//~    and service `Templates` is required by `mailer`, but no layer provides it [DI0001]
//~    and `Config` is provided by both `config` and `test_config` [DI0003]
//~    and these layers need each other in a circle: `users` -> `mailer` -> `users` [DI0004]
//~ 60 E0080 {test_config()} `Config` is provided by both `config` and `test_config` [DI0003]
//~    and these layers need each other in a circle: `users` -> `mailer` -> `users` [DI0004]
//~    and layer `cache` is not needed by anything here [DI0005]
//~ 63 E0080 {test_config()} `Config` is provided by both `config` and `test_config` [DI0003]
//~    and these layers need each other in a circle: `users` -> `mailer` -> `users` [DI0004]
//~ 65 E0080 {<Cache, Templates>} service `Templates` is required by the header, but no layer provides it [DI0001]
//~    and service `Config` is required by `needs_all`, but `other_config` gives `other::Config`, which is a different type [DI0007]
//~    and service `FileLog` is required by `needs_all`, but no layer provides it [DI0001]
//~    and service `UserRepo` is required by `needs_all`, but no layer provides it [DI0001]
//~    and service `dyn Store` is required by `needs_all`, but no layer provides it [DI0001]
