//! Short tasks: run, and waited for.

use std::time::{Duration, Instant};

use di::{Exit, FiberMap, Scope};
use stats_alloc::Region;
use tokio::runtime::Runtime;
use tokio::task::yield_now;
use tokio_util::task::JoinMap;

use crate::ALLOCATOR;

const TASKS: u64 = 1_000;
const ROUNDS: usize = 200;
const TURNS: usize = 15;

/// What a task does.
#[derive(Clone, Copy)]
enum Work {
    /// It ends at its first poll.
    Nothing,
    /// It gives its thread away once.
    Yields,
}

impl Work {
    async fn run(self, number: u64) -> u64 {
        if let Self::Yields = self {
            yield_now().await;
        }
        number
    }
}

/// How the tasks are run and waited for.
#[derive(Clone, Copy)]
enum Contender {
    Tasks,
    JoinMap,
    Fibers,
}

const CONTENDERS: [(&str, Contender); 3] = [
    ("`tokio::spawn`, `JoinHandle`s", Contender::Tasks),
    ("tokio-util `JoinMap`", Contender::JoinMap),
    ("`FiberMap`", Contender::Fibers),
];

impl Contender {
    async fn round(self, map: &FiberMap<u64, u64, std::io::Error>, join: &mut JoinMap<u64, u64>, work: Work) -> u64 {
        let mut sum = 0;
        match self {
            Self::Tasks => {
                let tasks: Vec<_> = (0..TASKS).map(|number| tokio::spawn(work.run(number))).collect();
                for task in tasks {
                    sum += task.await.expect("a task ends");
                }
            }
            Self::JoinMap => {
                (0..TASKS).for_each(|number| join.spawn(number, work.run(number)));
                while let Some((_, number)) = join.join_next().await {
                    sum += number.expect("a task ends");
                }
            }
            Self::Fibers => {
                let fibers: Vec<_> =
                    (0..TASKS).map(|number| map.run(number, async move { Ok(work.run(number).await) })).collect();
                for fiber in fibers {
                    sum += fiber.wait().await.expect("not this one").as_result().expect("a fiber ends");
                }
            }
        }
        sum
    }

    /// The least time of a task, in nanoseconds, and how often it allocates.
    async fn turn(self, work: Work) -> (f64, f64) {
        let scope = Scope::new();
        let (map, mut join) = (FiberMap::typed(&scope), JoinMap::new());
        let expected = TASKS * (TASKS - 1) / 2;
        let mut least = Duration::MAX;
        let region = Region::new(ALLOCATOR);
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            assert_eq!(self.round(&map, &mut join, work).await, expected);
            least = least.min(begun.elapsed());
        }
        let allocations = region.change().allocations as f64 / (ROUNDS as u64 * TASKS) as f64;
        scope.close(Exit::Success).await.expect("nothing fails");
        (least.as_nanos() as f64 / TASKS as f64, allocations)
    }
}

pub(super) fn measure(one: &Runtime, two: &Runtime) {
    println!(
        "run and completion of short tasks, {TASKS} at a time; ns for each, in parts of a bare task, allocations for each\n"
    );
    for (name, runtime) in [("1 thread", one), ("2 threads", two)] {
        for (what, work) in [("ends at once", Work::Nothing), ("yields once", Work::Yields)] {
            println!("{name}, {what}");
            let mut least = [(f64::MAX, 0.0); CONTENDERS.len()];
            for _ in 0..TURNS {
                for (least, (_, contender)) in least.iter_mut().zip(CONTENDERS) {
                    // On a thread of the runtime, as tasks are.
                    let turn = async move { tokio::spawn(contender.turn(work)).await.expect("a turn ends") };
                    let (time, allocations) = runtime.block_on(turn);
                    *least = (least.0.min(time), allocations);
                }
            }
            for ((time, allocations), (contender, _)) in least.iter().zip(CONTENDERS) {
                println!("  {contender:32} {time:8.1}  {:5.2}  {allocations:5.2}", time / least[0].0);
            }
        }
    }
    println!();
}
