//! Constructors.

use std::sync::{Arc, OnceLock};

use di::prelude::*;
use di::{BuildErrorKind, hlist};

use crate::stock::{Audit, Broken, Cache, Config, Pool, Users, config, pool, users};
use crate::trace::{Gate, Trace, settle};

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_only_described_does_nothing() {
    let trace = Trace::default();
    let _app = users(trace.clone()).provide(pool(trace.clone())).provide(config(trace.clone()));
    settle().await;
    assert!(trace.take().is_empty());
}

#[tokio::test(start_paused = true)]
async fn succeed_gives_the_value_it_was_made_with() {
    let cache = Layer::succeed::<Cache>(Cache(7));
    let (one, two) = (Scope::new(), Scope::new());
    let first = cache.build_infallible(&one).await;
    let second = cache.build_infallible(&two).await;
    assert_eq!(first.get::<Cache>().0, 7);
    assert!(first.get::<Cache>().is_same(second.get::<Cache>()));
}

#[tokio::test(start_paused = true)]
async fn succeed_context_gives_services_that_were_built_before() {
    let cache = Inject::<Cache>::new(Cache(7));
    let layer = Layer::succeed_context(&Context::from_services(hlist![cache.clone()]));
    let context = layer.build_infallible(&Scope::new()).await;
    assert!(context.get::<Cache>().is_same(&cache));
}

#[tokio::test(start_paused = true)]
async fn empty_gives_nothing_and_needs_nothing() {
    let scope = Scope::new();
    Layer::empty().build_infallible(&scope).await;
    scope.close(Exit::Success).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_closure_of_sync_is_called_once_a_memo_map_while_its_service_is_in_use() {
    let trace = Trace::default();
    let thunk = trace.clone();
    let cache = Layer::sync(move || {
        thunk.say("called");
        Cache(0)
    });
    let (map, one, two) = (MemoMap::new(), Scope::new(), Scope::new());
    cache.build_with(&map, &one).await.unwrap();
    cache.build_with(&map, &two).await.unwrap();
    assert_eq!(trace.take(), ["called"]);
    one.close(Exit::Success).await.unwrap();
    two.close(Exit::Success).await.unwrap();
    cache.build_with(&map, &Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["called"]);
}

#[tokio::test(start_paused = true)]
async fn a_closure_of_sync_that_panics_is_a_defect_and_not_a_failure() {
    let cache = Layer::sync(|| -> Cache { panic!("no memory left") });
    let error = cache.build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Panicked(message) if &**message == "no memory left"));
    assert!(!error.is_failure());
}

