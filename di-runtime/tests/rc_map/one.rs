//! One resource without a key.

use std::sync::Arc;

use di_runtime::{RcMapError, RcRef, RcRefBuilder, Scope};
use tokio::time::{sleep, timeout};

use crate::common::settle;
use crate::stage::{Resource, Stage, seconds, timed};

fn builder(stage: &Stage) -> RcRefBuilder<Arc<Resource>, String> {
    let stage = stage.clone();
    RcRef::new(move |scope| stage.clone().lookup("one", scope))
}

#[tokio::test(start_paused = true)]
async fn it_is_made_on_demand_shared_and_released_when_idle() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let one = builder(&stage).idle_time_to_live(seconds(60)).build(&scope);
    assert_eq!(stage.acquired(), 0);
    let (first, second) = tokio::join!(one.get(), one.get());
    assert!(first.unwrap().is_same(&second.unwrap()));
    sleep(seconds(30)).await;
    assert_eq!(one.get().await.unwrap().number, 1);
    sleep(seconds(61)).await;
    stage.assert_even();
    assert!(one.get_if_present().await.unwrap().is_none());
    assert_eq!(one.get().await.unwrap().number, 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_not_kept_and_nothing_of_it_is_left() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let one = builder(&stage).keep().build(&scope);
    stage.fails(true);
    assert_eq!(one.get().await.unwrap_err().to_string(), "no one");
    stage.assert_even();
    stage.fails(false);
    assert_eq!(one.get().await.unwrap().number, 2);
}

#[tokio::test(start_paused = true)]
async fn the_build_is_cancelled_only_when_all_have_left() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let one = builder(&stage).keep().build(&scope);
    let half = std::time::Duration::from_millis(500);
    let (left, stayed) = tokio::join!(timeout(half, one.get()), one.get());
    assert!(left.is_err());
    stayed.unwrap().release().await.unwrap();
    one.invalidate().await;
    assert!(timeout(half, one.get()).await.is_err());
    settle().await;
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn who_holds_what_is_invalidated_keeps_it() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let one = builder(&stage).release_immediately().build(&scope);
    let old = one.get().await.unwrap();
    assert!(one.invalidate().await);
    let new = one.get().await.unwrap();
    assert!(old.is_live() && !old.is_same(&new));
    let refreshed = one.refresh().await.unwrap();
    assert!(refreshed.is_current() && !new.is_current());
    assert!(one.evict().await.unwrap());
    assert!(refreshed.is_evicted() && new.is_live());
    drop((old, new, refreshed));
    settle().await;
    stage.assert_even();
}

#[tokio::test(start_paused = true)]
async fn it_closes_with_its_scope() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let one = builder(&stage).keep().build(&scope);
    let held = one.get().await.unwrap();
    stage.releases_take(seconds(5));
    assert_eq!(timed(one.close()).await.1, seconds(5));
    assert!(held.is_evicted());
    assert!(matches!(one.get().await, Err(RcMapError::Closed)));
    stage.assert_even();
}
