//! Layer references that refresh: what is built anew, and what a schedule does with builds that take their time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use di::LayerRef;
use di::prelude::*;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, timeout};

use crate::trace::{Trace, settle};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// What was read at this second.
#[derive(Service, Debug)]
struct Rules(u64);

/// How long it takes to read.
#[derive(Clone)]
struct Disk {
    begun: Instant,
    seconds: Arc<AtomicU64>,
    hangs: Arc<AtomicBool>,
}

impl Disk {
    fn new() -> Self {
        Self { begun: Instant::now(), seconds: Arc::default(), hangs: Arc::default() }
    }

    fn takes(&self, seconds: u64) {
        self.seconds.store(seconds, Ordering::Relaxed);
    }

    fn hangs(&self, hangs: bool) {
        self.hangs.store(hangs, Ordering::Relaxed);
    }
}

#[layer]
async fn rules(trace: Trace, disk: Disk, scope: &Scope) -> Rules {
    let read = disk.begun.elapsed().as_secs();
    trace.lives(&format!("rules {read}"), scope);
    sleep(seconds(disk.seconds.load(Ordering::Relaxed))).await;
    if disk.hangs.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
    Rules(read)
}

/// Rules that are refreshed every ten seconds.
async fn reference(trace: &Trace, disk: &Disk, scope: &Scope) -> LayerRef<services![Rules]> {
    let rules = LayerRef::new(rules(trace.clone(), disk.clone())).keep().refresh_on(Schedule::spaced(seconds(10)));
    rules.build(scope).await.unwrap()
}

async fn current(rules: &LayerRef<services![Rules]>) -> u64 {
    rules.acquire().await.unwrap().get::<Rules>().0
}

#[tokio::test(start_paused = true)]
async fn a_tick_that_meets_a_build_waits_for_it_and_refreshes_what_it_has_built() {
    let (trace, scope, disk) = (Trace::default(), Scope::new(), Disk::new());
    let rules = reference(&trace, &disk, &scope).await;
    disk.takes(2);
    sleep(seconds(9)).await;
    assert_eq!(current(&rules).await, 9);
    sleep(seconds(3)).await;
    settle().await;
    assert_eq!(trace.take(), ["+rules 9", "+rules 11", "-rules 9"]);
    assert_eq!(current(&rules).await, 11);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_keeps_no_build_going_that_nobody_else_waits_for() {
    let (trace, scope, disk) = (Trace::default(), Scope::new(), Disk::new());
    let rules = reference(&trace, &disk, &scope).await;
    disk.takes(4);
    sleep(seconds(9)).await;
    timeout(seconds(2), rules.acquire()).await.unwrap_err();
    sleep(seconds(20)).await;
    assert_eq!(trace.take(), ["+rules 9", "-rules 9"]);
    assert!(!rules.is_present());
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_hangs_is_given_up_at_the_next_tick_and_the_old_one_stays() {
    let (trace, scope, disk) = (Trace::default(), Scope::new(), Disk::new());
    let rules = reference(&trace, &disk, &scope).await;
    assert_eq!(current(&rules).await, 0);
    disk.hangs(true);
    sleep(seconds(19)).await;
    assert_eq!(current(&rules).await, 0);
    assert_eq!(trace.take(), ["+rules 0", "+rules 10"]);
    disk.hangs(false);
    sleep(seconds(2)).await;
    assert_eq!(current(&rules).await, 20);
    assert_eq!(trace.take(), ["+rules 20", "-rules 10", "-rules 0"]);
    scope.close(Exit::Success).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn times_of_refreshes_do_not_move_with_the_time_that_they_take() {
    let (trace, scope, disk) = (Trace::default(), Scope::new(), Disk::new());
    let rules = reference(&trace, &disk, &scope).await;
    disk.takes(4);
    assert_eq!(current(&rules).await, 0);
    sleep(seconds(31)).await;
    assert_eq!(trace.take(), ["+rules 0", "+rules 10", "-rules 0", "+rules 20", "-rules 10", "+rules 30", "-rules 20"]);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_ends_with_its_reference() {
    let (trace, scope, disk) = (Trace::default(), Scope::new(), Disk::new());
    let rules = reference(&trace, &disk, &scope).await;
    assert_eq!(current(&rules).await, 0);
    disk.hangs(true);
    // In the middle of a refresh.
    sleep(seconds(11)).await;
    rules.close().await.unwrap();
    settle().await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
    assert_eq!(trace.take(), ["+rules 0", "+rules 10", "-rules 0", "-rules 10"]);
    scope.close(Exit::Success).await.unwrap();
}

#[derive(Service)]
struct File(u64);

#[derive(Service)]
struct Tls {
    file: Inject<File>,
}

#[layer]
fn file(trace: Trace, disk: Disk, scope: &Scope) -> File {
    let read = disk.begun.elapsed().as_secs();
    trace.lives(&format!("file {read}"), scope);
    File(read)
}

#[layer]
fn tls(file: Inject<File>) -> Tls {
    Tls { file }
}

#[service(for = LayerRef<services![Tls]>)]
struct CurrentTls;

#[tokio::test(start_paused = true)]
async fn a_refresh_builds_anew_what_the_layer_is_fed_with() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let tls = LayerRef::new(tls().provide(file(trace.clone(), Disk::new()))).keep().build(&scope).await.unwrap();
    let old = tls.acquire().await.unwrap();
    sleep(seconds(5)).await;
    let new = tls.refresh().await.unwrap();
    assert_eq!([&old, &new].map(|tls| tls.get::<Tls>().file.0), [0, 5]);
    drop(old);
    settle().await;
    assert_eq!(trace.take(), ["+file 0", "+file 5", "-file 0"]);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_shares_what_is_around_the_reference() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let file = file(trace.clone(), Disk::new());
    // Once what the reference is fed with, and once what its layer is fed with, which the application has as well.
    let fed = LayerRef::new(tls()).keep().layer::<CurrentTls>().provide(file.clone());
    let within = LayerRef::new(tls().provide(file.clone())).keep().layer::<CurrentTls>().provide(file);
    for app in [fed, within] {
        let app = app.build(&scope).await.unwrap();
        let old = app.get::<CurrentTls>().acquire().await.unwrap();
        sleep(seconds(5)).await;
        let new = app.get::<CurrentTls>().refresh().await.unwrap();
        assert!(old.get::<Tls>().file.is_same(&new.get::<Tls>().file));
        assert!(!old.get::<Tls>().is_same(new.get::<Tls>()));
        assert_eq!(trace.take().len(), 1);
    }
}
