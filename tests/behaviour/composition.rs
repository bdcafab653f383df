//! `merge`, `provide` and `provide_merge`.

use di::merge_all;
use di::prelude::*;

use crate::stock::{Audit, Cache, Config, Pool, Users, audit, config, pool, slow_cache, users};
use crate::trace::{Gate, Trace, settle};

#[tokio::test(start_paused = true)]
async fn merged_layers_are_built_concurrently() {
    let (trace, gate) = (Trace::default(), Gate::new());
    let (said, opens) = (trace.clone(), gate.clone());
    // The first can only be built while the second is.
    let opener = Layer::from_fn(move || {
        let (said, opens) = (said.clone(), opens.clone());
        async move {
            settle().await;
            said.say("opened");
            opens.open();
            Config { url: String::new() }
        }
    });
    slow_cache(trace.clone(), gate).merge(opener).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+cache", "opened", "cache ready"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_merged_with_itself_is_built_once() {
    let trace = Trace::default();
    let config = config(trace.clone());
    let scope = Scope::new();
    config.clone().merge(config).build(&scope).await.unwrap();
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+config", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn two_calls_of_a_factory_are_two_instances() {
    let trace = Trace::default();
    let app = users(trace.clone())
        .provide(pool(trace.clone()))
        .merge(audit(trace.clone()).provide(pool(trace.clone())))
        .provide(config(trace.clone()));
    let context = app.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.count("+pool"), 2);
    assert!(!context.get::<Users>().pool.is_same(&context.get::<Audit>().pool));
}

#[tokio::test(start_paused = true)]
async fn a_diamond_is_built_once_and_released_after_both_of_its_users() {
    let trace = Trace::default();
    let shared = pool(trace.clone()).provide(config(trace.clone()));
    let app = users(trace.clone()).provide(shared.clone()).merge(audit(trace.clone()).provide(shared));
    let scope = Scope::new();
    let context = app.build(&scope).await.unwrap();
    assert!(context.get::<Users>().pool.is_same(&context.get::<Audit>().pool));
    scope.close(Exit::Success).await.unwrap();
    let lines = trace.take();
    assert_eq!(lines[..2], ["+config", "+pool"]);
    assert_eq!(lines[lines.len() - 2..], ["-pool", "-config"]);
    assert_eq!(lines.len(), 8);
}

#[tokio::test(start_paused = true)]
async fn many_layers_are_merged_at_once() {
    let trace = Trace::default();
    let app: Layer<services![Config, Cache, Users], services![Pool], failures![]> =
        merge_all!(config(trace.clone()), Layer::succeed::<Cache>(Cache(0)), users(trace.clone()));
    app.provide(pool(trace.clone()).provide(config(trace.clone()))).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.count("+users"), 1);
}

#[tokio::test(start_paused = true)]
async fn diamonds_above_diamonds_are_built_once_however_many_they_are() {
    let trace = Trace::default();
    let tower = (0..60).fold(config(trace.clone()), |below, _| below.clone().merge(below));
    tower.build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config"]);
}

/// The sibling's configuration does not feed the pool: the need stays in the type.
#[test]
fn merged_layers_do_not_feed_each_other() {
    let _: Layer<services![Pool, Config], services![Config], failures![]> =
        pool(Trace::default()).merge(config(Trace::default()));
}

