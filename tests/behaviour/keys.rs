//! Keys of memo layers whose own code panics.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use di::BuildErrorKind;
use di::prelude::*;
use tokio::time::timeout;

use crate::stock::Cache;
use crate::trace::Trace;

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Clone)]
struct Incomparable(Trace);

impl PartialEq for Incomparable {
    fn eq(&self, _: &Self) -> bool {
        panic!("cannot be compared")
    }
}

impl Eq for Incomparable {}

impl Hash for Incomparable {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

#[layer(memo)]
async fn cache(key: Incomparable, scope: &Scope) -> Cache {
    key.0.lives("cache", scope);
    Cache(1)
}

#[tokio::test(start_paused = true)]
async fn a_key_that_panics_when_compared_is_an_error_of_the_build_that_compares_it() {
    let (trace, map, first, second) = (Trace::default(), MemoMap::new(), Scope::new(), Scope::new());
    cache(Incomparable(trace.clone())).build_with(&map, &first).await.unwrap();
    let again = cache(Incomparable(trace.clone()));
    let error = timeout(MINUTE, again.build_with(&map, &second)).await.expect("it does not hang").unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Panicked(message) if message.contains("compared")), "{error}");
    for scope in [second, first] {
        timeout(MINUTE, scope.close(Exit::Success)).await.expect("it does not hang").unwrap();
    }
    assert_eq!(trace.take(), ["+cache", "-cache"]);
    assert_eq!(format!("{map:?}"), "MemoMap { entries: 0, .. }");
}

#[derive(Clone, PartialEq, Eq)]
struct Unhashable;

impl Hash for Unhashable {
    fn hash<H: Hasher>(&self, _: &mut H) {
        panic!("cannot be hashed")
    }
}

#[layer(memo)]
async fn unhashable(_key: Unhashable) -> Cache {
    Cache(2)
}

#[tokio::test(start_paused = true)]
async fn a_key_that_panics_when_hashed_is_an_error_and_no_panic_of_the_caller() {
    let scope = Scope::new();
    let error = unhashable(Unhashable).build(&scope).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Panicked(message) if message.contains("hashed")), "{error}");
    scope.close(Exit::Success).await.unwrap();
}
