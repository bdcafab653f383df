//! Model checks of what others ask of a fiber, and of admission: the code that runs, with the atomics and locks of the model.
//!
//! The task around a signal is left out but for this: it goes to sleep as a task does, and what it is asked for, it does.

#[path = "gate.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "what is checked is the code that runs, with other atomics")]
mod gate;
#[path = "signal.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "what is checked is the code that runs, with other atomics")]
mod signal;

mod admitting;
mod asking;

use std::sync::Arc;
use std::task::{Wake, Waker};

/// What a signal and a gate are made of here.
mod sync {
    pub(super) use loom::sync::atomic::{AtomicU16, Ordering};
    pub(super) use loom::sync::{Mutex, MutexGuard};

    pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().expect("nothing panics under this lock")
    }
}

/// Whoever sleeps until a waker wakes it.
struct Sleeper {
    woken: loom::sync::Mutex<bool>,
    changed: loom::sync::Condvar,
}

impl Sleeper {
    fn new() -> (Arc<Self>, Waker) {
        let sleeper = Arc::new(Self { woken: loom::sync::Mutex::new(false), changed: loom::sync::Condvar::new() });
        (Arc::clone(&sleeper), Waker::from(sleeper))
    }

    /// Sleeps, unless it has been woken since it last slept. One whom nobody wakes is a deadlock, which the model finds.
    fn sleep(&self) {
        let mut woken = self.woken.lock().unwrap();
        while !std::mem::take(&mut *woken) {
            woken = self.changed.wait(woken).unwrap();
        }
    }
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        *self.woken.lock().unwrap() = true;
        self.changed.notify_one();
    }
}

/// Every interleaving in which no thread is interrupted more often than this; most races need one interruption or two.
fn model(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(run);
}
