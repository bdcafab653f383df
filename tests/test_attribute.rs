//! `#[di::test]`: what a test is given, and what makes it fail.

use std::sync::Mutex;
use std::time::Duration;

use di::prelude::*;
use tokio::time::Instant;

#[derive(Service)]
struct Config {
    greeting: &'static str,
}

#[derive(Service)]
struct Greeter {
    config: Inject<Config>,
}

#[layer]
fn config() -> Config {
    Config { greeting: "Hello" }
}

#[layer]
fn greeter(config: Inject<Config>) -> Greeter {
    Greeter { config }
}

fn app() -> Layer<services![Greeter], services![], failures![]> {
    layers![<Greeter> greeter(), config()]
}

#[di::test(app())]
async fn a_test_is_handed_what_its_parameters_name(greeter: Inject<Greeter>, scope: &Scope) {
    assert_eq!(greeter.config.greeting, "Hello");
    assert!(!scope.is_closed());
}

#[di::test(app().substitute(Layer::succeed::<Config>(Config { greeting: "Moin" })))]
async fn a_service_of_the_layer_can_be_substituted(greeter: Inject<Greeter>) {
    assert_eq!(greeter.config.greeting, "Moin");
}

#[di::test(Layer::empty())]
async fn the_clock_is_paused() {
    let begun = Instant::now();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(3600));
}

#[di::test(Layer::empty(), real_time, shutdown_timeout = "1 second")]
async fn the_clock_can_be_that_of_the_machine() -> Result<(), std::io::Error> {
    tokio::time::sleep(Duration::from_millis(1)).await;
    Ok(())
}

#[di::test(app())]
#[should_panic(expected = "the test itself")]
async fn a_panic_of_the_test_is_its_failure(_greeter: Inject<Greeter>) {
    panic!("the test itself");
}

#[layer]
async fn unreachable_config() -> Result<Config, std::io::Error> {
    Err(std::io::Error::other("no such host"))
}

#[di::test(greeter().provide(unreachable_config()))]
#[should_panic(expected = "`unreachable_config` failed: no such host")]
async fn a_layer_that_cannot_be_built_is_the_failure_of_the_test(_greeter: Inject<Greeter>) {}

#[layer]
async fn stubborn(scope: &Scope) -> Config {
    scope.on_close(|_exit| async { Err::<(), _>(std::io::Error::other("still in use")) });
    Config { greeting: "no" }
}

#[di::test(stubborn())]
#[should_panic(expected = "the test left something behind: the shutdown was not clean: layer `stubborn`")]
async fn a_release_that_fails_is_the_failure_of_the_test(_config: Inject<Config>) {}

static KEPT: Mutex<Option<Inject<Config>>> = Mutex::new(None);

#[di::test(app())]
#[should_panic(expected = "the test left something behind: `Config` still held by somebody")]
async fn a_service_that_is_still_held_after_the_release_is_the_failure_of_the_test(greeter: Inject<Greeter>) {
    *KEPT.lock().unwrap() = Some(greeter.config.clone());
}

#[di::test(app())]
#[should_panic(expected = "`Greeter` still held by somebody")]
async fn a_task_that_goes_on_is_found_by_what_it_holds(greeter: Inject<Greeter>) {
    tokio::spawn(async move {
        std::future::pending::<()>().await;
        drop(greeter);
    });
}
