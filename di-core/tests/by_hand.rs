//! Whatever a macro writes can be written by hand.

use std::sync::Arc;

use di::{LayerExt, Scope};
use di_core::key::{D0, D1, D2, D3, Digits, End};
use di_core::layer::{Construction, Layer, Outputs, Source, constant_layer};
use di_core::set::Member;
use di_core::{Gives, Inject, Keyed, Name, Service, failures, services};

type Four<Tail> = Digits<D3, Digits<D1, Digits<D0, Digits<D2, Tail>>>>;
type Twelve = Four<Four<Four<End>>>;

struct Config {
    greeting: &'static str,
}

impl Keyed for Config {
    type Key = Four<Twelve>;
    const NAME: Name = Name::new("Config");
}

impl Service for Config {
    type Target = Self;
}

trait Greet: Send + Sync + 'static {
    fn greet(&self, name: &str) -> String;
}

impl Keyed for dyn Greet + '_ {
    type Key = Digits<D0, Digits<D0, Digits<D1, Digits<D3, Twelve>>>>;
    const NAME: Name = Name::new("dyn Greet");
}

impl Service for dyn Greet + '_ {
    type Target = dyn Greet;
}

impl<Value: Greet> Gives<Value> for dyn Greet {
    fn give(value: Value) -> Arc<dyn Greet> {
        Arc::new(value)
    }
}

struct Greeter {
    config: Inject<Config>,
}

impl Greet for Greeter {
    fn greet(&self, name: &str) -> String {
        format!("{}, {name}!", self.config.greeting)
    }
}

fn config() -> Layer<services![Config], services![], failures![]> {
    constant_layer(Source::new("config", module_path!(), file!(), line!()), &[], |_| {
        Construction::ready(Ok(Outputs::one::<Config, _>(Config { greeting: "Hello" })))
    })
}

fn greeter() -> Layer<services![dyn Greet], services![Config], failures![]> {
    constant_layer(Source::new("greeter", module_path!(), file!(), line!()), &[Member::of::<Config>()], |inputs| {
        let config = inputs.inject::<Config>();
        Construction::pending(async move { Ok(Outputs::one::<dyn Greet, _>(Greeter { config })) })
    })
}

#[tokio::test(start_paused = true)]
async fn services_and_layers_need_no_macro() {
    let app: Layer<services![dyn Greet], services![], failures![]> = greeter().provide(config());
    let scope = Scope::new();
    let context = app.build_infallible(&scope).await;
    assert_eq!(context.get::<dyn Greet>().greet("Ada"), "Hello, Ada!");
}