#[tokio::test(start_paused = true)]
async fn siblings_are_released_concurrently() {
    #[layer]
    fn releases(trace: Trace, name: &'static str, opens: Gate, waits: Gate, scope: &Scope) -> Cache {
        scope.on_close(move |_exit| async move {
            trace.say(format!("{name} begins"));
            opens.open();
            waits.pass().await;
            trace.say(format!("{name} ends"));
        });
        Cache(0)
    }
    let (trace, one, two) = (Trace::default(), Gate::new(), Gate::new());
    let first = releases(trace.clone(), "first", one.clone(), two.clone());
    let second = releases(trace.clone(), "second", two, one);
    let app =
        first.merge(Layer::from_fn(|_cache: Inject<Cache>| async { Config { url: String::new() } }).provide(second));
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    // Each can only end when the other has begun.
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_is_provided_is_built_before_and_released_after() {
    let trace = Trace::default();
    let app: Layer<services![Pool], services![], failures![]> = pool(trace.clone()).provide(config(trace.clone()));
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool", "-pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_provided_is_built_completely_before_the_layer_it_feeds() {
    let (trace, gate) = (Trace::default(), Gate::new());
    let feeding = config(trace.clone()).merge(slow_cache(trace.clone(), gate.clone()));
    let app = pool(trace.clone()).provide(feeding);
    let scope = Scope::new();
    let (built, ()) = tokio::join!(app.build(&scope), async {
        settle().await;
        trace.say("opened");
        gate.open();
    });
    built.unwrap();
    assert_eq!(trace.take(), ["+config", "+cache", "opened", "cache ready", "+pool"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_provided_is_built_even_if_nobody_needs_it() {
    let trace = Trace::default();
    Layer::succeed::<Cache>(Cache(0)).provide(config(trace.clone())).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config"]);
}

#[tokio::test(start_paused = true)]
async fn of_a_chain_the_last_written_is_built_first() {
    let trace = Trace::default();
    let app = users(trace.clone()).provide(pool(trace.clone())).provide(config(trace.clone()));
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool", "+users", "-users", "-pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_may_still_use_what_its_layer_was_given() {
    #[layer]
    fn flushing(trace: Trace, pool: Inject<Pool>, scope: &Scope) -> Cache {
        scope.on_close(move |_exit| async move { trace.say(format!("flushed to {}", pool.url)) });
        Cache(0)
    }
    let trace = Trace::default();
    let app = flushing(trace.clone()).provide(pool(trace.clone())).provide(config(trace.clone()));
    let scope = Scope::new();
    app.build(&scope).await.unwrap();
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take()[2..], ["flushed to memory", "-pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn provide_merge_lets_both_leave() {
    let trace = Trace::default();
    let app = pool(trace.clone()).provide_merge(config(trace.clone()));
    let scope = Scope::new();
    let context: Context<services![Pool, Config]> = app.build(&scope).await.unwrap();
    assert_eq!(context.get::<Pool>().url, context.get::<Config>().url);
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["+config", "+pool", "-pool", "-config"]);
}

#[tokio::test(start_paused = true)]
async fn provide_hides_what_an_outer_layer_gives_under_the_same_name() {
    let inner = Layer::succeed::<Config>(Config { url: "inner".into() });
    let outer = Layer::succeed::<Config>(Config { url: "outer".into() });
    let trace = Trace::default();
    let app = users(trace.clone())
        .provide(pool(trace.clone()).provide(inner))
        .merge(Layer::context::<services![Config]>())
        .provide(outer);
    let context = app.build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Users>().pool.url, "inner");
    assert_eq!(context.get::<Config>().url, "outer");
}

#[tokio::test(start_paused = true)]
async fn a_mutable_reference_is_shared_by_a_service_and_the_program() {
    #[derive(Service)]
    struct Cursor(std::sync::atomic::AtomicU32);
    #[derive(Service, Layer)]
    struct Reader {
        cursor: Inject<Cursor>,
    }
    let app = Reader::layer().provide_merge(Layer::succeed::<Cursor>(Cursor(0.into())));
    let context = app.build(&Scope::new()).await.unwrap();
    context.get::<Cursor>().0.store(7, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(context.get::<Reader>().cursor.0.load(std::sync::atomic::Ordering::Relaxed), 7);
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_ten_thousand_layers_is_built_and_released() {
    let trace = Trace::default();
    let scope = Scope::new();
    let link = |_| Layer::from_fn(|cache: Inject<Cache>| async move { Cache(cache.0 + 1) });
    let chain = (0..10_000).map(link).fold(Layer::succeed::<Cache>(Cache(0)), |below, layer| layer.provide(below));
    let context = chain.build(&scope).await.unwrap();
    trace.say(context.get::<Cache>().0);
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.take(), ["10000"]);
}
