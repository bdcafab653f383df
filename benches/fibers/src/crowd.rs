//! Many live fibers: what each takes, and what it takes to replace, remove and clear them.

use std::future::pending;
use std::time::Instant;

use di::{FiberMap, Scope};
use stats_alloc::Region;
use tokio::runtime::Runtime;
use tokio_util::task::JoinMap;

use crate::ALLOCATOR;

const CROWD: u64 = 100_000;

pub(super) fn measure(runtime: &Runtime) {
    println!("{CROWD} live tasks; bytes for each, ms to start, replace, remove one by one, and end all\n");
    runtime.block_on(async { tokio::spawn(tasks()).await.expect("it ends") });
    runtime.block_on(async { tokio::spawn(joined()).await.expect("it ends") });
    runtime.block_on(async { tokio::spawn(fibers()).await.expect("it ends") });
}

fn millis(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}

fn bytes(region: &Region<'_, std::alloc::System>) -> f64 {
    let change = region.change();
    (change.bytes_allocated as f64 - change.bytes_deallocated as f64 + change.bytes_reallocated as f64) / CROWD as f64
}

async fn tasks() {
    let region = Region::new(ALLOCATOR);
    let begun = Instant::now();
    let tasks: Vec<_> = (0..CROWD).map(|_| tokio::spawn(pending::<()>())).collect();
    let started = millis(begun);
    let bytes = bytes(&region);
    let begun = Instant::now();
    tasks.iter().for_each(|task| task.abort());
    for task in tasks {
        assert!(task.await.is_err());
    }
    println!("  tasks and handles  {bytes:6.0} B  start {started:6.1}  end {:6.1}", millis(begun));
}

async fn joined() {
    let region = Region::new(ALLOCATOR);
    let begun = Instant::now();
    let mut map = JoinMap::new();
    (0..CROWD).for_each(|number| map.spawn(number, pending::<()>()));
    let started = millis(begun);
    let bytes = bytes(&region);
    let begun = Instant::now();
    (0..CROWD).for_each(|number| map.spawn(number, pending::<()>()));
    let replaced = millis(begun);
    let begun = Instant::now();
    map.shutdown().await;
    println!(
        "  JoinMap            {bytes:6.0} B  start {started:6.1}  replace {replaced:6.1}  end {:6.1}",
        millis(begun)
    );
}

async fn fibers() {
    let region = Region::new(ALLOCATOR);
    let scope = Scope::new();
    let map = FiberMap::new(&scope);
    let begun = Instant::now();
    (0..CROWD).for_each(|number| drop(map.run(number, pending::<()>())));
    let started = millis(begun);
    let bytes = bytes(&region);
    let begun = Instant::now();
    let fibers: Vec<_> = (0..CROWD).map(|number| map.run(number, async { std::future::ready(()).await })).collect();
    for fiber in &fibers {
        fiber.join().await.expect("a fiber ends");
    }
    let replaced = millis(begun);
    drop(fibers);
    map.await_empty().await;
    (0..CROWD).for_each(|number| drop(map.run(number, pending::<()>())));
    let begun = Instant::now();
    for number in 0..CROWD {
        map.remove(&number).await;
    }
    let removed = millis(begun);
    (0..CROWD).for_each(|number| drop(map.run(number, pending::<()>())));
    let begun = Instant::now();
    map.clear().await;
    println!(
        "  FiberMap           {bytes:6.0} B  start {started:6.1}  replace {replaced:6.1}  remove {removed:6.1}  end {:6.1}",
        millis(begun)
    );
}
