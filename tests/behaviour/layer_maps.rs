//! Layer maps: one layer for each key, built on first use, shared while it is used, and released when it is idle.

use std::time::Duration;

use di::LayerMap;
use di::prelude::*;
use tokio::time::sleep;

use crate::trace::{Gate, Trace, give_up, settle};

#[derive(Service)]
pub struct Log(pub Trace);

#[derive(Service)]
pub struct Settings {
    directory: &'static str,
}

#[derive(Service)]
pub struct TenantDb {
    pub file: String,
    pub settings: Inject<Settings>,
}

#[derive(Service)]
pub struct Users {
    pub db: Inject<TenantDb>,
}

#[derive(Service)]
pub struct Audit {
    pub db: Inject<TenantDb>,
}

#[derive(Debug, Clone, thiserror::Error, Failure)]
#[error("no tenant {0}")]
pub struct NoTenant(pub String);

#[layer]
pub fn log(trace: Trace) -> Log {
    Log(trace)
}

#[layer]
pub fn settings(log: Inject<Log>, scope: &Scope) -> Settings {
    log.0.lives("settings", scope);
    Settings { directory: "data" }
}

#[layer_map(TenantDatabases, idle_time_to_live = "2 minutes", fails)]
pub async fn tenant_database(
    tenant: String,
    settings: Inject<Settings>,
    log: Inject<Log>,
    scope: &Scope,
) -> Result<TenantDb, NoTenant> {
    log.0.lives(&tenant, scope);
    sleep(Duration::from_millis(10)).await;
    if tenant == "nobody" {
        return Err(NoTenant(tenant));
    }
    Ok(TenantDb { file: format!("{}/{tenant}.db", settings.directory), settings })
}

#[layer]
fn users(log: Inject<Log>, db: Inject<TenantDb>, scope: &Scope) -> Users {
    log.0.lives("users", scope);
    Users { db }
}

#[layer]
fn audit(db: Inject<TenantDb>) -> Audit {
    Audit { db }
}

type UsersLayer = Layer<services![Users], services![TenantDatabases, Log]>;

#[layer_map(TenantUsers, keep)]
fn tenant_users(tenant: String) -> UsersLayer {
    users().provide(TenantDatabases::get(tenant))
}

pub fn app(trace: &Trace) -> Layer<services![TenantDatabases, Settings, Log], services![], failures![]> {
    TenantDatabases::layer().provide_merge(settings()).provide_merge(log(trace.clone()))
}

#[effect]
pub async fn file(db: Inject<TenantDb>) -> String {
    db.file.clone()
}

fn acme() -> Layer<services![TenantDb], services![TenantDatabases]> {
    TenantDatabases::get("acme".into())
}

#[tokio::test(start_paused = true)]
async fn a_key_is_built_when_it_is_asked_for_and_released_after_its_idle_time() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(app(&trace));
    assert_eq!(runtime.run(file().provide(acme())).await.unwrap(), "data/acme.db");
    assert_eq!(trace.take(), ["+settings", "+acme"]);
    sleep(Duration::from_secs(119)).await;
    runtime.run(file().provide(acme())).await.unwrap();
    sleep(Duration::from_secs(119)).await;
    settle().await;
    assert_eq!(trace.take(), [""; 0]);
    sleep(Duration::from_secs(1)).await;
    settle().await;
    assert_eq!(trace.take(), ["-acme"]);
    runtime.shutdown(Duration::from_secs(1)).await.unwrap();
    assert_eq!(trace.take(), ["-settings"]);
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_for_a_key_share_one_build() {
    let trace = Trace::default();
    let runtime = ManagedRuntime::new(app(&trace));
    let runs = (0..100).map(|_| tokio::spawn(runtime.run(file().provide(acme()))));
    for run in runs.collect::<Vec<_>>() {
        assert_eq!(run.await.unwrap().unwrap(), "data/acme.db");
    }
    assert_eq!(trace.count("+acme"), 1);
}

#[tokio::test(start_paused = true)]
async fn each_key_has_an_instance_of_its_own_and_what_they_are_built_from_is_shared_with_the_application() {
    let trace = Trace::default();
    let scope = Scope::new();
    let app = app(&trace).build(&scope).await.unwrap();
    let maps = app.get::<TenantDatabases>();
    let [one, two] = [maps.acquire("acme").await.unwrap(), maps.acquire("globex").await.unwrap()];
    assert_eq!([&one.get::<TenantDb>().file, &two.get::<TenantDb>().file], ["data/acme.db", "data/globex.db"]);
    assert!(one.get::<TenantDb>().settings.is_same(app.get::<Settings>()));
    assert_eq!(trace.take(), ["+settings", "+acme", "+globex"]);
}

#[derive(Service)]
pub struct Disk;

#[derive(Service)]
pub struct Store(Inject<Disk>);

#[layer]
fn disk(trace: Trace, scope: &Scope) -> Disk {
    trace.lives("disk", scope);
    Disk
}