#[tokio::test(start_paused = true)]
async fn a_closure_of_from_fn_needs_what_its_parameters_name_and_fails_with_its_error() {
    let pool = Layer::from_fn(|config: Inject<Config>| async move { config.url.parse::<u32>().map(Cache) });
    let pool: Layer<services![Cache], services![Config]> = pool;
    let config = |url: &str| Layer::succeed::<Config>(Config { url: url.into() });
    let built = pool.clone().provide(config("7")).build(&Scope::new()).await.unwrap();
    assert_eq!(built.get::<Cache>().0, 7);
    let error = pool.provide(config("seven")).build(&Scope::new()).await.unwrap_err();
    assert!(error.to_string().contains("invalid digit"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_scoped_registers_in_its_scope_is_released_with_the_layer() {
    let trace = Trace::default();
    let inner = trace.clone();
    let cache = Layer::scoped(move |scope: Scope| {
        let trace = inner.clone();
        async move {
            trace.lives("first", &scope);
            trace.lives("second", &scope);
            Cache(0)
        }
    });
    let scope = Scope::new();
    cache.build(&scope).await.unwrap();
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+first", "+second", "-second", "-first"]);
}

#[tokio::test(start_paused = true)]
async fn a_constructor_that_returns_nothing_runs_once_for_two_uses() {
    #[layer]
    async fn migrations(trace: Trace, config: Inject<Config>) {
        trace.say(format!("migrated {}", config.url));
    }
    let trace = Trace::default();
    let side = migrations(trace.clone());
    let app = side.clone().merge(side).provide(config(trace.clone()));
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config", "migrated memory"]);
}

#[tokio::test(start_paused = true)]
async fn one_constructor_can_give_several_services() {
    #[layer]
    async fn both() -> (Config, Cache) {
        (Config { url: "both".into() }, Cache(2))
    }
    let context: Context<services![Config, Cache]> = both().build(&Scope::new()).await.unwrap();
    assert_eq!((context.get::<Config>().url.as_str(), context.get::<Cache>().0), ("both", 2));
}

#[tokio::test(start_paused = true)]
async fn context_gives_what_it_is_given() {
    let trace = Trace::default();
    let layer = Layer::context::<services![Config]>().provide(config(trace.clone()));
    let context: Context<services![Config]> = layer.build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Config>().url, "memory");
}

#[tokio::test(start_paused = true)]
async fn fail_fails_with_its_failure() {
    let layer = Layer::fail::<services![Cache], Broken>(Broken("door"));
    let error = layer.build(&Scope::new()).await.unwrap_err();
    assert_eq!(error.failure::<Broken>().unwrap().0, "door");
}

#[tokio::test(start_paused = true)]
async fn suspend_is_evaluated_when_it_is_built_and_once_a_memo_map() {
    let trace = Trace::default();
    let said = trace.clone();
    let cache = Layer::suspend(move || {
        said.say("evaluated");
        Layer::succeed::<Cache>(Cache(1))
    });
    settle().await;
    assert!(trace.take().is_empty());
    let (map, scope) = (MemoMap::new(), Scope::new());
    cache.clone().merge(cache.clone()).build_with(&map, &scope).await.unwrap();
    cache.build_with(&map, &scope).await.unwrap();
    assert_eq!(trace.take(), ["evaluated"]);
    cache.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["evaluated"]);
}

#[tokio::test(start_paused = true)]
async fn what_suspend_builds_is_shared_with_those_who_use_it_directly() {
    let trace = Trace::default();
    let config = config(trace.clone());
    let same = config.clone();
    let app = Layer::suspend(move || same.clone()).merge(config);
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config"]);
}

type Later<Out> = Arc<OnceLock<Layer<Out, services![], failures![]>>>;

#[tokio::test(start_paused = true)]
async fn a_layer_that_needs_itself_is_an_error_with_the_path() {
    let cell: Later<services![Cache]> = Arc::default();
    let own = Arc::clone(&cell);
    let layer = cell.get_or_init(|| Layer::suspend(move || own.get().unwrap().clone()));
    let error = layer.build(&Scope::new()).await.unwrap_err();
    let BuildErrorKind::Cycle(path) = error.kind() else { panic!("{error}") };
    assert_eq!(path.iter().map(|layer| layer.name()).collect::<Vec<_>>(), ["suspend", "suspend"]);
}

#[tokio::test(start_paused = true)]
async fn layers_that_wait_for_each_other_from_two_builds_are_an_error_for_both() {
    let (one, two): (Later<services![Cache]>, Later<services![Cache]>) = Default::default();
    let gate = Gate::new();
    let lazy = |other: &Later<services![Cache]>| {
        let (other, gate) = (Arc::clone(other), gate.clone());
        Layer::unwrap(move || {
            let (other, gate) = (Arc::clone(&other), gate.clone());
            async move {
                gate.pass().await;
                other.get().unwrap().clone()
            }
        })
    };
    one.set(lazy(&two)).unwrap();
    two.set(lazy(&one)).unwrap();
    let (map, scope) = (MemoMap::new(), Scope::new());
    let (first, second) = (one.get().unwrap().clone(), two.get().unwrap().clone());
    let open = async {
        settle().await;
        gate.open();
    };
    let (first, second, ()) = tokio::join!(first.build_with(&map, &scope), second.build_with(&map, &scope), open);
    for error in [first.unwrap_err(), second.unwrap_err()] {
        let BuildErrorKind::Cycle(path) = error.kind() else { panic!("{error}") };
        assert_eq!(path.len(), 3, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn unwrap_chooses_a_layer_when_it_is_built() {
    let store = Layer::unwrap(|config: Inject<Config>| async move {
        if config.url == "memory" { Layer::succeed::<Cache>(Cache(1)) } else { Layer::succeed::<Cache>(Cache(2)) }
    });
    let trace = Trace::default();
    let context = store.provide(config(trace)).build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Cache>().0, 1);
}

#[tokio::test(start_paused = true)]
async fn unwrap_needs_what_its_closure_and_its_layer_need() {
    let trace = Trace::default();
    let inner = pool(trace.clone());
    let chosen: Layer<services![Pool], services![Cache, Config], failures![]> =
        Layer::unwrap(move |cache: Inject<Cache>| {
            assert_eq!(cache.0, 3);
            let inner = inner.clone();
            async move { inner }
        });
    let app = chosen.provide(Layer::succeed::<Cache>(Cache(3)).merge(config(trace.clone())));
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool", "-pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn unwrap_is_evaluated_and_built_once_where_it_is_used_twice() {
    let trace = Trace::default();
    let (said, inner) = (trace.clone(), config(trace.clone()));
    let chosen = Layer::unwrap(move || {
        said.say("chosen");
        let inner = inner.clone();
        async move { inner }
    });
    let app = users(trace.clone())
        .provide(pool(trace.clone()))
        .provide(chosen.clone())
        .merge(Layer::context::<services![Config]>().provide(chosen));
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["chosen", "+config", "+pool", "+users"]);
}

#[tokio::test(start_paused = true)]
async fn a_struct_is_a_layer_of_its_fields() {
    #[derive(Service, Layer)]
    struct Report {
        users: Inject<Users>,
        #[layer(default)]
        lines: Vec<String>,
    }
    let trace = Trace::default();
    let app = Report::layer().provide(users(trace.clone())).provide(pool(trace.clone())).provide(config(trace.clone()));
    let context = app.build(&Scope::new()).await.unwrap();
    let report = context.get::<Report>();
    assert_eq!((report.users.pool.url.as_str(), report.lines.len()), ("memory", 0));
}

/// The type of a service that nobody gives stays in what the layer needs.
#[test]
fn a_need_that_is_not_met_stays_in_the_type() {
    let _: Layer<services![Users, Audit], services![Pool], failures![]> =
        users(Trace::default()).merge(crate::stock::audit(Trace::default()));
}
