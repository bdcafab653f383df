//! The entries of `layers![..]`: calls of all kinds, lists in the list, and layers of which only the types are known.

use std::sync::OnceLock;

use di::prelude::*;
use di::{BuildErrorKind, ServiceSet};

use crate::stock::{Audit, Cache, Config, Pool, Users, audit, config, pool, users};
use crate::trace::Trace;

#[derive(Service)]
struct Kept<T: Service>(Inject<T>);

#[layer]
fn kept<T: Service>(inner: Inject<T>) -> Kept<T> {
    Kept(inner)
}

#[derive(Service)]
struct Shard(u32);

#[layer]
fn shard(number: u32) -> Shard {
    Shard(number)
}

#[derive(Service, Layer)]
struct AuditLog {
    shard: Inject<Shard>,
    #[layer(default)]
    lines: Vec<String>,
}

mod deep {
    pub(super) mod inside {
        use super::super::{Inject, Shard, layer};
        use crate::stock::Cache;

        #[layer]
        pub(in super::super) fn cache(shard: Inject<Shard>) -> Cache {
            Cache(shard.0)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_is_the_call_of_any_path() {
    let trace = Trace::default();
    let app: Layer<services![Kept<Pool>, Kept<Config>, AuditLog, Cache], services![], failures![]> = layers![<Kept<Pool>, Kept<Config>, AuditLog, Cache>
        kept::<Pool>(),
        kept::<Config>(),
        shard(7),
        AuditLog::layer(),
        deep::inside::cache(),
        pool(trace.clone()),
        config(trace.clone()),
    ];
    let context = app.build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<AuditLog>().shard.0, 7);
    assert_eq!(context.get::<AuditLog>().lines.len(), 0);
    assert_eq!(context.get::<Cache>().0, 7);
    assert_eq!(context.get::<Kept<Pool>>().0.url, context.get::<Kept<Config>>().0.url);
}

#[tokio::test(start_paused = true)]
async fn a_function_that_composes_layers_is_an_entry_like_any_other() {
    fn storage() -> Layer<services![Shard, Cache], services![], failures![]> {
        deep::inside::cache().provide_merge(shard(3))
    }
    let app = layers![<AuditLog, Cache> AuditLog::layer(), storage()];
    assert_eq!(app.build(&Scope::new()).await.unwrap().get::<AuditLog>().shard.0, 3);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_two_others_of_a_list_need_is_built_once() {
    let trace = Trace::default();
    let app = layers![<Users, Audit>
        users(trace.clone()), audit(trace.clone()), pool(trace.clone()), config(trace.clone()),
    ];
    let context = app.build(&Scope::new()).await.unwrap();
    assert!(context.get::<Users>().pool.is_same(&context.get::<Audit>().pool));
    assert_eq!(trace.count("+pool"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_list_in_a_list_keeps_what_its_header_does_not_name() {
    let (trace, inner) = (Trace::default(), Trace::default());
    // Both lists have a pool of their own.
    let app = layers![<Users, Audit>
        users(trace.clone()),
        pool(trace.clone()),
        layers![<Audit needs Config> audit(inner.clone()), pool(inner.clone())],
        config(trace.clone()),
    ];
    let context = app.build(&Scope::new()).await.unwrap();
    assert!(!context.get::<Users>().pool.is_same(&context.get::<Audit>().pool));
    assert_eq!((trace.count("+config"), inner.take()), (1, vec!["+pool".to_owned(), "+audit".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_list_without_a_header_in_a_list_is_as_good_as_its_entries() {
    let trace = Trace::default();
    let app = layers![<Users> layers![users(trace.clone()), config(trace.clone())], layers![pool(trace.clone())]];
    app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool", "+users"]);
}

#[tokio::test(start_paused = true)]
async fn whatever_follows_two_dots_is_a_layer_that_its_types_judge() {
    let trace = Trace::default();
    let settings = Layer::succeed::<Config>(Config { url: "settings".into() });
    let make_pool = || pool(trace.clone());
    let app: Layer<services![Users], services![], failures![]> =
        layers![<Users> users(trace.clone()), ..make_pool().fresh(), ..settings];
    assert_eq!(app.build(&Scope::new()).await.unwrap().get::<Users>().pool.url, "settings");
    let open: Layer<services![Users, Pool], services![Config], failures![]> =
        layers![..users(trace.clone()), ..make_pool()];
    let closed: Layer<services![Pool], services![Config], failures![]> =
        layers![<Pool needs Config> ..open, ..Layer::empty()];
    closed.provide(config(trace.clone())).build(&Scope::new()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_value_is_an_entry() {
    let app: Layer<services![Users, Config], services![], failures![]> = layers![<Users, Config>
        users(Trace::default()),
        pool(Trace::default()),
        Layer::succeed::<Config>(Config { url: "value".into() }),
    ];
    assert_eq!(app.build(&Scope::new()).await.unwrap().get::<Users>().pool.url, "value");
}

#[tokio::test(start_paused = true)]
async fn a_partial_implementation_is_an_entry() {
    #[service(mock = MockClock)]
    trait Clock {
        fn now(&self) -> u64;
    }
    struct Noon;
    impl MockClock for Noon {
        fn now(&self) -> u64 {
            12
        }
    }
    #[layer]
    fn shard_of_the_hour(clock: Inject<dyn Clock>) -> Shard {
        Shard(u32::try_from(clock.now()).unwrap())
    }
    let app = layers![<Shard> shard_of_the_hour(), Layer::mock::<dyn Clock>(Noon)];
    assert_eq!(app.build(&Scope::new()).await.unwrap().get::<Shard>().0, 12);
}

#[tokio::test(start_paused = true)]
async fn two_open_entries_that_bring_one_layer_bring_one_instance() {
    let trace = Trace::default();
    let shared = config(trace.clone());
    let one = pool(trace.clone()).provide_merge(shared.clone());
    let app = layers![<Pool, Config> ..one, ..shared];
    let context = app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool"]);
    assert_eq!(context.get::<Pool>().url, context.get::<Config>().url);
}

#[tokio::test(start_paused = true)]
async fn two_open_entries_that_bring_two_instances_of_one_service_are_a_conflict() {
    let trace = Trace::default();
    let app = layers![<Pool> pool(trace.clone()), ..config(trace.clone()), ..config(trace.clone())];
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Conflict { .. }), "{error}");
    assert!(error.to_string().contains("Config"), "{error}");
    assert_eq!(trace.take(), [""; 0], "nothing was built");
}

/// The layers of a circle, as the error names them.
async fn circle<Out: ServiceSet>(app: Layer<Out, services![], failures![]>) -> Vec<String> {
    let error = app.build(&Scope::new()).await.unwrap_err();
    let BuildErrorKind::Cycle(path) = error.kind() else { panic!("{error}") };
    path.iter().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn a_circle_that_only_types_could_see_is_an_error_with_the_path() {
    let one = Layer::sync(|_shard: Inject<Shard>| Cache(0));
    let other = Layer::sync(|_cache: Inject<Cache>| Shard(0));
    assert_eq!(circle(layers![<Cache> ..one, ..other]).await, ["Cache", "Shard", "Cache"]);
    let own = Layer::sync(|_shard: Inject<Shard>| Shard(0));
    assert_eq!(circle(layers![<Shard> ..own]).await, ["Shard", "Shard"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_suspends_itself_is_an_error_with_the_path() {
    type Of<Out> = Layer<Out, services![], failures![]>;
    static SHARDS: OnceLock<Of<services![Shard]>> = OnceLock::new();
    #[layer]
    fn counted(cache: Inject<Cache>) -> Shard {
        Shard(cache.0)
    }
    fn app() -> Of<services![Cache]> {
        layers![<Cache> deep::inside::cache(), shards()]
    }
    fn shards() -> Of<services![Shard]> {
        SHARDS.get_or_init(|| Layer::suspend(|| layers![<Shard> counted(), app()])).clone()
    }
    let path = circle(app()).await;
    assert_eq!(path, ["suspend", "suspend"]);
}