#[layer]
fn store(disk: Inject<Disk>) -> Store {
    Store(disk)
}

#[tokio::test]
async fn two_keys_with_one_layer_have_two_instances_over_one_dependency() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let same = store().provide(disk(trace.clone()));
    let map = LayerMap::from_record([(1, same.clone()), (2, same)]).release_immediately().build(&scope).await.unwrap();
    let [one, two] = [map.acquire(&1).await.unwrap(), map.acquire(&2).await.unwrap()];
    assert!(!one.get::<Store>().is_same(two.get::<Store>()));
    assert!(one.get::<Store>().0.is_same(&two.get::<Store>().0));
    one.release().await.unwrap();
    assert_eq!(trace.take(), ["+disk"]);
    two.release().await.unwrap();
    assert_eq!(trace.take(), ["-disk"]);
}

#[tokio::test]
async fn what_a_key_is_built_from_may_be_what_another_layer_forwards() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let same = store().provide(disk(trace.clone())).or_die().named("renamed");
    let map = LayerMap::from_record([(1, same.clone()), (2, same)]).keep().build(&scope).await.unwrap();
    let [one, two] = [map.acquire(&1).await.unwrap(), map.acquire(&2).await.unwrap()];
    assert!(!one.get::<Store>().is_same(two.get::<Store>()));
    assert!(one.get::<Store>().0.is_same(&two.get::<Store>().0));
    assert_eq!(trace.take(), ["+disk"]);
}

#[tokio::test]
async fn a_map_finds_what_is_built_around_it_and_keeps_what_it_builds_to_itself() {
    for around_first in [true, false] {
        let (trace, scope, memo) = (Trace::default(), Scope::new(), MemoMap::new());
        let disk = disk(trace.clone());
        let map = LayerMap::from_record([(1, store().provide(disk.clone()))]).keep().layer::<Stores>();
        let app = map.build_with(&memo, &scope).await.unwrap();
        let in_map = || app.get::<Stores>().acquire(&1);
        let (around, inside) = if around_first {
            (disk.build_with(&memo, &scope).await.unwrap(), in_map().await.unwrap())
        } else {
            let inside = in_map().await.unwrap();
            (disk.build_with(&memo, &scope).await.unwrap(), inside)
        };
        assert_eq!(around.get::<Disk>().is_same(&inside.get::<Store>().0), around_first);
        assert_eq!(trace.count("+disk"), if around_first { 1 } else { 2 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_met_twice_in_a_graph_is_one_instance() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let both = users().provide(acme()).merge(audit().provide(acme())).provide(app(&trace)).provide(log(trace.clone()));
    let both = both.build(&scope).await.unwrap();
    assert!(both.get::<Users>().db.is_same(&both.get::<Audit>().db));
    let twice = acme().merge(acme()).provide(app(&trace)).build(&scope).await;
    assert!(twice.is_ok());
    let same = users().provide(acme()).merge(users().provide(acme()));
    assert!(same.provide(app(&trace)).build(&scope).await.is_ok(), "two calls for one key are one layer");
}

#[tokio::test(start_paused = true)]
async fn all_layers_that_give_the_map_are_one() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let [one, two] = [TenantDatabases::layer(), TenantDatabases::layer()];
    let both = audit().provide(acme().provide(one)).merge(users().provide(acme().provide(two)));
    let both = both.provide(settings()).provide(log(trace.clone())).build(&scope).await.unwrap();
    assert!(both.get::<Users>().db.is_same(&both.get::<Audit>().db));
    assert_eq!(trace.count("+acme"), 1);
}

#[tokio::test(start_paused = true)]
async fn maps_and_their_keys_are_entries_of_a_list_like_all_layers() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let list = layers![<Users, TenantDatabases>
        users(),
        TenantDatabases::get("acme".to_owned()),
        TenantDatabases::layer(),
        settings(),
        log(trace.clone()),
    ];
    let app = list.build(&scope).await.unwrap();
    let acme = app.get::<TenantDatabases>().acquire("acme").await.unwrap();
    assert!(acme.get::<TenantDb>().is_same(&app.get::<Users>().db));
}

#[tokio::test(start_paused = true)]
async fn a_resource_of_an_inner_map_lives_as_long_as_that_of_the_outer_one() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let app = TenantUsers::layer().provide_merge(app(&trace)).build(&scope).await.unwrap();
    let outer = app.get::<TenantUsers>();
    assert_eq!(outer.acquire("acme").await.unwrap().get::<Users>().db.file, "data/acme.db");
    sleep(Duration::from_secs(3600)).await;
    settle().await;
    assert_eq!(trace.take(), ["+settings", "+acme", "+users"]);
    outer.invalidate("acme").await;
    assert_eq!(trace.take(), ["-users"]);
    sleep(Duration::from_secs(120)).await;
    settle().await;
    assert_eq!(trace.take(), ["-acme"]);
}

