//! One operation after the other, each of which has the effect that the model says.
//!
//! Times are long and random, so that no two things happen at one time but those that follow from each other.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use di_core::Exit;
use di_runtime::{FiberExit, FiberMap, FiberOptions, FiberStatus, RunOutcome, Scope};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::KEYS;
use super::bodies::{Body, Ledger, Map, One, Plan};
use super::model::{By, End, Model, Propagates, Settings, Wait};
use super::numbers::Random;
use crate::common::poll_once;

/// The longest time of a plan.
const LONG: usize = 1_000_000_000;

pub async fn round(mut random: Random) {
    let settings = Settings {
        overlap: random.one_in(3),
        fail_fast: random.one_in(4),
        most: random.one_in(3).then(|| 1 + random.below(3)),
        retained: random.one_in(3).then(|| random.below(4)),
        retained_for: random.one_in(3).then(|| 1 + random.below(LONG) as u64),
    };
    // Sometimes the next operation comes before any task has heard of this one, where the order of ends does not matter.
    let is_patient = settings.most.is_some() || settings.retained.is_some() || settings.fail_fast;
    let mut world = World::new(settings);
    for _ in 0..80 {
        world.operate(&mut random).await;
        if is_patient || !random.one_in(5) {
            let long = 1 + random.below(LONG / 4) as u64;
            world.pass(if random.one_in(3) { long } else { 1 }).await;
            world.check();
        }
    }
    world.end(&mut random).await;
}

/// Somebody who waits.
struct Waiter {
    task: JoinHandle<()>,
    /// Its place among those of the model.
    place: usize,
}

/// The first failure that was told of: the key, and its words.
type Told = Arc<Mutex<Option<(usize, String)>>>;

struct World {
    model: Model,
    ledger: Arc<Ledger>,
    scope: Scope,
    map: Map,
    /// By their numbers; those that were found to be needless have none.
    fibers: Vec<Option<One>>,
    waiters: Vec<Waiter>,
    told: Told,
}

impl World {
    fn new(settings: Settings) -> Self {
        let scope = Scope::new();
        let mut builder = FiberMap::builder();
        if settings.overlap {
            builder = builder.overlap();
        }
        if settings.fail_fast {
            builder = builder.fail_fast();
        }
        if let Some(most) = settings.most {
            builder = builder.max_concurrent(most);
        }
        if let Some(most) = settings.retained {
            builder = builder.retain_results(most);
        }
        if let Some(time) = settings.retained_for {
            builder = builder.retain_results_for(Duration::from_millis(time));
        }
        let map = builder.build(&scope);
        let ledger = Ledger::new(Duration::from_millis(1), settings.most, false);
        let (fibers, waiters, told) = (Vec::new(), Vec::new(), Told::default());
        Self { model: Model::new(settings), ledger, scope, map, fibers, waiters, told }
    }

    /// Lets this time pass, in the model and out of it.
    async fn pass(&mut self, mut time: u64) {
        while self.model.is_due_at(self.model.now + time) {
            time += 1;
        }
        // All that can be done before has been done when it is over.
        sleep(Duration::from_millis(time)).await;
        self.model.advance(self.model.now + time);
    }

    async fn operate(&mut self, random: &mut Random) {
        let key = random.below(KEYS);
        match random.below(20) {
            0..=6 => self.run(random, key),
            7 => self.adopt(random, key),
            8 | 9 => {
                if let Some(fiber) = self.one_of(random) {
                    self.model.interrupt(fiber, By::Other);
                    self.fibers[fiber].as_ref().expect("it is one of them").cancel();
                }
            }
            10 | 11 => {
                let was_there = self.model.current.get(&key).copied();
                let ends = self.model.remove(key);
                let (map, expected) = (self.map.clone(), was_there.and_then(|fiber| self.fibers[fiber].clone()));
                let removed = async move {
                    let removed = map.remove(&key).await;
                    assert_eq!(removed.is_some(), expected.is_some());
                    assert!(removed.is_none_or(|removed| removed.is_same(&expected.expect("they are both there"))));
                };
                self.wait(random, Wait::Ended(ends), removed).await;
            }
            12 if random.one_in(3) => {
                let ends = self.model.clear();
                let map = self.map.clone();
                self.wait(random, Wait::Ended(ends), async move { map.clear().await }).await;
            }
            13 => {
                if let Some(fiber) = self.one_of(random) {
                    let one = self.fibers[fiber].clone().expect("it is one of them");
                    let (ledger, map) = (self.ledger.clone(), self.map.clone());
                    let interrupts = random.one_in(2);
                    if interrupts {
                        self.model.interrupt(fiber, By::Other);
                    }
                    let ended = async move {
                        match interrupts {
                            true => one.interrupt().await,
                            false => assert!(one.wait().await.is_ok()),
                        }
                        ledger.check_end(fiber, &one, &map);
                    };
                    self.wait(random, Wait::Ended(BTreeSet::from([fiber])), ended).await;
                }
            }
            14 | 15 => {
                let (map, told, all) = (self.map.clone(), self.told.clone(), random.one_in(2));
                let joined = async move {
                    let joined = if all { map.join_all().await } else { map.join().await };
                    if let Err(error) = joined {
                        let failure = (*error.key(), error.error().to_string());
                        assert_eq!(*told.lock().unwrap().get_or_insert_with(|| failure.clone()), failure, "it is kept");
                    }
                };
                self.wait(random, if all { Wait::JoinAll } else { Wait::Join }, joined).await;
            }
            16 => {
                let map = self.map.clone();
                self.wait(random, Wait::Empty, async move { map.await_empty().await }).await;
            }
            17 if random.one_in(12) => self.close(random).await,
            _ if !self.waiters.is_empty() && random.one_in(2) => {
                let waiter = self.waiters.swap_remove(random.below(self.waiters.len()));
                waiter.task.abort();
            }
            _ => {}
        }
    }

