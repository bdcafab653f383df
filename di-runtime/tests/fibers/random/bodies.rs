//! Bodies that do what a plan says, and a ledger of what they did.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use di_core::Schedule;
use di_runtime::{Fiber, FiberMap, FiberOptions, FiberScope, Restart, RunOutcome};
use tokio::time::sleep;

use super::KEYS;
use super::numbers::Random;

/// Fibers whose values are their numbers in the ledger.
pub type Map = FiberMap<usize, usize>;
pub type One = Fiber<usize>;

/// How a body ends when its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    Success,
    Failure,
    Panic,
}

#[derive(Clone, Copy, Debug)]
pub struct Release {
    pub takes: u64,
    pub fails: bool,
}

/// One run of a body.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// How long it takes; without it, it never ends.
    pub takes: Option<u64>,
    pub ends: Ends,
    /// What is acquired through the scope of the fiber. Without it the body is a plain future.
    pub release: Option<Release>,
}

/// What a fiber will do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// More than one where it is supervised, which it is until it succeeds or there are no more of them.
    pub runs: Vec<Run>,
    pub supervised: bool,
    /// The time between two runs.
    pub delay: u64,
    /// What a child does that each run has, if that takes a scope.
    pub child: Option<Run>,
}

impl Plan {
    /// A plan whose times are at most this, and never zero, unless there may be bodies that end at once.
    pub fn random(random: &mut Random, limit: usize, at_once: bool) -> Self {
        let supervised = random.one_in(5);
        let count = if supervised { 1 + random.below(3) } else { 1 };
        let runs = (0..count).map(|_| Run::random(random, limit, at_once, !supervised)).collect();
        Self { runs, supervised, delay: 1 + random.below(limit) as u64, child: None }
    }
}

impl Run {
    pub fn random(random: &mut Random, limit: usize, at_once: bool, may_fail_to_release: bool) -> Self {
        let takes = match random.below(6) {
            0 | 1 => None,
            2 if at_once => Some(0),
            _ => Some(1 + random.below(limit) as u64),
        };
        let ends = random.pick(&[Ends::Success, Ends::Success, Ends::Failure, Ends::Panic]);
        let release = random
            .one_in(2)
            .then(|| Release { takes: 1 + random.below(limit) as u64, fails: may_fail_to_release && random.one_in(6) });
        Self { takes, ends, release }
    }
}

/// What one fiber did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Bodies that began.
    pub begun: usize,
    /// Bodies that came to their end or were dropped.
    pub over: usize,
    pub acquired: usize,
    pub released: usize,
}

/// What all bodies did.
pub struct Ledger {
    done: Mutex<Vec<Done>>,
    /// Parents and their children.
    families: Mutex<Vec<(usize, usize)>>,
    /// How long a unit of the plans is.
    unit: Duration,
    /// How many fibers have a place among those that are admitted.
    running: AtomicUsize,
    most: Option<usize>,
    /// How many there are of each key, from the beginning of a body until it is released, where there may be only one.
    of_key: Option<[AtomicUsize; KEYS]>,
    closed: AtomicBool,
    wrong: Mutex<Vec<String>>,
}

impl Ledger {
    pub fn new(unit: Duration, most: Option<usize>, exclusive: bool) -> Arc<Self> {
        let of_key = exclusive.then(Default::default);
        let (running, closed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let (done, families, wrong) = (Mutex::default(), Mutex::default(), Mutex::default());
        Arc::new(Self { done, families, unit, running, most, of_key, closed, wrong })
    }

    /// The number of a new fiber.
    pub fn number(&self) -> usize {
        let mut done = self.done();
        done.push(Done::default());
        done.len() - 1
    }

    fn done(&self) -> MutexGuard<'_, Vec<Done>> {
        self.done.lock().expect("nothing panics under this lock")
    }

    pub fn of(&self, number: usize) -> Done {
        self.done()[number]
    }

    pub fn all(&self) -> Vec<Done> {
        self.done().clone()
    }

    /// From now on nothing begins.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// A promise was broken in the code of a fiber, where a panic would be contained.
    pub fn wrong(&self, what: String) {
        self.wrong.lock().expect("nothing panics under this lock").push(what);
    }

