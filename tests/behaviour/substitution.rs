//! `substitute` and `override_with`.

use std::time::Duration;

use di::prelude::*;
use di::{BuildErrorKind, Schedule};

use crate::stock::{Audit, Cache, Config, Pool, Users, audit, config, pool, users};
use crate::trace::Trace;

type Of<Out, In = services![]> = Layer<Out, In, failures![]>;

fn fake_pool() -> Of<services![Pool]> {
    Layer::succeed::<Pool>(Pool { url: "fake".into() })
}

/// The address of the users' pool.
async fn url(app: &Of<services![Users]>) -> String {
    app.build(&Scope::new()).await.unwrap().get::<Users>().pool.url.clone()
}

/// The address of the users' pool after a fake was put in its place.
async fn fake_url(app: Of<services![Users]>) -> String {
    url(&app.substitute(fake_pool())).await
}

#[tokio::test(start_paused = true)]
async fn a_substitute_stands_in_however_deep_in_a_chain() {
    let trace = Trace::default();
    let app = users(trace.clone()).provide(pool(trace.clone())).provide(config(trace.clone()));
    assert_eq!(fake_url(app.clone()).await, "fake");
    assert_eq!(trace.take(), ["+users"], "what only the pool needed was not built");
    let deep = users(trace.clone()).provide(pool(trace.clone()).provide(config(trace.clone())));
    assert_eq!(fake_url(Layer::empty().merge(deep)).await, "fake");
    assert_eq!(url(&app).await, "memory", "the original is as it was");
}

#[tokio::test(start_paused = true)]
async fn a_substitute_stands_in_inside_of_a_list_and_of_a_list_in_it() {
    let trace = Trace::default();
    let app = layers![<Users> users(trace.clone()), pool(trace.clone()), config(trace.clone())];
    assert_eq!(fake_url(app).await, "fake");
    assert_eq!(trace.take(), ["+users"]);
    let nested = layers![<Users>
        layers![<Users needs Config> users(trace.clone()), pool(trace.clone())], config(trace.clone()),
    ];
    assert_eq!(fake_url(nested).await, "fake");
}