    /// One that has not ended, or has.
    fn one_of(&self, random: &mut Random) -> Option<usize> {
        let all = |fiber: &usize| self.fibers[*fiber].is_some();
        let live = |fiber: &usize| all(fiber) && self.model.end_of(*fiber).is_none();
        let numbers = 0..self.fibers.len();
        let some: Vec<_> = match random.below(8) {
            0 => numbers.filter(all).collect(),
            _ => numbers.filter(live).collect(),
        };
        (!some.is_empty()).then(|| some[random.below(some.len())])
    }

    fn plan(&self, random: &mut Random) -> Plan {
        // With a limit, the order of those that end at one time would matter.
        Plan::random(random, LONG, self.model.settings.most.is_none())
    }

    fn run(&mut self, random: &mut Random, key: usize) {
        let (plan, number) = (self.plan(random), self.ledger.number());
        let body = Body { ledger: self.ledger.clone(), number, key: Some(key), plan: plan.clone() };
        let (options, propagates, keeps) = options(random);
        let found = self.model.run(key, plan, keeps, propagates);
        let outcome = match random.below(2) {
            0 if keeps && propagates.failure && !propagates.interruption => {
                body.run(&self.map, key, FiberOptions::only_if_missing())
            }
            _ => body.run(&self.map, key, options),
        };
        self.outcome(number, found, outcome);
    }

    fn outcome(&mut self, number: usize, found: Option<usize>, outcome: RunOutcome<usize>) {
        assert_eq!(outcome.is_started(), found.is_none());
        let fiber = outcome.into_fiber();
        let Some(found) = found else { return self.fibers.push(Some(fiber)) };
        assert!(self.fibers[found].as_ref().is_some_and(|found| found.is_same(&fiber)), "{number} found another one");
        self.fibers.push(None);
    }

    /// Takes in one that was started elsewhere, or one that is in the collection already.
    fn adopt(&mut self, random: &mut Random, key: usize) {
        let (options, propagates, keeps) = options(random);
        // With a limit, those that wait for one fiber under two keys would queue up at one time, in any order.
        let known = self.one_of(random).filter(|_| self.model.settings.most.is_none());
        let fiber = match known.filter(|_| random.one_in(3)) {
            Some(fiber) => fiber,
            None => {
                let (mut plan, number) = (self.plan(random), self.ledger.number());
                (plan.supervised, plan.runs) = (false, plan.runs[..1].to_vec());
                let body = Body { ledger: self.ledger.clone(), number, key: None, plan: plan.clone() };
                self.model.spawn(plan);
                self.fibers.push(Some(body.spawn()));
                number
            }
        };
        let one = self.fibers[fiber].clone().expect("it is one of them");
        let found = self.model.adopt(key, fiber, keeps, propagates);
        let outcome = self.map.set(key, options, &one);
        assert_eq!(outcome.is_started(), found.is_none());
        let there = self.fibers[found.unwrap_or(fiber)].as_ref().expect("it is one of them");
        assert!(outcome.into_fiber().is_same(there));
    }

    /// Begins a wait, which is dropped at once, or later, or not at all.
    async fn wait(&mut self, random: &mut Random, wait: Wait, waits: impl Future<Output = ()> + Send + 'static) {
        let mut waits: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(waits);
        let is_over = poll_once(&mut waits).await.is_some();
        let place = self.model.wait(wait);
        if is_over {
            let (wait, come) = &self.model.waits[place];
            assert!(come, "{wait:?} is over too early");
        } else if !random.one_in(4) {
            let task = tokio::spawn(waits);
            self.waiters.push(Waiter { task, place });
        }
    }

