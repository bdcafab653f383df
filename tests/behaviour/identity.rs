//! Identity and sharing: fresh, memoize, keys, and what a layer is given.

use di::BuildErrorKind;
use di::prelude::*;

use crate::stock::{Audit, Cache, Config, Pool, Users, audit, config, pool, users};
use crate::trace::{Trace, settle};

/// A clock of which every program has one.
#[derive(Service)]
struct Clock;

#[derive(Service)]
struct Journal(Trace);

#[layer]
fn clock(journal: Inject<Journal>) -> Clock {
    journal.0.say("+clock");
    Clock
}

#[tokio::test(start_paused = true)]
async fn a_layer_function_without_parameters_is_one_layer_however_often_it_is_called() {
    let trace = Trace::default();
    let app = clock().merge(clock()).provide(Layer::succeed::<Journal>(Journal(trace.clone())));
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+clock"]);
}

#[tokio::test(start_paused = true)]
async fn a_clone_is_the_same_layer() {
    let trace = Trace::default();
    let original = config(trace.clone());
    original.clone().merge(original.clone()).merge(original).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config"]);
}

#[tokio::test(start_paused = true)]
async fn two_builds_with_maps_of_their_own_share_nothing() {
    let trace = Trace::default();
    let config = config(trace.clone());
    let scope = Scope::new();
    config.build(&scope).await.unwrap();
    config.build(&scope).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+config"]);
}

#[tokio::test(start_paused = true)]
async fn the_later_of_two_fresh_uses_is_another_instance() {
    let trace = Trace::default();
    let fresh = pool(trace.clone()).fresh();
    let app = users(trace.clone())
        .provide(fresh.clone())
        .merge(audit(trace.clone()).provide(fresh))
        .provide(config(trace.clone()));
    let context = app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.count("+pool"), 2);
    assert!(!context.get::<Users>().pool.is_same(&context.get::<Audit>().pool));
}

