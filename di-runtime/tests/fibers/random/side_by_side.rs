//! Tasks and threads that do what they like at one time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use di_core::Exit;
use di_runtime::{FiberExit, FiberMap, FiberMapError, FiberOptions, FiberRefused, FiberRunner, RunOutcome, Scope};
use tokio::time::{sleep, timeout};

use super::KEYS;
use super::bodies::{Body, Ledger, Map, One, Plan, Run};
use super::numbers::Random;

/// The longest time of a plan.
const LONG: usize = 6;
const UNIT: Duration = Duration::from_micros(300);
const PATIENCE: Duration = Duration::from_secs(60);

/// What all of them share.
#[derive(Clone)]
struct Crowd {
    map: Map,
    ledger: Arc<Ledger>,
    /// All fibers that were started, with their numbers.
    fibers: Arc<Mutex<Vec<(usize, One)>>>,
    /// The first failure that was told of: the key, and its words.
    told: Arc<Mutex<Option<(usize, String)>>>,
    /// Whether fibers follow each other, so that there is never more than one of a key.
    in_line: bool,
    closes: bool,
}

pub async fn round(mut random: Random, operations: usize, threads: bool) {
    let in_line = random.one_in(3);
    let most = random.one_in(2).then(|| 1 + random.below(3));
    let scope = Scope::new();
    let mut builder = FiberMap::builder();
    if !in_line && random.one_in(3) {
        builder = builder.overlap();
    }
    if random.one_in(3) {
        builder = builder.fail_fast();
    }
    if let Some(most) = most {
        builder = builder.max_concurrent(most);
    }
    if random.one_in(2) {
        builder = builder.retain_results(random.below(4));
    }
    if random.one_in(2) {
        builder = builder.retain_results_for(UNIT * random.below(10) as u32);
    }
    let crowd = Crowd {
        map: builder.build(&scope),
        ledger: Ledger::new(UNIT, most, in_line),
        fibers: Arc::default(),
        told: Arc::default(),
        in_line,
        closes: random.one_in(3),
    };
    let mut numbers = || Random::new(random.below(usize::MAX) as u64);
    let tasks: Vec<_> = (0..4)
        .map(|task| {
            let (crowd, own) = (crowd.clone(), numbers());
            tokio::spawn(async move { crowd.one_of_many(own, operations, task == 0).await })
        })
        .collect();
    let thread = threads.then(|| {
        let (crowd, own) = (crowd.clone(), numbers());
        std::thread::spawn(move || crowd.on_a_thread(own, operations))
    });
    for task in tasks {
        timeout(PATIENCE, task).await.expect("nobody waits for ever").unwrap();
    }
    if let Some(thread) = thread {
        thread.join().unwrap();
    }
    crowd.end(&mut random, scope).await;
}

impl Crowd {
    async fn one_of_many(self, mut random: Random, operations: usize, closes: bool) {
        for operation in 0..operations {
            let key = random.below(KEYS);
            let patience = UNIT * random.pick(&[0, 1, 5, 20]);
            let map = &self.map;
            match random.below(18) {
                0..=6 => drop(self.run(&mut random, key)),
                7 if !self.in_line => self.adopt(&mut random, key),
                8 => self.one_of(&mut random).into_iter().for_each(|(_, fiber)| fiber.cancel()),
                9 | 10 => {
                    if let Some((number, fiber)) = self.one_of(&mut random) {
                        let ended = async {
                            match random.below(2) {
                                0 => fiber.interrupt().await,
                                _ => assert!(fiber.wait().await.is_ok()),
                            }
                            self.ended(number, &fiber);
                        };
                        drop(timeout(patience, ended).await);
                    }
                }
                11 => {
                    if let Ok(Some(removed)) = timeout(patience, map.remove(&key)).await {
                        assert!(removed.is_finished());
                    }
                }
                12 if random.one_in(4) => drop(timeout(patience, map.clear()).await),
                13 => match random.below(2) {
                    0 => drop(timeout(patience, map.join()).await.map(|joined| self.joined(joined))),
                    _ => drop(timeout(patience, map.join_all()).await.map(|joined| self.joined(joined))),
                },
                14 => drop(timeout(patience, map.await_empty()).await),
                15 => {
                    if let Some(fiber) = map.status(&key).into_fiber() {
                        let _ = timeout(patience, fiber.join()).await;
                    }
                    assert!(map.keys().len() <= KEYS && map.len() <= KEYS);
                }
                _ => sleep(UNIT * random.below(6) as u32).await,
            }
            self.ledger.check();
            if closes && self.closes && operation == operations / 2 {
                drop(timeout(patience, map.close()).await);
                assert!(map.is_closed());
            }
        }
    }