    async fn close(&mut self, random: &mut Random) {
        self.pass(1).await;
        self.model.close();
        if random.one_in(2) {
            let map = self.map.clone();
            self.wait(random, Wait::Closed, async move { map.close().await.expect("its time is not limited") }).await;
        } else {
            let scope = self.scope.clone();
            let closed = async move { drop(scope.close(Exit::Success).await) };
            self.wait(random, Wait::Closed, closed).await;
        }
        self.pass(1).await;
    }

    fn check(&mut self) {
        self.ledger.check();
        let model = &self.model;
        let current: Vec<_> = model.current.iter().map(|(key, fiber)| (*key, *fiber)).collect();
        let mut fibers = self.map.fibers();
        fibers.sort_unstable_by_key(|(key, _)| *key);
        let number =
            |fiber: &One| self.fibers.iter().position(|one| one.as_ref().is_some_and(|one| one.is_same(fiber)));
        let found: Vec<_> = fibers.iter().map(|(key, fiber)| (*key, number(fiber).expect("it was run"))).collect();
        assert_eq!(found, current);
        assert_eq!((self.map.len(), self.map.is_closed()), (current.len(), model.closed));
        for key in 0..KEYS {
            let expected = (model.current.get(&key).copied(), model.retained(key));
            let status = match self.map.status(&key) {
                FiberStatus::Running(fiber) => (number(&fiber), None),
                FiberStatus::Finished(fiber) => (None, number(&fiber)),
                FiberStatus::Missing => (None, None),
            };
            if let (true, (None, Some(fiber))) = (model.settings.fail_fast, status) {
                // What is interrupted and ends in the instant of a failure is retained, or is not as that came before it: in
                // which order that is, nobody has promised.
                assert!(expected.0.is_none() && model.has_ended_under(fiber, key), "what is retained of {key}");
            } else if model.settings.fail_fast {
                assert_eq!(status.0, expected.0, "the status of {key}");
            } else {
                assert_eq!(status, expected, "the status of {key}");
            }
            assert_eq!(self.map.contains(&key), expected.0.is_some());
        }
        for (number, (known, done)) in model.fibers.iter().zip(self.ledger.all()).enumerate() {
            assert_eq!(done, known.done, "{number}");
            if let Some(fiber) = &self.fibers[number] {
                assert_eq!(fiber.poll().map(end), model.end_of(number), "{number}");
            }
        }
        for waiter in &self.waiters {
            let (wait, come) = &model.waits[waiter.place];
            assert_eq!(waiter.task.is_finished(), *come, "{wait:?}");
        }
        if let Some((key, _)) = &*self.told.lock().unwrap() {
            assert!(model.failed_keys().is_some_and(|keys| keys.contains(key)), "{key} was not the first one");
        }
    }

    /// Closes all, and sees that nothing is left.
    async fn end(mut self, random: &mut Random) {
        self.close(random).await;
        // Those that were started elsewhere need not be in the collection.
        for number in 0..self.fibers.len() {
            if let Some(fiber) = &self.fibers[number] {
                self.model.interrupt(number, By::Other);
                fiber.cancel();
            }
        }
        self.pass(3 * LONG as u64).await;
        self.check();
        self.ledger.close();
        for key in 0..KEYS {
            self.run(random, key);
        }
        self.pass(3 * LONG as u64).await;
        self.check();
        assert!(self.model.has_drained());
        assert!(self.fibers.iter().flatten().all(One::is_finished));
        assert!(self.scope.close(Exit::Success).await.is_ok());
        for waiter in self.waiters {
            waiter.task.await.expect("who waited was told the truth");
        }
    }
}

fn options(random: &mut Random) -> (FiberOptions, Propagates, bool) {
    let propagates = Propagates { failure: !random.one_in(3), interruption: random.one_in(4) };
    let keeps = random.one_in(4);
    let options = if keeps { FiberOptions::only_if_missing() } else { FiberOptions::new() };
    let options = options.propagate_failure(propagates.failure).propagate_interruption(propagates.interruption);
    (options, propagates, keeps)
}

fn end(exit: &FiberExit<usize>) -> End {
    match exit {
        FiberExit::Success(_) => End::Success,
        FiberExit::Failure(_) => End::Failure,
        FiberExit::Panicked(_) => End::Panicked,
        FiberExit::Interrupted => End::Interrupted,
        FiberExit::Refused(_) => End::Refused,
        exit => panic!("an end that the model does not know: {exit:?}"),
    }
}
