//! What errors say.

use std::error::Error;
use std::time::Duration;

use di::prelude::*;

use crate::stock::{Broken, Cache, Config};

#[service]
trait Directory {}

struct Listed;

#[service]
impl Directory for Listed {}

#[layer]
fn config() -> Config {
    Config { url: "users.db".into() }
}

#[layer]
async fn cache(config: Inject<Config>) -> Result<Cache, Broken> {
    let _url = &config.url;
    tokio::time::sleep(Duration::from_millis(12)).await;
    Err(Broken("database file"))
}

#[layer(as dyn Directory)]
fn directory(cache: Inject<Cache>) -> Listed {
    let _number = cache.0;
    Listed
}

#[tokio::test(start_paused = true)]
async fn an_error_says_what_was_asked_for_what_failed_how_long_it_took_and_what_was_released() {
    let app = directory().provide(cache()).provide(config());
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot build `dyn Directory`: `cache` failed: unable to open database file (after 12 ms; released: config)"
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_can_be_asked_for_its_parts() {
    let error = directory().provide(cache()).provide(config()).build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.layer(), Some("cache"));
    assert_eq!(error.service().unwrap().to_string(), "dyn Directory");
    assert_eq!(error.after(), Duration::from_millis(12));
    assert_eq!(error.released(), ["config"]);
    assert!(error.suppressed().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_source_of_an_error_is_the_error_of_the_constructor() {
    let error = cache().provide(config()).build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "unable to open database file");
    let any = error.failure::<AnyFailure>().unwrap();
    assert!(any.get_ref().is::<Broken>());
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_of_a_chosen_layer_names_the_layer_that_failed_and_the_service_that_was_wanted() {
    let chosen = Layer::unwrap(|| async { cache() });
    let error = directory().provide(chosen).provide(config()).build(&Scope::new()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot build `dyn Directory`: `cache` failed: unable to open database file (after 12 ms; released: config)"
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_does_not_say_of_what_others_hold_that_it_was_released() {
    let (map, scope) = (MemoMap::new(), Scope::new());
    config().build_with(&map, &scope).await.unwrap();
    let broken = Layer::from_fn(|_config: Inject<Config>| async { Err::<Cache, _>("no route to host") });
    let error = broken.provide(config()).build_with(&map, &Scope::new()).await.unwrap_err();
    assert_eq!(error.released(), [""; 0], "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_conflict_names_the_service_and_the_places_of_both_layers() {
    let one = Layer::succeed::<Cache>(Cache(1));
    let two = Layer::succeed::<Cache>(Cache(2));
    let error = one.merge(two).build(&Scope::new()).await.unwrap_err().to_string();
    assert!(error.contains("two instances of `Cache`"), "{error}");
    assert_eq!(error.matches("errors.rs:").count(), 2, "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_error_that_came_after_another_is_told_after_it() {
    #[layer]
    fn config(scope: &Scope) -> Config {
        scope.on_close_named("file", |_exit| async { Err("the disk is full") });
        Config { url: String::new() }
    }
    let error = cache().provide(config()).build(&Scope::new()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot build `Cache`: `cache` failed: unable to open database file \
         (after 12 ms; released: config; then: a finalizer did not succeed: `file` failed: the disk is full)"
    );
}
