//! Those who interrupt, wait, observe and abort, while the fiber goes to sleep and ends.

use std::sync::Arc;

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::sync::{Condvar, Mutex};
use loom::thread;

use super::signal::{By, Signal};
use super::{Sleeper, model};

/// A fiber without its types.
struct Fiber {
    signal: Signal,
    exit: AtomicBool,
    /// What those sleep on who wait for the exit: how often they were told.
    told: Mutex<usize>,
    changed: Condvar,
    observers: Mutex<Vec<Arc<AtomicUsize>>>,
    /// Its children, of whom we know only whether they have ended.
    children: Mutex<Vec<Arc<AtomicBool>>>,
    token: AtomicUsize,
}

const NO_TOKEN: usize = 0;
const TOKEN: usize = 1;
const CANCELLED: usize = 2;

impl Fiber {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            signal: Signal::default(),
            exit: AtomicBool::new(false),
            told: Mutex::new(0),
            changed: Condvar::new(),
            observers: Mutex::new(Vec::new()),
            children: Mutex::new(Vec::new()),
            token: AtomicUsize::new(NO_TOKEN),
        })
    }

    /// Runs a body that never ends; whether it has begun when it is dropped.
    fn run(&self) -> bool {
        let (sleeper, waker) = Sleeper::new();
        let mut begun = false;
        while !self.signal.is_due() {
            begun = true;
            self.signal.begin();
            self.signal.sleep(&waker);
            if self.signal.is_due() {
                break;
            }
            sleeper.sleep();
        }
        begun
    }

    /// Runs finalizers that never end, until it is aborted.
    fn release(&self) {
        let (sleeper, waker) = Sleeper::new();
        loop {
            self.signal.sleep(&waker);
            if self.signal.is_aborted() {
                return;
            }
            sleeper.sleep();
        }
    }

    fn end(&self) {
        self.exit.store(true, Ordering::Release);
        let told = self.signal.end();
        if told.observed {
            let observers = std::mem::take(&mut *self.observers.lock().unwrap());
            for observer in observers {
                observer.fetch_add(1, Ordering::Relaxed);
            }
            self.cancel_token();
        }
        if told.awaited {
            self.tell();
        }
    }

    fn tell(&self) {
        *self.told.lock().unwrap() += 1;
        self.changed.notify_all();
    }

    fn wait(&self, reached: impl Fn(&Self) -> bool) {
        loop {
            let before = *self.told.lock().unwrap();
            self.signal.be_awaited();
            if reached(self) {
                return;
            }
            let mut told = self.told.lock().unwrap();
            while *told == before {
                told = self.changed.wait(told).unwrap();
            }
        }
    }

    fn has_ended(&self) -> bool {
        self.exit.load(Ordering::Acquire)
    }

    fn observe(&self, observer: &Arc<AtomicUsize>) {
        let mut observers = self.observers.lock().unwrap();
        observers.push(Arc::clone(observer));
        if self.signal.be_observed() {
            observers.pop();
            drop(observers);
            observer.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A child, if the fiber can still have one.
    fn child(&self) -> Option<Arc<AtomicBool>> {
        let mut children = self.children.lock().unwrap();
        let child = Arc::new(AtomicBool::new(false));
        self.signal.be_parent().then(|| {
            children.push(Arc::clone(&child));
            child
        })
    }

    fn interrupt(&self, by: By) {
        if self.signal.interrupt(by) {
            self.cancel_token();
            if self.signal.is_parent() {
                self.children.lock().unwrap().iter().for_each(|child| child.store(true, Ordering::Release));
                self.signal.be_childless();
            }
        }
    }

    fn have_token(&self) {
        self.token.store(TOKEN, Ordering::Release);
        if self.signal.have_token() {
            self.cancel_token();
        }
    }

    fn cancel_token(&self) {
        let _ = self.token.compare_exchange(TOKEN, CANCELLED, Ordering::AcqRel, Ordering::Acquire);
    }
}

fn spawn<Out: 'static>(fiber: &Arc<Fiber>, part: impl FnOnce(&Fiber) -> Out + 'static) -> thread::JoinHandle<Out> {
    let fiber = Arc::clone(fiber);
    thread::spawn(move || part(&fiber))
}

#[test]
fn who_goes_to_sleep_as_it_is_interrupted_hears_it_and_the_first_one_says_by_whom() {
    model(|| {
        let fiber = Fiber::new();
        let interrupts = [By::Collection, By::Other].map(|by| {
            spawn(&fiber, move |fiber| {
                fiber.interrupt(by);
                fiber.signal.ends_for_collection()
            })
        });
        fiber.run();
        let seen = interrupts.map(|interrupt| interrupt.join().unwrap());
        assert_eq!(seen, [fiber.signal.ends_for_collection(); 2]);
    });
}

