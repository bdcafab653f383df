//! A herd: many that wait for one key.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use di::{Exit, RcMap, Scope};
use tokio::runtime::Runtime;

const WAITERS: usize = 10_000;

pub fn measure(runtime: &Runtime) {
    runtime.block_on(async {
        let (scope, builds) = (Scope::new(), Arc::new(AtomicUsize::new(0)));
        let counted = builds.clone();
        let map = RcMap::unscoped(move |_key: u64| {
            counted.fetch_add(1, Ordering::Relaxed);
            async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                Ok::<_, String>(Instant::now())
            }
        })
        .release_immediately()
        .build(&scope);
        let waiters: Vec<_> = (0..WAITERS)
            .map(|_| {
                let map = map.clone();
                tokio::spawn(async move { map.get(&1).await })
            })
            .collect();
        let mut guards = Vec::with_capacity(WAITERS);
        for waiter in waiters {
            guards.push(waiter.await.expect("no task panics").expect("no build fails"));
        }
        let served = guards[0].elapsed();
        let begun = Instant::now();
        drop(guards);
        println!(
            "\nA herd of {WAITERS}: {} build, all served {:.1} ms after it, all released in {:.1} ms",
            builds.load(Ordering::Relaxed),
            served.as_secs_f64() * 1e3,
            begun.elapsed().as_secs_f64() * 1e3,
        );
        scope.close(Exit::Success).await.expect("no finalizer fails");
    });
}
