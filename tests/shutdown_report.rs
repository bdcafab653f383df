//! What the report of a shutdown says about a release that fails.

use std::time::Duration;

use di::ManagedRuntime;
use di::prelude::*;

#[derive(Service)]
struct Pool;

#[derive(Debug, thiserror::Error)]
#[error("2 connections were lost")]
struct Lost;

#[layer]
fn pool(scope: &Scope) -> Pool {
    scope.on_close_named("hang up", async |_exit| Err::<(), _>(Lost));
    Pool
}

#[tokio::test]
async fn a_release_that_fails_is_told_once() {
    let runtime = ManagedRuntime::new(pool());
    runtime.context().await.expect("it can be built");
    let error = runtime.shutdown(Duration::from_secs(1)).await.expect_err("its release fails");
    assert_eq!(
        error.to_string(),
        "the shutdown was not clean: layer `pool`: a finalizer did not succeed: `hang up` failed: 2 connections were lost"
    );
}