#[test]
fn who_releases_as_it_is_aborted_hears_it() {
    model(|| {
        let fiber = Fiber::new();
        let aborts = spawn(&fiber, |fiber| fiber.signal.abort());
        let interrupts = spawn(&fiber, |fiber| fiber.interrupt(By::Other));
        fiber.release();
        aborts.join().unwrap();
        interrupts.join().unwrap();
        assert!(fiber.signal.is_due());
    });
}

#[test]
fn who_waits_as_a_fiber_ends_is_told() {
    model(|| {
        let fiber = Fiber::new();
        let ends = spawn(&fiber, Fiber::end);
        let waits = spawn(&fiber, |fiber| fiber.wait(Fiber::has_ended));
        fiber.wait(Fiber::has_ended);
        ends.join().unwrap();
        waits.join().unwrap();
    });
}

#[test]
fn who_waits_until_a_fiber_is_ready_is_told_of_that_or_of_its_end() {
    model(|| {
        let fiber = Fiber::new();
        let ends = spawn(&fiber, |fiber| {
            if fiber.signal.be_ready() {
                fiber.tell();
            }
            fiber.end();
        });
        fiber.wait(|fiber| fiber.signal.is_ready() || fiber.has_ended());
        ends.join().unwrap();
        assert!(!fiber.signal.be_ready(), "it is said once");
    });
}

#[test]
fn who_observes_as_a_fiber_ends_is_called_once() {
    model(|| {
        let fiber = Fiber::new();
        let observers = [Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))];
        let ends = spawn(&fiber, Fiber::end);
        let other = Arc::clone(&observers[0]);
        let observes = spawn(&fiber, move |fiber| fiber.observe(&other));
        fiber.observe(&observers[1]);
        ends.join().unwrap();
        observes.join().unwrap();
        assert_eq!(observers.map(|observer| observer.load(Ordering::Relaxed)), [1, 1]);
    });
}

#[test]
fn a_parent_that_is_interrupted_ends_after_the_children_that_it_had_by_then() {
    model(|| {
        let fiber = Fiber::new();
        let child = spawn(&fiber, Fiber::child);
        let interrupts = spawn(&fiber, |fiber| fiber.interrupt(By::Other));
        let begun = fiber.run();
        // Whether it has ended by now.
        let ended = fiber.children.lock().unwrap().first().map(|child| child.load(Ordering::Acquire));
        interrupts.join().unwrap();
        match child.join().unwrap() {
            Some(child) => {
                assert!(!begun || ended == Some(true), "the body was dropped before its child had ended");
                assert!(child.load(Ordering::Acquire));
            }
            None => assert_eq!(ended, None),
        }
    });
}

#[test]
fn one_that_is_aborted_does_not_wait_for_its_children() {
    model(|| {
        let fiber = Fiber::new();
        assert!(fiber.child().is_some());
        fiber.signal.begin();
        // Nobody ends its child.
        assert!(fiber.signal.interrupt(By::Collection));
        assert!(!fiber.signal.is_due());
        let aborts = spawn(&fiber, |fiber| fiber.signal.abort());
        fiber.run();
        aborts.join().unwrap();
    });
}

#[test]
fn a_token_is_cancelled_by_the_interruption_or_the_end_whenever_it_came() {
    let all: [fn(&Fiber); 2] = [|fiber| fiber.interrupt(By::Other), Fiber::end];
    for over in all {
        model(move || {
            let fiber = Fiber::new();
            let ends = spawn(&fiber, over);
            fiber.have_token();
            ends.join().unwrap();
            assert_eq!(fiber.token.load(Ordering::Acquire), CANCELLED);
        });
    }
}

#[test]
fn what_failed_before_its_collection_interrupted_it_has_failed_by_itself() {
    model(|| {
        let fiber = Fiber::new();
        let interrupts = spawn(&fiber, |fiber| fiber.interrupt(By::Collection));
        let was_interrupted = fiber.signal.ends_for_collection();
        fiber.signal.begin_release();
        let for_collection = fiber.signal.ends_for_collection();
        interrupts.join().unwrap();
        assert!(for_collection || !was_interrupted);
        assert_eq!(fiber.signal.ends_for_collection(), for_collection, "it changes no more");
    });
}
