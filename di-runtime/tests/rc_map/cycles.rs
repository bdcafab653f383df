//! Lookups that would wait for themselves.

use std::sync::{Arc, OnceLock};

use di_runtime::{RcMap, RcMapError, Scope};

use crate::common::settle;
use crate::stage::seconds;

type Numbers = RcMap<u32, u32, RcMapError<String>>;

/// A map whose lookup asks what `ask` says, in the map that comes to be in the place.
fn asking<Fut>(
    name: &'static str,
    scope: &Scope,
    ask: impl Fn(u32, Numbers) -> Fut + Send + Sync + 'static,
) -> (Arc<OnceLock<Numbers>>, Numbers)
where
    Fut: Future<Output = Result<u32, RcMapError<RcMapError<String>>>> + Send + 'static,
{
    let place = Arc::new(OnceLock::<Numbers>::new());
    let other = place.clone();
    let map = RcMap::unscoped(move |key| {
        let asked = ask(key, other.get().unwrap().clone());
        async move {
            asked.await.map_err(|error| match error {
                RcMapError::Failed(error) => (*error).clone(),
                RcMapError::Cycle(path) => RcMapError::Cycle(path),
                _ => RcMapError::Closed,
            })
        }
    })
    .keep()
    .named(name)
    .build(scope);
    (place, map)
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_asks_for_its_own_key_is_told() {
    let scope = Scope::new();
    let (place, map) = asking("pools", &scope, |key, map| async move { map.get(&key).await.map(|guard| *guard) });
    place.set(map.clone()).unwrap();
    let error = tokio::time::timeout(seconds(1), map.get(&1)).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the lookup waits for itself: `pools` → `pools`");
    settle().await;
    assert!(map.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lookup_may_ask_its_own_map_for_another_key() {
    let scope = Scope::new();
    let (place, map) = asking("numbers", &scope, |key, map| async move {
        if key == 0 { Ok(0) } else { map.get(&(key - 1)).await.map(|below| *below + 1) }
    });
    place.set(map.clone()).unwrap();
    assert_eq!(*map.get(&20).await.unwrap(), 20);
    assert_eq!(map.len(), 21);
}

#[tokio::test(start_paused = true)]
async fn a_circle_through_two_maps_is_told_with_both() {
    let scope = Scope::new();
    let ask = |key, map: Numbers| async move { map.get(&key).await.map(|guard| *guard) };
    let (of_first, first) = asking("first", &scope, ask);
    let (of_second, second) = asking("second", &scope, ask);
    of_first.set(second).unwrap();
    of_second.set(first.clone()).unwrap();
    let error = tokio::time::timeout(seconds(1), first.get(&1)).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the lookup waits for itself: `first` → `second` → `first`");
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_waits_for_its_own_end_does_not_wait() {
    let scope = Scope::new();
    let (place, map) = asking("pools", &scope, |key, map| async move {
        map.invalidate_and_wait(&key).await.unwrap();
        Ok(key)
    });
    place.set(map.clone()).unwrap();
    assert_eq!(*tokio::time::timeout(seconds(1), map.get(&7)).await.unwrap().unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_closes_its_own_map_does_not_wait() {
    let scope = Scope::new();
    let (place, map) = asking("pools", &scope, |key, map| async move {
        map.close().await.unwrap();
        Ok(key)
    });
    place.set(map.clone()).unwrap();
    let got = tokio::time::timeout(seconds(1), map.get(&7)).await.unwrap();
    assert!(matches!(got, Err(RcMapError::Closed)));
    tokio::time::timeout(seconds(1), map.close()).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_may_ask_and_close_its_own_map() {
    let scope = Scope::new();
    let place = Arc::new(OnceLock::<RcMap<u32, u32, String>>::new());
    let own = place.clone();
    let map = RcMap::new(move |key: u32, scope: Scope| {
        let own = own.clone();
        async move {
            scope.on_close(move |_exit| async move {
                let map = own.get().unwrap();
                if key == 1 {
                    assert_eq!(*map.get(&2).await.map_err(|error| error.to_string())?, 2);
                    assert!(!map.invalidate_and_wait(&1).await.map_err(|error| error.to_string())?);
                }
                map.close().await.map_err(|error| error.to_string())
            });
            Ok(key)
        }
    })
    .release_immediately()
    .build(&scope);
    place.set(map.clone()).unwrap();
    let released = map.get(&1).await.unwrap().release();
    tokio::time::timeout(seconds(1), released).await.unwrap().unwrap();
    tokio::time::timeout(seconds(1), map.close()).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_of_a_failed_build_may_close_its_map() {
    let scope = Scope::new();
    let place = Arc::new(OnceLock::<RcMap<u32, u32, String>>::new());
    let own = place.clone();
    let map = RcMap::new(move |_key: u32, scope: Scope| {
        let own = own.clone();
        async move {
            scope.on_close(move |_exit| async move { own.get().unwrap().close().await });
            Err("it fails".to_owned())
        }
    })
    .keep()
    .build(&scope);
    place.set(map.clone()).unwrap();
    let got = tokio::time::timeout(seconds(1), map.get(&1)).await.unwrap();
    assert_eq!(got.unwrap_err().to_string(), "it fails");
    tokio::time::timeout(seconds(1), map.close()).await.unwrap().unwrap();
}

#[derive(di::Service)]
struct Seven(u32);

#[tokio::test(start_paused = true)]
async fn a_circle_through_a_layer_is_told() {
    use di::{Layer, LayerExt};
    let scope = Scope::new();
    let (place, map) = asking("pools", &scope, |key, map| async move {
        let layer = Layer::from_fn(move || {
            let map = map.clone();
            async move {
                map.get(&key).await.map(|guard| Seven(*guard)).map_err(|error| std::io::Error::other(error.to_string()))
            }
        });
        let own = Scope::new();
        match layer.build(&own).await {
            Ok(context) => Ok(context.get::<Seven>().0),
            Err(error) => {
                assert!(error.to_string().contains("the lookup waits for itself"), "{error}");
                Err(RcMapError::Closed)
            }
        }
    });
    place.set(map.clone()).unwrap();
    let got = tokio::time::timeout(seconds(1), map.get(&1)).await.unwrap();
    assert!(got.is_err());
}
