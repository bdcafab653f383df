//! Layer maps: layers that are made of the layer of a key ask the map in each build, and are one within a build.

use std::time::Duration;

use di::prelude::*;
use di::{BuildErrorKind, LayerMap};

use crate::layer_map_upkeep::{Cache, caches};
use crate::trace::Trace;

type OfKey = Layer<services![Cache]>;
type Caches = LayerMap<u32, services![Cache]>;

async fn map(trace: &Trace, scope: &Scope) -> Caches {
    caches(trace).keep().build(scope).await.unwrap()
}

/// What one may do to the layer of a key, by name.
fn made_of_a_key(map: &Caches) -> Vec<(&'static str, OfKey)> {
    let one = || map.get(1);
    let (by_suspend, by_flat_map) = (map.clone(), map.clone());
    let key = || Layer::succeed::<Key>(Key(1));
    vec![
        ("get", one()),
        ("or_die", one().or_die().coerce()),
        ("named", one().named("one")),
        ("retry", one().retry(Schedule::recurs(1))),
        ("retry_fresh", one().retry_fresh(Schedule::recurs(1))),
        ("timeout", one().timeout(Duration::from_secs(1)).or_die().coerce()),
        ("tap", one().tap(|_: Inject<Cache>| async {})),
        ("or_else", one().or_else(Layer::succeed::<Cache>(Cache(0))).coerce()),
        ("catch", one().catch::<AnyFailure>(|_| Layer::succeed::<Cache>(Cache(0))).coerce()),
        ("memo_by", one().memo_by("one")),
        ("memoize", one().or_die().memoize().coerce()),
        ("fresh", Layer::succeed::<Key>(Key(2)).fresh().discard().merge(one()).coerce()),
        ("or_die of or_die", one().or_die().or_die().coerce()),
        ("suspend", Layer::suspend(move || by_suspend.get(1))),
        ("flat_map", key().flat_map(move |key: Inject<Key>| by_flat_map.get(key.0)).or_die().coerce()),
    ]
}

#[derive(Service)]
struct Key(u32);

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_made_of_that_of_a_key_asks_the_map_in_each_build_whatever_a_memo_map_knows() {
    let count = made_of_a_key(&map(&Trace::default(), &Scope::new()).await).len();
    for place in 0..count {
        let (trace, scope, memo) = (Trace::default(), Scope::new(), MemoMap::new());
        let map = map(&trace, &scope).await;
        let (name, one) = made_of_a_key(&map).swap_remove(place);
        let old = one.build_with(&memo, &scope).await.unwrap();
        map.invalidate(&1).await;
        let new = one.build_with(&memo, &scope).await.unwrap();
        assert!(!old.get::<Cache>().is_same(new.get::<Cache>()), "{name}");
        let same = one.build_with(&memo, &scope).await.unwrap();
        assert!(same.get::<Cache>().is_same(new.get::<Cache>()), "{name}");
        map.evict(&1).await.unwrap();
        let newest = one.build_with(&memo, &scope).await.unwrap();
        assert!(!newest.get::<Cache>().is_same(new.get::<Cache>()), "{name}");
        map.close().await.unwrap();
        match one.build_with(&memo, &scope).await {
            Err(closed) => {
                let text = closed.to_string();
                assert!(
                    matches!(closed.kind(), BuildErrorKind::MapClosed) || text.contains("is closed"),
                    "{name}: {text}"
                );
            }
            Ok(other) => assert_eq!(other.get::<Cache>().0, 0, "{name}: nothing but the fallback is left"),
        }
    }
}

#[derive(Service)]
struct Page(Inject<Cache>);

#[derive(Service)]
struct Feed(Inject<Cache>);

#[derive(Service)]
struct Gap;

/// From here on the map would give another one.
#[layer]
async fn gap(map: Caches, _cache: Inject<Cache>) -> Gap {
    map.invalidate(&1).await;
    Gap
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_made_of_that_of_a_key_is_one_instance_in_a_graph_wherever_it_is_met() {
    let count = made_of_a_key(&map(&Trace::default(), &Scope::new()).await).len();
    for place in 0..count {
        let (trace, scope) = (Trace::default(), Scope::new());
        let map = map(&trace, &scope).await;
        let (name, one) = made_of_a_key(&map).swap_remove(place);
        let page = Layer::sync(Page).provide(one.clone()).or_die();
        let late = Layer::sync(|_: Inject<Gap>, page: Inject<Page>| Feed(page.0.clone())).provide(page.clone());
        let late = late.or_die().provide(gap(map.clone()).provide(one.clone()));
        let all = page.merge(late).merge(one.clone()).merge(one).build(&scope).await;
        let all = all.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(all.get::<Page>().0.is_same(all.get::<Cache>()), "{name}");
        assert!(all.get::<Feed>().0.is_same(all.get::<Cache>()), "{name}");
        assert_eq!(trace.count("+cache 1"), 1, "{name}");
    }
}

fn tapped(map: &Caches, trace: Trace) -> OfKey {
    map.get(1).tap(move |_: Inject<Cache>| {
        let trace = trace.clone();
        async move { trace.say("looked") }
    })
}

#[tokio::test(start_paused = true)]
async fn what_is_done_about_the_layer_of_a_key_is_done_once_in_a_build_and_again_in_the_next() {
    for is_suspended in [false, true] {
        let (trace, scope, memo) = (Trace::default(), Scope::new(), MemoMap::new());
        let map = map(&trace, &scope).await;
        let (by_suspend, told) = (map.clone(), trace.clone());
        let one = match is_suspended {
            false => tapped(&map, trace.clone()),
            true => Layer::suspend(move || tapped(&by_suspend, told.clone())),
        };
        let late = Layer::sync(|_: Inject<Gap>, cache: Inject<Cache>| Page(cache)).provide(one.clone()).or_die();
        let all = late.provide(gap(map.clone()).provide(one.clone())).merge(one);
        for _ in 0..2 {
            all.build_with(&memo, &scope).await.unwrap();
            assert_eq!(trace.take(), ["+cache 1", "looked"], "suspended: {is_suspended}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_part_beside_the_layer_of_a_key_is_one_within_a_build() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let map = map(&trace, &scope).await;
    let page = Layer::sync(Page).fresh().provide(map.get(1));
    let around = Layer::sync(|page: Inject<Page>| Feed(page.0.clone())).provide(page.clone());
    let read = Layer::sync(|page: Inject<Page>| Read(page)).provide(page.clone()).or_die();
    let all = around.merge(read).merge(page).build(&scope).await.unwrap();
    assert!(all.get::<Read>().0.is_same(all.get::<Page>()));
}

#[derive(Service)]
struct Read(Inject<Page>);

#[tokio::test(start_paused = true)]
async fn what_is_kept_by_its_key_does_not_hold_the_resource_of_a_map() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let map = caches(&trace).release_immediately().build(&scope).await.unwrap();
    let runtime = ManagedRuntime::new(Layer::empty());
    let by_suspend = map.clone();
    let suspended: OfKey = Layer::suspend(move || by_suspend.get(1));
    for one in [map.get(1).memo_by("known"), suspended.memo_by("found")] {
        runtime.run(Effect::new(|_: Inject<Cache>| async {}).provide(one)).await.unwrap();
        assert_eq!(trace.take(), ["+cache 1", "-cache 1"]);
    }
    runtime.shutdown(Duration::from_secs(1)).await.unwrap();
}