#[tokio::test(start_paused = true)]
async fn a_fresh_layer_shares_nothing_with_the_layers_around_it() {
    let trace = Trace::default();
    let pool = pool(trace.clone()).provide(config(trace.clone()));
    let app = users(trace.clone()).provide(pool.clone()).merge(audit(trace.clone()).provide(pool.fresh()));
    app.build(&Scope::new()).await.unwrap();
    assert_eq!((trace.count("+pool"), trace.count("+config")), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn inside_of_a_fresh_layer_sharing_works_as_ever() {
    let trace = Trace::default();
    let shared = pool(trace.clone()).provide(config(trace.clone()));
    let both = users(trace.clone()).provide(shared.clone()).merge(audit(trace.clone()).provide(shared));
    both.fresh().build(&Scope::new()).await.unwrap();
    assert_eq!((trace.count("+pool"), trace.count("+config")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_composite_around_a_fresh_layer_is_shared_by_its_own_identity() {
    let trace = Trace::default();
    let composite = users(trace.clone()).provide(pool(trace.clone()).fresh()).provide(config(trace.clone()));
    let (map, scope) = (MemoMap::new(), Scope::new());
    let first = composite.build_with(&map, &scope).await.unwrap();
    let second = composite.build_with(&map, &scope).await.unwrap();
    assert_eq!((trace.count("+pool"), trace.count("+users")), (1, 1));
    assert!(first.get::<Users>().is_same(second.get::<Users>()));
}

#[tokio::test(start_paused = true)]
async fn a_composite_around_a_fresh_layer_is_built_once_in_one_build() {
    let trace = Trace::default();
    let composite = pool(trace.clone()).provide(config(trace.clone()).fresh());
    let app = users(trace.clone()).provide(composite.clone()).merge(audit(trace.clone()).provide(composite));
    app.build(&Scope::new()).await.unwrap();
    assert_eq!((trace.count("+pool"), trace.count("+config")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn whatever_holds_a_fresh_layer_is_shared_by_its_own_identity_in_whatever_manner_it_is_used() {
    let trace = Trace::default();
    let pool = pool(trace.clone()).provide(config(trace.clone()));
    let (users, fresh) = (users(trace.clone()), pool.clone().fresh());
    let chain = users.clone().provide(fresh.clone());
    let layers: [(_, Layer<services![Users], services![], failures![]>); 5] = [
        ("chain", chain.clone()),
        ("list", layers![<Users> ..users.clone(), ..fresh.clone()]),
        ("open list", layers![..users.clone(), ..fresh.clone()].coerce()),
        ("override_with", users.clone().provide(pool.clone()).override_with(chain)),
        ("substitute", users.provide(pool).substitute(fresh)),
    ];
    for (name, layer) in layers {
        let (map, scope) = (MemoMap::new(), Scope::new());
        let first = layer.build_with(&map, &scope).await.unwrap();
        let second = layer.build_with(&map, &scope).await.unwrap();
        assert!(first.get::<Users>().is_same(second.get::<Users>()), "{name}");
        trace.take();
        let retried = layer.clone().merge(layer.clone().retry(Schedule::recurs(1)));
        retried.build(&Scope::new()).await.unwrap_or_else(|error| panic!("{name}, retried: {error}"));
        let extended = layer.clone().merge(layer.extend_scope());
        extended.build(&Scope::new()).await.unwrap_or_else(|error| panic!("{name}, extended: {error}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_memoized_layer_is_built_at_its_first_use_and_shared_by_builds_that_share_no_map() {
    let trace = Trace::default();
    let memoized = config(trace.clone()).memoize();
    settle().await;
    assert!(trace.take().is_empty());
    let (one, two) = (Scope::new(), Scope::new());
    memoized.build(&one).await.unwrap();
    memoized.build(&two).await.unwrap();
    one.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+config"]);
    two.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_memoized_in_a_scope_lives_as_long_as_the_scope() {
    let trace = Trace::default();
    let scope = Scope::new();
    let memoized = config(trace.clone()).memoize_in(&scope);
    for _ in 0..2 {
        let user = Scope::new();
        memoized.build(&user).await.unwrap();
        user.close(Exit::Success).await.unwrap();
    }
    assert_eq!(trace.take(), ["+config"]);
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_memoized_in_a_scope_keeps_what_it_was_built_from() {
    let (trace, scope, user) = (Trace::default(), Scope::new(), Scope::new());
    let app = pool(trace.clone()).memoize_in(&scope).provide(config(trace.clone()));
    app.build(&user).await.unwrap();
    user.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool"]);
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["-pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn the_failure_of_a_memoized_layer_is_not_replayed() {
    let trace = Trace::default();
    let said = trace.clone();
    let memoized = Layer::from_fn(move || {
        said.say("attempt");
        let failed = said.count("attempt") == 1;
        async move { if failed { Err("no luck") } else { Ok(Cache(0)) } }
    })
    .memoize();
    memoized.build(&Scope::new()).await.unwrap_err();
    memoized.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["attempt", "attempt"]);
}

#[tokio::test(start_paused = true)]
async fn equal_keys_make_one_layer_and_different_keys_two() {
    let trace = Trace::default();
    let keyed = |url: &'static str| config(trace.clone()).memo_by(url);
    let (map, scope) = (MemoMap::new(), Scope::new());
    let first = keyed("one").build_with(&map, &scope).await.unwrap();
    let again = keyed("one").build_with(&map, &scope).await.unwrap();
    let other = keyed("two").build_with(&map, &scope).await.unwrap();
    assert!(first.get::<Config>().is_same(again.get::<Config>()));
    assert!(!first.get::<Config>().is_same(other.get::<Config>()));
    assert_eq!(trace.take(), ["+config", "+config"]);
}

#[tokio::test(start_paused = true)]
async fn one_key_at_two_places_is_two_layers() {
    let trace = Trace::default();
    let here = Layer::succeed::<Cache>(Cache(1)).memo_by("key");
    let there = Layer::succeed::<Cache>(Cache(2)).memo_by("key");
    let (map, scope) = (MemoMap::new(), Scope::new());
    trace.say(here.build_with(&map, &scope).await.unwrap().get::<Cache>().0);
    trace.say(there.build_with(&map, &scope).await.unwrap().get::<Cache>().0);
    assert_eq!(trace.take(), ["1", "2"]);
}

#[layer(memo)]
async fn shard(number: u32, journal: Inject<Journal>) -> Cache {
    journal.0.say(format!("+shard {number}"));
    Cache(number)
}

#[tokio::test(start_paused = true)]
async fn a_memo_function_makes_one_instance_of_equal_arguments_and_two_of_different_ones() {
    let trace = Trace::default();
    let journal = Layer::succeed::<Journal>(Journal(trace.clone()));
    let (map, scope) = (MemoMap::new(), Scope::new());
    for number in [1, 1, 2] {
        shard(number).provide(journal.clone()).build_with(&map, &scope).await.unwrap();
    }
    assert_eq!(trace.take(), ["+shard 1", "+shard 2"]);
}

#[tokio::test(start_paused = true)]
async fn one_recipe_over_two_inputs_is_two_instances() {
    let trace = Trace::default();
    let pool = pool(trace.clone());
    let url = |url: &str| Layer::succeed::<Config>(Config { url: url.into() });
    let app = users(trace.clone())
        .provide(pool.clone().provide(url("one")))
        .merge(audit(trace.clone()).provide(pool.provide(url("two"))));
    let context = app.build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Users>().pool.url, "one");
    assert_eq!(context.get::<Audit>().pool.url, "two");
}

#[tokio::test(start_paused = true)]
async fn one_recipe_over_one_input_is_one_instance_however_it_is_written() {
    let trace = Trace::default();
    let (pool, config) = (pool(trace.clone()), config(trace.clone()));
    let inside = users(trace.clone()).provide(pool.clone().provide(config.clone()));
    let outside = audit(trace.clone()).provide(pool).provide(config);
    let context = inside.merge(outside).build(&Scope::new()).await.unwrap();
    assert!(context.get::<Users>().pool.is_same(&context.get::<Audit>().pool));
    assert_eq!((trace.count("+pool"), trace.count("+config")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_recipe_is_found_again_only_over_the_instances_it_was_built_from() {
    let trace = Trace::default();
    let pool = pool(trace.clone());
    let url = |url: &str| Layer::succeed::<Config>(Config { url: url.into() });
    let (map, scope) = (MemoMap::new(), Scope::new());
    let one = pool.clone().provide(url("one")).build_with(&map, &scope).await.unwrap();
    let two = pool.provide(url("two")).build_with(&map, &scope).await.unwrap();
    assert_eq!((one.get::<Pool>().url.as_str(), two.get::<Pool>().url.as_str()), ("one", "two"));
}

#[tokio::test(start_paused = true)]
async fn two_instances_of_one_service_that_meet_are_an_error_before_anything_is_built() {
    let trace = Trace::default();
    let app = config(trace.clone()).merge(config(trace.clone()));
    let error = app.build(&Scope::new()).await.unwrap_err();
    let BuildErrorKind::Conflict { service, layers } = error.kind() else { panic!("{error}") };
    assert_eq!(service.to_string(), "Config");
    assert_eq!(layers.map(|layer| layer.name()), ["config", "config"]);
    assert!(trace.take().is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_instances_that_meet_in_provide_merge_are_an_error_too() {
    let trace = Trace::default();
    let other = Layer::from_fn(|_config: Inject<Config>| async { Config { url: "other".into() } });
    let error = other.provide_merge(config(trace.clone())).build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Conflict { .. }), "{error}");
    assert!(error.to_string().contains("two instances of `Config`"), "{error}");
    assert!(trace.take().is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_instances_that_are_found_out_late_are_released_before_the_error() {
    let trace = Trace::default();
    let inner = config(trace.clone());
    let lazy = Layer::suspend(move || inner.clone());
    let error = lazy.merge(config(trace.clone())).build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Conflict { .. }), "{error}");
    assert_eq!((trace.count("+config"), trace.count("-config")), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn two_instances_that_are_there_already_are_an_error_before_anything_is_built() {
    let trace = Trace::default();
    let two =
        Layer::succeed::<Pool>(Pool { url: "one".into() }).merge(Layer::succeed::<Pool>(Pool { url: "other".into() }));
    let error = users(trace.clone()).provide(two).build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Conflict { .. }), "{error}");
    assert_eq!(trace.take(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_handed_a_service_before_it_is_clear_that_it_is_one_instance() {
    let trace = Trace::default();
    let pool = || pool(trace.clone()).provide(Layer::succeed::<Config>(Config { url: String::new() }));
    let slow = || pool().tap(|_pool: Inject<Pool>| tokio::time::sleep(std::time::Duration::from_secs(1)));
    let apps: [(_, Layer<services![Users], services![], failures![]>); 3] = [
        ("provide", users(trace.clone()).provide(pool().merge(slow()))),
        ("list", layers![<Users> users(trace.clone()), ..pool(), ..slow()]),
        ("merged in a merge", users(trace.clone()).provide(pool().merge(slow()).merge(slow()))),
    ];
    for (name, app) in apps {
        let error = app.build(&Scope::new()).await.unwrap_err();
        assert!(matches!(error.kind(), BuildErrorKind::Conflict { .. }), "{name}: {error}");
        assert_eq!((trace.count("+users"), trace.count("+pool") > 1), (0, true), "{name}");
        trace.take();
    }
    let one = pool();
    let app = layers![<Users> users(trace.clone()), ..one.clone(), ..one.or_die()];
    app.build(&Scope::new()).await.expect("it is one instance by two ways");
}

#[tokio::test(start_paused = true)]
async fn a_conflict_with_what_is_around_says_where_they_meet() {
    let runtime = ManagedRuntime::new(Layer::succeed::<Config>(Config { url: String::new() }));
    let other = Layer::sync(|| Config { url: String::new() });
    let both = Layer::context::<services![Config]>().merge(other.or_die());
    let error = runtime.run(Effect::new(|_config: Inject<Config>| async {}).provide(both)).await.unwrap_err();
    let file = format!("`the services around` ({}:", file!());
    assert!(error.to_string().contains(&file), "{error}");
    assert!(error.to_string().contains("cannot build `Config`: it would have two instances of `Config`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn one_instance_that_comes_by_two_ways_is_no_conflict() {
    let trace = Trace::default();
    let config = config(trace.clone());
    let app = pool(trace.clone()).provide_merge(config.clone()).merge(config.clone());
    app.merge(Layer::suspend(move || config.clone())).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool"]);
}