    pub fn check(&self) {
        let wrong = std::mem::take(&mut *self.wrong.lock().expect("nothing panics under this lock"));
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    /// What is true when those are woken who wait for a fiber: all of it is over, and it is not to be found any more.
    pub fn check_end(&self, number: usize, fiber: &One, map: &Map) {
        self.check_release(number);
        if map.fibers().iter().any(|(_, found)| found.is_same(fiber)) {
            self.wrong(format!("{number} has ended and is still there"));
        }
    }

    pub fn check_release(&self, number: usize) {
        let done = self.of(number);
        if (done.begun, done.acquired) != (done.over, done.released) {
            self.wrong(format!("who waited for {number} was woken early: {done:?}"));
        }
        let families = self.families.lock().expect("nothing panics under this lock").clone();
        for (_, child) in families.into_iter().filter(|(parent, _)| *parent == number) {
            let done = self.of(child);
            if (done.begun, done.acquired) != (done.over, done.released) {
                self.wrong(format!("{number} has ended, and its child {child} has not: {done:?}"));
            }
        }
    }
}

/// A body that runs, or what it acquired.
struct Place {
    ledger: Arc<Ledger>,
    key: Option<usize>,
}

impl Place {
    fn take(ledger: &Arc<Ledger>, number: usize, key: Option<usize>) -> Self {
        ledger.done()[number].begun += 1;
        if ledger.closed.load(Ordering::SeqCst) {
            ledger.wrong(format!("{number} began in a closed collection"));
        }
        if let Some(key) = key {
            let running = ledger.running.fetch_add(1, Ordering::SeqCst) + 1;
            if ledger.most.is_some_and(|most| running > most) {
                ledger.wrong(format!("{running} run at a time"));
            }
            let others = ledger.of_key.as_ref().map(|of_key| of_key[key].fetch_add(1, Ordering::SeqCst));
            if others.is_some_and(|others| others > 0) {
                ledger.wrong(format!("{number} began beside another one of {key}"));
            }
        }
        Self { ledger: Arc::clone(ledger), key }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.ledger.running.fetch_sub(1, Ordering::SeqCst);
            if let Some(of_key) = &self.ledger.of_key {
                of_key[key].fetch_sub(1, Ordering::SeqCst);
            }
        }
    }
}

/// Notes that a body is over.
struct Over(Arc<Ledger>, usize);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.done()[self.1].over += 1;
    }
}

/// A fiber to be: who it is, and what it will do. One that is in no collection from its beginning has no key.
#[derive(Clone)]
pub struct Body {
    pub ledger: Arc<Ledger>,
    pub number: usize,
    pub key: Option<usize>,
    pub plan: Plan,
}

impl Body {
    /// Runs it in a collection.
    pub fn run(self, map: &Map, key: usize, options: FiberOptions) -> RunOutcome<usize> {
        if self.plan.supervised {
            let delays = Schedule::spaced(self.ledger.unit * self.plan.delay as u32);
            let delays = delays.times(self.plan.runs.len() as u64 - 1);
            let policy = Restart::on_failure().backoff(delays).reset_after(Duration::MAX);
            let mut next = 0;
            let factory = move || {
                next += 1;
                let (body, run) = (self.clone(), self.plan.runs[next - 1]);
                move |fiber: FiberScope| async move { body.go_through(run, Some(fiber)).await }
            };
            return map.run_with(key, options, policy.supervise(factory));
        }
        let run = self.plan.runs[0];
        match run.release {
            Some(_) => map.run_with(key, options, move |fiber| async move { self.go_through(run, Some(fiber)).await }),
            None => map.run_with(key, options, async move { self.go_through(run, None).await }),
        }
    }

    /// Runs it in no collection; it is not supervised then.
    pub fn spawn(self) -> One {
        let run = self.plan.runs[0];
        match run.release {
            Some(_) => Fiber::spawn(move |fiber| async move { self.go_through(run, Some(fiber)).await }),
            None => Fiber::spawn(async move { self.go_through(run, None).await }),
        }
    }

    async fn go_through(self, run: Run, fiber: Option<FiberScope>) -> Result<usize, String> {
        let Self { ledger, number, key, plan } = self;
        let place = Place::take(&ledger, number, key);
        let _over = Over(Arc::clone(&ledger), number);
        if let (Some(fiber), Some(run)) = (&fiber, plan.child) {
            let child = ledger.number();
            ledger.families.lock().expect("nothing panics under this lock").push((number, child));
            let plan = Plan { runs: vec![run], supervised: false, delay: 0, child: None };
            let body = Body { ledger: Arc::clone(&ledger), number: child, key: None, plan };
            drop(body.run(&fiber.children(), 0, FiberOptions::new()));
        }
        let mut held = Some(place);
        if let (Some(fiber), Some(release)) = (fiber, run.release) {
            ledger.done()[number].acquired += 1;
            let (ledger, place) = (Arc::clone(&ledger), held.take());
            fiber.on_close_named("what a body acquired", async move |_exit| {
                if release.takes > 0 {
                    sleep(ledger.unit * release.takes as u32).await;
                }
                drop(place);
                ledger.done()[number].released += 1;
                if release.fails { Err(format!("{number} is not released")) } else { Ok(()) }
            });
        }
        match run.takes {
            None => pending().await,
            Some(0) => {}
            Some(time) => sleep(ledger.unit * time as u32).await,
        }
        match run.ends {
            Ends::Success => Ok(number),
            Ends::Failure => Err(format!("{number} fails")),
            // A panic that nobody is told of but who waits.
            Ends::Panic => std::panic::resume_unwind(Box::new(format!("{number} panics"))),
        }
    }
}
