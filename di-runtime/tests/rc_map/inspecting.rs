//! What whoever looks after a map sees of its keys.

use di_runtime::{KeyState, Scope};
use tokio::time::sleep;

use crate::common::{poll_once, settle};
use crate::stage::{Stage, seconds};

#[tokio::test(start_paused = true)]
async fn a_key_is_seen_while_it_is_built_used_idle_and_gone() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().idle_time_to_live(seconds(60)).build(&scope);
    assert_eq!(map.inspect(&"a"), None);
    let (mut one, mut two) = (Box::pin(map.get(&"a")), Box::pin(map.get(&"a")));
    assert!(poll_once(&mut one).await.is_none() && poll_once(&mut two).await.is_none());
    assert_eq!(map.inspect(&"a"), Some(KeyState::Building { waiting: 2 }));
    let both = (one.await.unwrap(), two.await.unwrap());
    assert_eq!(map.inspect(&"a"), Some(KeyState::InUse { holders: 2 }));
    drop(both);
    sleep(seconds(59)).await;
    // The look is no use: it moves nothing.
    assert_eq!(map.inspect(&"a"), Some(KeyState::Idle { time: Some(seconds(59)) }));
    sleep(seconds(1)).await;
    settle().await;
    assert_eq!((map.inspect(&"a"), map.entries()), (None, Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn a_key_is_seen_as_often_as_it_is_there() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().build(&scope);
    let old = map.get(&"a").await.unwrap();
    map.invalidate(&"a").await;
    assert_eq!(map.inspect(&"a"), None);
    drop(map.get(&"a").await.unwrap());
    let (idle, leaving) = (KeyState::Idle { time: None }, KeyState::Leaving { holders: 1 });
    assert_eq!(map.inspect(&"a"), Some(idle));
    assert_eq!(map.entries(), [("a", idle), ("a", leaving)]);
    stage.releases_take(seconds(5));
    drop(old);
    settle().await;
    assert_eq!(map.entries(), [("a", idle), ("a", KeyState::Leaving { holders: 0 })]);
    sleep(seconds(6)).await;
    assert_eq!(map.entries(), [("a", idle)]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_seen_while_it_is_kept() {
    let (stage, scope) = (Stage::new(), Scope::new());
    let map = stage.builder().keep().cache_failures(seconds(30)).build(&scope);
    stage.fails(true);
    map.get(&"a").await.unwrap_err();
    assert_eq!(map.inspect(&"a"), Some(KeyState::Failed));
    sleep(seconds(31)).await;
    assert_eq!(map.inspect(&"a"), None);
}
