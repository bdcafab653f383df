//! A million idle entries: what they take, how long their end takes, and what it costs others.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use di::{Exit, RcMap, Scope};
use futures_util::{StreamExt, stream};
use stats_alloc::Region;
use tokio::runtime::Runtime;

use crate::ALLOCATOR;

const ENTRIES: u64 = 1_000_000;
const IDLE_TIME: Duration = Duration::from_secs(4);
/// How many requests of the traffic are timed together.
const WINDOW: u32 = 20_000;

pub fn measure(runtime: &Runtime) {
    let scope = Scope::new();
    let region = Region::new(ALLOCATOR);
    let map: RcMap<u64, u64, Infallible> = runtime.block_on(async {
        RcMap::unscoped(|key: u64| async move { Ok(key) }).idle_time_to_live(IDLE_TIME).build(&scope)
    });
    let begun = Instant::now();
    let guards: Vec<_> = runtime.block_on(async {
        let get = |key| {
            let map = &map;
            async move { map.get(&key).await }
        };
        stream::iter(0..ENTRIES).map(get).buffer_unordered(64).collect().await
    });
    let built = begun.elapsed();
    let begun = Instant::now();
    drop(guards);
    let released = begun.elapsed();
    let change = region.change();
    let bytes = change.bytes_allocated - change.bytes_deallocated;
    println!(
        "\nA million entries: built in {:.2} s, given back in {:.2} s, {:.0} bytes each",
        built.as_secs_f64(),
        released.as_secs_f64(),
        bytes as f64 / ENTRIES as f64,
    );

    let over = AtomicBool::new(false);
    let (before, during, expired) = std::thread::scope(|threads| {
        let traffic = threads.spawn(|| traffic(runtime, &map, &over));
        let mut first = None;
        while map.len() > 1 {
            if first.is_none() && (map.len() as u64) < ENTRIES {
                first = Some(Instant::now());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let expired = first.map(|first| first.elapsed()).unwrap_or_default();
        over.store(true, Ordering::Relaxed);
        let windows = traffic.join().expect("the traffic does not panic");
        let end = first.expect("all has expired");
        let nanos = |(_, took): &(Instant, Duration)| took.as_nanos() as f64 / f64::from(WINDOW);
        let (before, during): (Vec<_>, Vec<_>) = windows.iter().partition(|(begun, _)| *begun < end);
        (before.iter().map(nanos).collect::<Vec<_>>(), during.iter().map(nanos).collect::<Vec<_>>(), expired)
    });
    println!("all expired in {:.2} s", expired.as_secs_f64());
    for (when, mut windows) in [("before", before), ("meanwhile", during)] {
        windows.sort_by(f64::total_cmp);
        if let (Some(middle), Some(most)) = (windows.get(windows.len() / 2), windows.last()) {
            println!(
                "requests for another key of the map {when}: {middle:.0} ns, and {most:.0} ns in the slowest window"
            );
        }
    }
    runtime.block_on(scope.close(Exit::Success)).expect("no finalizer fails");
}

/// Asks for one key that it holds, again and again; how long each window took.
fn traffic(runtime: &Runtime, map: &RcMap<u64, u64, Infallible>, over: &AtomicBool) -> Vec<(Instant, Duration)> {
    runtime.block_on(async {
        let _held = map.get(&u64::MAX).await;
        let mut windows = Vec::with_capacity(100_000);
        while !over.load(Ordering::Relaxed) {
            let begun = Instant::now();
            for _ in 0..WINDOW {
                drop(map.get(&u64::MAX).await);
            }
            windows.push((begun, begun.elapsed()));
        }
        windows
    })
}