    /// A thread that knows nothing of tokio.
    fn on_a_thread(self, mut random: Random, operations: usize) {
        let runner: FiberRunner<Map> = self.map.runner();
        for _ in 0..operations {
            let key = random.below(KEYS);
            match random.below(4) {
                0 | 1 => drop(self.run(&mut random, key)),
                2 => {
                    let number = self.ledger.number();
                    let fiber = runner.run(key, async move { Ok::<_, String>(number) });
                    self.fibers.lock().unwrap().push((number, fiber));
                }
                _ => self.one_of(&mut random).into_iter().for_each(|(_, fiber)| fiber.cancel()),
            }
            std::thread::sleep(UNIT * random.below(3) as u32);
        }
    }

    fn run(&self, random: &mut Random, key: usize) -> One {
        let number = self.ledger.number();
        let mut plan = Plan::random(random, LONG, true);
        plan.child = random.one_in(4).then(|| Run::random(random, LONG, true, true));
        let body = Body { ledger: self.ledger.clone(), number, key: Some(key), plan };
        let outcome = body.run(&self.map, key, options(random));
        if let RunOutcome::Started(fiber) = &outcome {
            self.fibers.lock().unwrap().push((number, fiber.clone()));
            if let Some(FiberExit::Refused(why)) = fiber.poll() {
                assert_eq!(*why, FiberRefused::Closed);
                assert!(self.map.is_closed());
            }
        }
        outcome.into_fiber()
    }

    fn adopt(&self, random: &mut Random, key: usize) {
        let fiber = match self.one_of(random).filter(|_| random.one_in(3)) {
            Some((_, fiber)) => fiber,
            None => {
                let number = self.ledger.number();
                let mut plan = Plan::random(random, LONG, true);
                (plan.supervised, plan.runs) = (false, plan.runs[..1].to_vec());
                let fiber = Body { ledger: self.ledger.clone(), number, key: None, plan }.spawn();
                self.fibers.lock().unwrap().push((number, fiber.clone()));
                fiber
            }
        };
        drop(self.map.set(key, options(random), &fiber));
    }

    fn one_of(&self, random: &mut Random) -> Option<(usize, One)> {
        let fibers = self.fibers.lock().unwrap();
        // The last ones, for the most part: those that run.
        let some = fibers.len().min(if random.one_in(4) { usize::MAX } else { 6 });
        (some > 0).then(|| fibers[fibers.len() - 1 - random.below(some)].clone())
    }

    /// What is true when who waits for a fiber is woken.
    fn ended(&self, number: usize, fiber: &One) {
        assert!(fiber.is_finished());
        // Others may take it in again at this moment, if they may take in anything.
        if self.in_line { self.ledger.check_end(number, fiber, &self.map) } else { self.ledger.check_release(number) }
    }

    /// The first failure is the first one for all who ask.
    fn joined(&self, joined: Result<(), FiberMapError<usize, usize>>) {
        let Err(error) = joined else { return };
        let failure = (*error.key(), error.error().to_string());
        let mut told = self.told.lock().unwrap();
        assert_eq!(*told.get_or_insert_with(|| failure.clone()), failure);
    }

    /// Ends what runs, and sees that nothing is left, and that nothing comes after it.
    async fn end(self, random: &mut Random, scope: Scope) {
        let Self { map, ledger, .. } = &self;
        let ends = async {
            match random.below(4) {
                0 => map.clear().await,
                1 => drop(scope.close(Exit::Success).await),
                2 => {
                    // What never ends is ended one by one.
                    for (_, fiber) in map.fibers() {
                        fiber.cancel();
                    }
                    map.await_empty().await;
                }
                _ => map.close().await.unwrap(),
            }
        };
        timeout(PATIENCE, ends).await.unwrap_or_else(|_| panic!("what is ended ends, and not: {map:?}"));
        assert_eq!(map.len(), 0);
        let closed = timeout(PATIENCE, scope.close(Exit::Success)).await;
        closed.unwrap_or_else(|_| panic!("a close ends, and not: {map:?}")).unwrap();
        ledger.close();
        drop(self.run(random, 0));
        let fibers = std::mem::take(&mut *self.fibers.lock().unwrap());
        for (number, fiber) in &fibers {
            // One that was replaced as it was taken in may be in no collection any more.
            timeout(PATIENCE, fiber.interrupt()).await.unwrap_or_else(|_| panic!("{number} ends: {fiber:?}"));
            ledger.check_end(*number, fiber, map);
        }
        sleep(UNIT * 20).await;
        self.joined(map.join().await);
        ledger.check();
        for (number, done) in ledger.all().into_iter().enumerate() {
            assert_eq!((done.begun, done.acquired), (done.over, done.released), "{number}");
        }
    }
}

fn options(random: &mut Random) -> FiberOptions {
    let options = if random.one_in(4) { FiberOptions::only_if_missing() } else { FiberOptions::new() };
    options.propagate_failure(!random.one_in(3)).propagate_interruption(random.one_in(4))
}
