//! Three services in forty lines: `cargo run --example quickstart`.

use di::prelude::*;

#[derive(Service)]
struct Config {
    greeting: String,
}

#[service]
trait Users {
    async fn find(&self, id: i64) -> Option<String>;
}

struct InMemoryUsers(Vec<String>);

#[service]
impl Users for InMemoryUsers {
    async fn find(&self, id: i64) -> Option<String> {
        self.0.get(usize::try_from(id).ok()?).cloned()
    }
}

#[layer]
fn config() -> Config {
    Config { greeting: "Hello".into() }
}

#[layer(as dyn Users)]
async fn users(scope: &Scope) -> InMemoryUsers {
    scope.on_close(|_exit| async { println!("users released") });
    InMemoryUsers(vec!["Ada".into(), "Grace".into()])
}

#[effect]
async fn greet(users: Inject<dyn Users>, config: Inject<Config>, id: i64) -> Option<String> {
    Some(format!("{}, {}!", config.greeting, users.find(id).await?))
}

#[di::main(users().merge(config()))]
async fn main(users: Inject<dyn Users>, config: Inject<Config>) {
    for id in [0, 1] {
        let greeting = greet(id).provide_inject(users.clone()).provide_inject(config.clone()).run().await;
        println!("{:?}", greeting);
    }
}
