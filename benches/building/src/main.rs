//! Measures what building layers and running effects cost at run time, and prints a table.
//!
//! ```text
//! cargo run --release -p building
//! ```
//! Each line is the best of several rounds, beside what it is compared with.

mod rows;

use std::time::{Duration, Instant};

use di::prelude::*;
use tokio::runtime::{Builder, Runtime};

const LAYERS: u32 = 1_000;
const RUNS: u32 = 10_000;

#[derive(Service)]
struct Link(u32);

/// Layers of which only the time counts.
type Nothing = Layer<services![], services![], failures![]>;

fn main() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{} {}, {threads} threads", std::env::consts::OS, std::env::consts::ARCH);
    println!("{:<58}{:>12}{:>12}{:>10}", "what", "time", "unit", "ratio");

    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime can be made");
    let task = best(20, || block_on(&runtime, spawn_tasks())) / RUNS;
    line("a task, spawned and awaited", task, "task", task);
    for (what, layer) in [
        ("a layer of 1,000, each fed by one, at once", sync_chain as fn() -> Nothing),
        ("a layer of 1,000, each fed by one, async", async_chain),
        ("a layer of 1,000, side by side, at once", side_by_side),
    ] {
        let (built, released) = build_and_release(&runtime, layer);
        line(what, built / LAYERS, "task", task);
        line("  its release", released / LAYERS, "task", task);
        line("  the same on a managed runtime, reported", start(&runtime, layer) / LAYERS, "task", task);
    }
    let run = best(20, || run_effects(&runtime)) / RUNS;
    line("an empty effect on a managed runtime", run, "task", task);

    let sleep = best(20, || block_on(&runtime, rows::sleep()));
    line("one sleep of 1 ms", sleep, "sleep", sleep);
    let rows = best(10, || block_on(&runtime, rows::build()));
    line("100 layers in ten rows, each sleeps once and needs two", rows, "sleep", sleep);
}

fn line(what: &str, time: Duration, unit: &str, of: Duration) {
    let ratio = time.as_secs_f64() / of.as_secs_f64();
    println!("{what:<58}{:>12}{unit:>12}{ratio:>10.1}", format!("{time:.1?}"));
}

fn best(rounds: u32, mut measure: impl FnMut() -> Duration) -> Duration {
    (0..rounds).map(|_| measure()).min().expect("there is a round")
}

fn block_on(runtime: &Runtime, work: impl Future<Output = Duration> + Send + 'static) -> Duration {
    runtime.block_on(runtime.spawn(work)).expect("nothing panics")
}

async fn spawn_tasks() -> Duration {
    let begun = Instant::now();
    for _ in 0..RUNS {
        tokio::spawn(async {}).await.expect("nothing panics");
    }
    begun.elapsed()
}

fn first() -> Layer<services![Link], services![], failures![]> {
    Layer::sync(|| Link(0))
}

fn sync_chain() -> Nothing {
    let chain =
        (1..LAYERS).fold(first(), |below, _| Layer::sync(|below: Inject<Link>| Link(below.0 + 1)).provide(below));
    chain.coerce()
}

fn async_chain() -> Nothing {
    let link = || Layer::from_fn(|below: Inject<Link>| async move { Link(below.0 + 1) });
    (1..LAYERS).fold(first(), |below, _| link().provide(below)).coerce()
}

fn side_by_side() -> Nothing {
    (1..LAYERS)
        .fold(first().coerce(), |others: Nothing, _| others.merge(first().coerce::<_, services![], failures![]>()))
}

/// The best time of planning and building, and that of releasing.
fn build_and_release(runtime: &Runtime, layer: fn() -> Nothing) -> (Duration, Duration) {
    let round = || async move {
        let (layer, scope) = (layer(), Scope::new());
        let begun = Instant::now();
        layer.build(&scope).await.expect("nothing fails");
        let built = begun.elapsed();
        scope.close(Exit::Success).await.expect("nothing fails");
        (built, begun.elapsed() - built)
    };
    let rounds: Vec<_> = (0..20).map(|_| runtime.block_on(runtime.spawn(round())).expect("nothing panics")).collect();
    let best = |times: fn(&(Duration, Duration)) -> Duration| rounds.iter().map(times).min().expect("there is a round");
    (best(|round| round.0), best(|round| round.1))
}

/// The best time of planning and building on a managed runtime, which records what its report tells.
fn start(runtime: &Runtime, layer: fn() -> Nothing) -> Duration {
    best(20, || {
        block_on(runtime, async move {
            let managed = ManagedRuntime::new(layer());
            let begun = Instant::now();
            managed.context().await.expect("nothing fails");
            let took = begun.elapsed();
            managed.shutdown(Duration::from_secs(1)).await.expect("nothing fails");
            took
        })
    })
}

fn run_effects(runtime: &Runtime) -> Duration {
    block_on(runtime, async {
        let managed = ManagedRuntime::new(Layer::sync(|| Link(0)));
        managed.context().await.expect("nothing fails");
        let begun = Instant::now();
        for _ in 0..RUNS {
            managed.run(|| async {}).await.expect("nothing fails");
        }
        let took = begun.elapsed();
        managed.shutdown(Duration::from_secs(1)).await.expect("nothing fails");
        took
    })
}
