//! Those who queue up, are admitted, give their places back, and are interrupted meanwhile.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Context;

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::gate::{Gate, InQueue, Limits, Pass};
use super::signal::{By, Signal};
use super::{Sleeper, model};
use crate::lock;

/// A collection that admits so many, how many run in it, and how many ever did.
#[derive(Clone)]
struct Crowd {
    gate: Arc<Gate>,
    most: usize,
    running: Arc<AtomicUsize>,
    begun: Arc<AtomicUsize>,
}

/// A fiber that queues up now.
struct One {
    crowd: Crowd,
    pass: Arc<Pass>,
    queued: Mutex<Option<InQueue>>,
    signal: Signal,
}

impl Crowd {
    fn of(most: usize) -> Self {
        let limits = Limits { running: Some(most), starts: None };
        let gate = Gate::new(limits).expect("there is a limit");
        Self { gate, most, running: Arc::new(AtomicUsize::new(0)), begun: Arc::new(AtomicUsize::new(0)) }
    }

    fn one(&self) -> Arc<One> {
        let one = self.late();
        *lock(&one.queued) = Some(one.pass.queue());
        one
    }

    /// One who queues up later.
    fn late(&self) -> Arc<One> {
        let (pass, queued) = (self.gate.pass(), Mutex::new(None));
        Arc::new(One { crowd: self.clone(), pass, queued, signal: Signal::default() })
    }

    /// All places are free again, and nobody is in the queue.
    fn check(&self) {
        let all: Vec<_> = (0..self.most).map(|_| self.one()).collect();
        all.iter().for_each(|one| assert!(one.is_admitted_at_once()));
    }
}

impl One {
    /// Waits for its turn, has it, and leaves; whether it ran.
    fn run(&self) -> bool {
        let runs = self.begin();
        self.end(runs);
        runs
    }

    /// Waits for its turn; whether it runs now.
    fn begin(&self) -> bool {
        let (sleeper, waker) = Sleeper::new();
        let mut admitted = self.admitted();
        // As the task of a fiber does.
        let runs = loop {
            if self.signal.is_interrupted() {
                break false;
            }
            if admitted.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                break true;
            }
            self.signal.sleep(&waker);
            if self.signal.is_interrupted() {
                break false;
            }
            sleeper.sleep();
        };
        drop(admitted);
        if runs {
            self.crowd.begun.fetch_add(1, Ordering::Relaxed);
            let running = self.crowd.running.fetch_add(1, Ordering::Relaxed) + 1;
            assert!(running <= self.crowd.most, "{running} run at a time");
        }
        runs
    }

    fn end(&self, runs: bool) {
        self.crowd.running.fetch_sub(usize::from(runs), Ordering::Relaxed);
        self.pass.leave();
    }

    fn is_admitted_at_once(&self) -> bool {
        let (_sleeper, waker) = Sleeper::new();
        self.admitted().as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
    }

    fn admitted(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        match lock(&self.queued).take() {
            Some(queued) => Box::pin(queued.admitted()),
            // It has come back to the queue.
            None => Box::pin(self.pass.admitted()),
        }
    }
}

fn spawn<Out: 'static>(one: &Arc<One>, part: impl FnOnce(&One) -> Out + 'static) -> thread::JoinHandle<Out> {
    let one = Arc::clone(one);
    thread::spawn(move || part(&one))
}

#[test]
fn everybody_has_a_turn_and_no_more_than_may_have_one_at_a_time() {
    for most in [1, 2] {
        model(move || {
            let crowd = Crowd::of(most);
            let others = [crowd.one(), crowd.one()].map(|one| spawn(&one, |one| assert!(one.run())));
            assert!(crowd.one().run());
            for other in others {
                other.join().unwrap();
            }
            crowd.check();
        });
    }
}

#[test]
fn who_is_interrupted_in_the_queue_as_a_place_is_given_back_does_not_keep_it() {
    model(|| {
        let crowd = Crowd::of(1);
        let [holder, interrupted, last] = [crowd.one(), crowd.one(), crowd.one()];
        assert!(holder.begin());
        let leaves = spawn(&interrupted, One::run);
        let ends = spawn(&holder, move |one| {
            one.end(true);
            interrupted.signal.interrupt(By::Other);
        });
        assert!(last.run());
        leaves.join().unwrap();
        ends.join().unwrap();
        crowd.check();
    });
}

#[test]
fn who_comes_back_to_the_queue_has_a_turn_after_those_who_wait() {
    model(|| {
        let crowd = Crowd::of(1);
        let [supervised, other] = [crowd.one(), crowd.one()];
        assert!(supervised.begin());
        let waits = spawn(&other, |one| assert!(one.run()));
        supervised.end(true);
        supervised.pass.queue_again();
        assert!(supervised.run());
        assert_eq!(crowd.begun.load(Ordering::Relaxed), 3, "it overtook the other one");
        waits.join().unwrap();
        crowd.check();
    });
}

#[test]
fn who_queues_up_late_has_a_turn_and_so_have_those_who_came_after_it() {
    model(|| {
        let crowd = Crowd::of(1);
        let late = crowd.late();
        let [holder, after] = [crowd.one(), crowd.one()];
        assert!(holder.begin());
        let comes = spawn(&late, |one| {
            *lock(&one.queued) = Some(one.pass.queue());
            assert!(one.run());
        });
        let waits = spawn(&after, |one| assert!(one.run()));
        holder.end(true);
        comes.join().unwrap();
        waits.join().unwrap();
        crowd.check();
    });
}
