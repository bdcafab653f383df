//! What can be run as a fiber.

#![allow(unused)]

use di::Restart;
use di::prelude::*;

#[derive(Service)]
struct Config;

#[layer]
fn config() -> Config {
    Config
}

#[effect]
async fn sync(config: Inject<Config>) {}

#[tokio::main]
async fn main() -> Result<(), BuildError> {
    let scope = Scope::new();
    let context = config().build(&scope).await?;
    let tasks = FiberMap::new(&scope);
    tasks.run("a future", async {});
    tasks.run("a closure", async |fiber: FiberScope| fiber.ready());
    tasks.run("an effect", sync().provide(config()));
    tasks.run("again and again", Restart::on_failure().supervise(|| async {}));

    let with_services = tasks.runner().in_context(&context);
    with_services.run("services", |config: Inject<Config>| async move {});
    Ok(())
}