#[tokio::test(start_paused = true)]
async fn everything_is_released_in_order_when_the_application_ends_whoever_holds_it() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let app = TenantUsers::layer().provide_merge(app(&trace)).build(&scope).await.unwrap();
    let held = app.get::<TenantUsers>().acquire("acme").await.unwrap();
    trace.take();
    scope.close(Exit::Success).await.unwrap();
    assert!(held.is_evicted());
    assert_eq!(trace.take(), ["-users", "-acme", "-settings"]);
}

#[tokio::test(start_paused = true)]
async fn a_context_is_held_until_its_scope_closes_and_no_closed_scope_holds_one() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let app = app(&trace).build(&scope).await.unwrap();
    let maps = app.get::<TenantDatabases>();
    let request = Scope::new();
    let context = maps.context("acme", &request).await.unwrap();
    assert_eq!((context.get::<TenantDb>().file.as_str(), maps.stats().in_use), ("data/acme.db", 1));
    request.close(Exit::Success).await.unwrap();
    assert_eq!((maps.stats().in_use, maps.stats().idle), (0, 1));
    let refused = maps.context("acme", &request).await.unwrap_err();
    assert!(matches!(refused.kind(), di::BuildErrorKind::ScopeClosed(_)));
    assert_eq!(maps.stats().in_use, 0);
}

#[tokio::test(start_paused = true)]
async fn a_guard_runs_closures_and_effects_with_the_services_of_its_key() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let app = app(&trace).build(&scope).await.unwrap();
    let acme = app.get::<TenantDatabases>().acquire("acme").await.unwrap();
    assert_eq!(acme.run(file()).await.unwrap(), "data/acme.db");
    let run = acme.run(|db: Inject<TenantDb>| async move { db.file.len() });
    drop(acme);
    assert_eq!(app.get::<TenantDatabases>().stats().in_use, 1);
    assert_eq!(run.await.unwrap(), 12);
    assert_eq!(app.get::<TenantDatabases>().stats().in_use, 0);
}

#[effect]
async fn where_is(db: Inject<TenantDb>, log: Inject<Log>) -> String {
    log.0.say("asked");
    db.file.clone()
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_is_fed_by_a_map_still_needs_the_rest() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let app = app(&trace).build(&scope).await.unwrap();
    let by_hand: Effect<String, services![Log]> = app.get::<TenantDatabases>().provide_to("acme".into(), where_is());
    assert_eq!(by_hand.provide_context(&app).run().await.unwrap(), "data/acme.db");
    let by_name: Effect<String, services![Log, TenantDatabases]> =
        TenantDatabases::provide_to("acme".into(), where_is());
    assert_eq!(by_name.provide_context(&app).run().await.unwrap(), "data/acme.db");
    assert_eq!(trace.take(), ["+settings", "+acme", "asked", "asked"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_substituted_around_a_map_is_substituted_in_its_layers() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let fake = Layer::succeed::<Settings>(Settings { directory: "fake" });
    let app = app(&trace).substitute(fake).build(&scope).await.unwrap();
    let db = app.get::<TenantDatabases>().acquire("acme").await.unwrap();
    assert_eq!(db.get::<TenantDb>().file, "fake/acme.db");
}

#[tokio::test(start_paused = true)]
async fn a_layer_deep_inside_of_a_map_is_substituted_too() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let map = LayerMap::new(move |_: u32| store().provide(disk(trace.clone()))).keep();
    let mine = Inject::<Disk>::new(Disk);
    let fake = Layer::succeed_context(&Context::from_services(di::hlist![mine.clone()]));
    let app = map.layer::<Stores>().substitute(fake).build(&scope).await.unwrap();
    assert!(app.get::<Stores>().acquire(&1).await.unwrap().get::<Store>().0.is_same(&mine));
}

#[service(for = LayerMap<u32, services![Store]>)]
struct Stores;

#[tokio::test(start_paused = true)]
async fn the_layers_of_a_map_are_fed_from_where_the_map_is_and_not_from_where_it_is_asked() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let app = app(&trace).build(&scope).await.unwrap();
    let other = Layer::succeed::<Settings>(Settings { directory: "other" });
    let got = file().provide(acme()).provide(other).provide_context(&app).run().await.unwrap();
    assert_eq!(got, "data/acme.db");
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_does_not_disturb_others_and_the_last_one_cancels_the_build() {
    let (trace, scope, gate) = (Trace::default(), Scope::new(), Gate::new());
    let map = {
        let (trace, gate) = (trace.clone(), gate.clone());
        LayerMap::new(move |_: u32| crate::stock::slow_cache(trace.clone(), gate.clone())).keep().build(&scope)
    };
    let map = map.await.unwrap();
    let waiting = tokio::spawn({
        let map = map.clone();
        async move { map.acquire(&1).await.map(drop) }
    });
    assert!(give_up(map.acquire(&1)).await.is_none());
    gate.open();
    waiting.await.unwrap().unwrap();
    assert_eq!(trace.take(), ["+cache", "cache ready"]);
    map.invalidate(&1).await;
    assert_eq!(trace.take(), ["-cache: success"]);
}