#[tokio::test(start_paused = true)]
async fn a_substitute_stands_in_wherever_layers_are_built_by_layers() {
    let trace = Trace::default();
    let plain = || users(trace.clone()).provide(pool(trace.clone())).provide(config(trace.clone()));
    let suspended = plain();
    let chosen = plain();
    let recovered: Of<services![Users]> =
        Layer::fail::<services![Users], _>(crate::stock::Broken("first")).or_else(plain());
    let layers = [
        ("fresh", plain().fresh()),
        ("memo_by", plain().memo_by("users")),
        ("memoize", plain().memoize()),
        ("or_die", plain().or_die()),
        ("or_else", recovered),
        ("named", plain().named("users")),
        ("retry", plain().retry(Schedule::recurs(1))),
        ("retry_fresh", plain().retry_fresh(Schedule::recurs(1))),
        ("timeout", plain().timeout(Duration::from_secs(1)).or_die()),
        ("tap", plain().tap(|_users: Inject<Users>| async {})),
        ("extend_scope", plain().extend_scope()),
        ("suspend", Layer::suspend(move || suspended.clone())),
        (
            "unwrap",
            Layer::unwrap(move || {
                let chosen = chosen.clone();
                async move { chosen }
            }),
        ),
        ("fresh in fresh", plain().fresh().fresh()),
        ("suspend in a list", layers![<Users> ..Layer::suspend({ let plain = plain(); move || plain.clone() })]),
    ];
    for (name, layer) in layers {
        trace.take();
        assert_eq!(fake_url(layer).await, "fake", "{name}");
        assert_eq!(trace.count("+pool") + trace.count("+config"), 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_others_need_too_is_still_built() {
    #[layer]
    fn cache(trace: Trace, _config: Inject<Config>, scope: &Scope) -> Cache {
        trace.lives("cache", scope);
        Cache(0)
    }
    let trace = Trace::default();
    let app = layers![<Users, Cache>
        users(trace.clone()), pool(trace.clone()), cache(trace.clone()), config(trace.clone()),
    ];
    app.substitute(fake_pool()).build(&Scope::new()).await.unwrap();
    let mut built = trace.take();
    built.sort();
    assert_eq!(built, ["+cache", "+config", "+users"]);
}

#[tokio::test(start_paused = true)]
async fn what_leaves_is_built_even_if_only_the_replaced_needed_it() {
    let trace = Trace::default();
    let app: Of<services![Pool, Config]> = pool(trace.clone()).provide_merge(config(trace.clone()));
    app.substitute(fake_pool()).build(&Scope::new()).await.unwrap();
    assert_eq!(trace.take(), ["+config"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_of_two_services_is_still_built_for_the_other_one() {
    #[layer]
    fn both(trace: Trace, config: Inject<Config>) -> (Pool, Cache) {
        trace.say("+both");
        (Pool { url: config.url.clone() }, Cache(7))
    }
    let trace = Trace::default();
    let app = users(trace.clone()).provide_merge(both(trace.clone())).provide(config(trace.clone()));
    let context = app.substitute(fake_pool()).build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Users>().pool.url, "fake");
    assert!(context.get::<Users>().pool.is_same(context.get::<Pool>()));
    assert_eq!(context.get::<Cache>().0, 7);
    assert_eq!(trace.take(), ["+config", "+both", "+users"]);
}

#[tokio::test(start_paused = true)]
async fn several_services_are_substituted_at_once() {
    let trace = Trace::default();
    let app = layers![<Users> users(trace.clone()), pool(trace.clone()), config(trace.clone())];
    let fakes = layers![Layer::succeed::<Config>(Config { url: "other".into() }), fake_pool()];
    let context = app.substitute(fakes).build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Users>().pool.url, "fake");
    assert_eq!(trace.take(), ["+users"]);
}

#[tokio::test(start_paused = true)]
async fn of_two_substitutes_the_outermost_wins() {
    let trace = Trace::default();
    let app = layers![<Users> users(trace.clone()), pool(trace.clone()), config(trace.clone())];
    let inner = Layer::sync(move || -> Pool { unreachable!("nobody needs it") });
    let inner: Of<services![Users]> = app.substitute(inner);
    assert_eq!(fake_url(inner.clone()).await, "fake");
    assert_eq!(fake_url(Layer::empty().merge(inner).fresh()).await, "fake");
}

#[tokio::test(start_paused = true)]
async fn a_substitute_is_fed_from_outside() {
    let trace = Trace::default();
    let app = layers![<Users> users(trace.clone()), pool(trace.clone()), config(trace.clone())];
    let substituted: Of<services![Users], services![Config]> = app.substitute(pool(trace.clone()));
    let outside = Layer::succeed::<Config>(Config { url: "outside".into() });
    assert_eq!(url(&substituted.provide(outside)).await, "outside");
    assert_eq!(trace.take(), ["+pool", "+users"]);
}

#[tokio::test(start_paused = true)]
async fn a_substitute_is_built_once_and_released_after_those_that_use_it() {
    let trace = Trace::default();
    let app = layers![<Users, Audit>
        users(trace.clone()), audit(trace.clone()), pool(trace.clone()), config(trace.clone()),
    ];
    let fake = pool(trace.clone()).provide(Layer::succeed::<Config>(Config { url: String::new() }));
    let scope = Scope::new();
    app.substitute(fake).build(&scope).await.unwrap();
    scope.close(Exit::Success).await.unwrap();
    let lines = trace.take();
    assert_eq!((lines.len(), &*lines[0], &*lines[5]), (6, "+pool", "-pool"));
}

#[tokio::test(start_paused = true)]
async fn what_replaces_nothing_is_an_error_that_names_the_service() {
    let trace = Trace::default();
    let app = config(trace.clone()).substitute(fake_pool());
    let error = app.build(&Scope::new()).await.unwrap_err();
    let BuildErrorKind::Unreplaced { service } = error.kind() else { panic!("{error}") };
    assert_eq!(service.to_string(), "Pool");
    assert_eq!(trace.take(), [""; 0], "nothing was built");
}

#[tokio::test(start_paused = true)]
async fn what_comes_from_outside_is_not_replaced() {
    let trace = Trace::default();
    let app = users(trace.clone()).substitute(fake_pool()).provide(fake_pool());
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Unreplaced { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn builds_with_and_without_a_substitute_share_only_what_is_the_same_in_both() {
    let (trace, map, scope) = (Trace::default(), MemoMap::new(), Scope::new());
    let config = config(trace.clone());
    let plain = users(trace.clone()).provide(pool(trace.clone())).provide_merge(config);
    for layer in [plain.clone(), plain.clone().memo_by(1), plain.memoize()] {
        let substituted = layer.clone().substitute(fake_pool());
        let mut seen = Vec::new();
        for layer in [&substituted, &layer, &substituted, &layer] {
            let context = layer.build_with(&map, &scope).await.unwrap();
            seen.push((context.get::<Users>().clone(), context.get::<Config>().clone()));
        }
        let urls: Vec<_> = seen.iter().map(|(users, _)| &*users.pool.url).collect();
        assert_eq!(urls, ["fake", "memory", "fake", "memory"]);
        assert!(seen[0].0.is_same(&seen[2].0) && seen[1].0.is_same(&seen[3].0));
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_layers_side_by_side_the_second_wins() {
    let trace = Trace::default();
    let app = users(trace.clone()).provide_merge(pool(trace.clone())).provide(config(trace.clone()));
    let context = app.override_with(fake_pool()).build(&Scope::new()).await.unwrap();
    assert_eq!(context.get::<Pool>().url, "fake");
    assert_eq!(context.get::<Users>().pool.url, "memory", "inside nothing changes");
}

#[tokio::test(start_paused = true)]
async fn both_of_two_layers_side_by_side_are_built_and_released() {
    let trace = Trace::default();
    let one = config(trace.clone());
    let other = pool(trace.clone()).provide_merge(Layer::succeed::<Config>(Config { url: "other".into() }));
    let app: Of<services![Pool, Config]> = one.override_with(other);
    let scope = Scope::new();
    let context = app.build(&scope).await.unwrap();
    assert_eq!(context.get::<Config>().url, "other");
    scope.close(Exit::Success).await.unwrap();
    let mut lines = trace.take();
    lines.sort();
    assert_eq!(lines, ["+config", "+pool", "-config", "-pool"]);
}
