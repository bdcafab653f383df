//! Model checks of the phases of a memo entry: the interleavings of a build with those who wait, leave, hold and join.

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use super::state::{Duty, Joined, Phase};

/// What the engine puts around a phase, and what the model keeps an eye on.
struct Entry {
    phase: Mutex<Phase>,
    changed: Condvar,
    seen: StdArc<Seen>,
}

#[derive(Default)]
struct Seen {
    cancelled: AtomicBool,
    holders: AtomicUsize,
    releases: AtomicUsize,
}

/// How the constructor ends, if nobody cancels it.
#[derive(Clone, Copy)]
enum Construction {
    Succeeds,
    Fails,
}

/// What a waiter was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Held,
    Failed,
}

/// How a waiter left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// It was too late for that.
    Answered(Answer),
    /// Others wait still.
    ToOthers,
    /// It was the last one, and the build is gone.
    Cancelled,
}

impl Entry {
    fn change<Out>(&self, transition: impl FnOnce(&mut Phase) -> Out) -> Out {
        let out = transition(&mut self.phase.lock().unwrap());
        self.changed.notify_all();
        out
    }

    fn reached(&self, there: impl Fn(Phase) -> bool) -> Phase {
        let mut phase = self.phase.lock().unwrap();
        while !there(*phase) {
            phase = self.changed.wait(phase).unwrap();
        }
        *phase
    }

    fn let_go(&self) {
        assert_eq!(self.seen.holders.load(Ordering::SeqCst), 0, "something is released while somebody holds it");
        self.seen.releases.fetch_add(1, Ordering::SeqCst);
        self.change(Phase::settle);
    }

    /// What the task of the entry does: it has acquired something, which is released once, whatever happens.
    fn build(&self, construction: Construction) {
        let cancelled = self.seen.cancelled.load(Ordering::SeqCst);
        match construction {
            Construction::Succeeds if !cancelled => match self.change(Phase::finish) {
                Duty::Release => self.let_go(),
                duty => assert_eq!(duty, Duty::None),
            },
            _ => {
                self.change(Phase::fail);
                self.let_go();
            }
        }
    }

    /// A waiter that waits.
    fn wait(&self) -> Answer {
        match self.reached(Phase::is_answered) {
            Phase::Built { .. } => Answer::Held,
            Phase::Failed => Answer::Failed,
            phase => panic!("somebody who waits finds {phase:?}"),
        }
    }

    /// A waiter that waits, holds what was built, and gives it back.
    fn wait_and_release(&self) -> Answer {
        let answer = self.wait();
        if answer == Answer::Held {
            self.seen.holders.fetch_add(1, Ordering::SeqCst);
            self.release();
        }
        answer
    }

    fn release(&self) {
        assert_eq!(self.seen.releases.load(Ordering::SeqCst), 0, "what is held has been released");
        self.seen.holders.fetch_sub(1, Ordering::SeqCst);
        match self.change(Phase::release) {
            Duty::Release => self.let_go(),
            duty => assert_eq!(duty, Duty::None),
        }
    }

    /// A waiter that leaves a build which is under way, and waits for its end if it was the last; once the build is done
    /// or has failed, it waits for the answer like one that stays.
    fn abandon(&self) -> Left {
        let left = self.change(|phase| match phase {
            Phase::Building { .. } => Some(phase.leave()),
            _ => None,
        });
        match left {
            None => return Left::Answered(self.wait_and_release()),
            Some(Duty::Cancel) => self.seen.cancelled.store(true, Ordering::SeqCst),
            Some(duty) => {
                assert_eq!(duty, Duty::None);
                return Left::ToOthers;
            }
        }
        assert!(self.reached(Phase::is_over).is_over());
        assert_eq!(self.seen.releases.load(Ordering::SeqCst), 1, "it left before everything was released");
        Left::Cancelled
    }

    /// A waiter that is dropped, and waits for nothing.
    fn drop_interest(&self) {
        match self.change(Phase::leave) {
            Duty::None => {}
            Duty::Release => self.let_go(),
            Duty::Cancel => self.seen.cancelled.store(true, Ordering::SeqCst),
        }
    }

    fn join(&self) -> Joined {
        self.change(Phase::join)
    }
}

/// An entry with this many waiters.
fn entry(waiters: usize) -> (Arc<Entry>, StdArc<Seen>) {
    let seen = StdArc::<Seen>::default();
    let entry = Entry { phase: Mutex::new(Phase::new()), changed: Condvar::new(), seen: seen.clone() };
    for _ in 1..waiters {
        assert_eq!(entry.join(), Joined::AsWaiter);
    }
    (Arc::new(entry), seen)
}

fn spawn<Out: 'static>(entry: &Arc<Entry>, part: impl FnOnce(&Entry) -> Out + 'static) -> thread::JoinHandle<Out> {
    let entry = entry.clone();
    thread::spawn(move || part(&entry))
}

/// Every interleaving in which no thread is interrupted more often than this; most races need one interruption or two.
fn model(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(run);
}

fn assert_released_once(entry: &Entry, seen: &Seen) {
    assert!(entry.phase.lock().unwrap().is_over());
    assert_eq!(seen.releases.load(Ordering::SeqCst), 1);
}

#[test]
fn a_waiter_that_stays_holds_what_is_built_though_another_one_leaves() {
    for leave in [|entry: &Entry| assert_ne!(entry.abandon(), Left::Cancelled), Entry::drop_interest] {
        model(move || {
            let (entry, seen) = entry(2);
            let build = spawn(&entry, |entry| entry.build(Construction::Succeeds));
            let leaves = spawn(&entry, leave);
            assert_eq!(entry.wait_and_release(), Answer::Held);
            leaves.join().unwrap();
            build.join().unwrap();
            assert!(!seen.cancelled.load(Ordering::SeqCst));
            assert_released_once(&entry, &seen);
        });
    }
}

#[test]
fn a_failure_is_told_after_the_release_to_who_stays_and_to_who_leaves_too_late() {
    model(|| {
        let (entry, seen) = entry(2);
        let build = spawn(&entry, |entry| entry.build(Construction::Fails));
        let leaves = spawn(&entry, Entry::abandon);
        assert_eq!(entry.wait(), Answer::Failed);
        assert_eq!(seen.releases.load(Ordering::SeqCst), 1);
        assert!(matches!(leaves.join().unwrap(), Left::ToOthers | Left::Answered(Answer::Failed)));
        build.join().unwrap();
        assert_released_once(&entry, &seen);
    });
}

#[test]
fn when_all_leave_the_build_is_cancelled_once_or_released_once() {
    for construction in [Construction::Succeeds, Construction::Fails] {
        model(move || {
            let (entry, seen) = entry(2);
            let build = spawn(&entry, move |entry| entry.build(construction));
            let other = spawn(&entry, Entry::abandon);
            let left = [entry.abandon(), other.join().unwrap()];
            build.join().unwrap();
            assert_ne!(left, [Left::Cancelled; 2]);
            assert_ne!(left, [Left::ToOthers; 2]);
            assert_eq!(seen.cancelled.load(Ordering::SeqCst), left.contains(&Left::Cancelled));
            assert_released_once(&entry, &seen);
        });
    }
}

#[test]
fn when_all_are_dropped_the_build_is_cancelled_or_released_once() {
    model(|| {
        let (entry, seen) = entry(2);
        let build = spawn(&entry, |entry| entry.build(Construction::Succeeds));
        let other = spawn(&entry, Entry::drop_interest);
        entry.drop_interest();
        other.join().unwrap();
        build.join().unwrap();
        assert_released_once(&entry, &seen);
    });
}

#[test]
fn who_joins_while_the_last_one_leaves_is_served_or_turned_away() {
    model(|| {
        let (entry, seen) = entry(1);
        let build = spawn(&entry, |entry| entry.build(Construction::Succeeds));
        let leaves = spawn(&entry, Entry::abandon);
        match entry.join() {
            Joined::TooLate => {}
            Joined::AsWaiter => assert_eq!(entry.wait_and_release(), Answer::Held),
            Joined::AsHolder => {
                seen.holders.fetch_add(1, Ordering::SeqCst);
                entry.release();
            }
        }
        leaves.join().unwrap();
        build.join().unwrap();
        assert_released_once(&entry, &seen);
    });
}

#[test]
fn the_last_of_several_holders_releases_once() {
    model(|| {
        let (entry, seen) = entry(2);
        entry.build(Construction::Succeeds);
        let other = spawn(&entry, Entry::wait_and_release);
        let late = spawn(&entry, |entry| {
            if entry.join() == Joined::AsHolder {
                entry.seen.holders.fetch_add(1, Ordering::SeqCst);
                entry.release();
            }
        });
        assert_eq!(entry.wait_and_release(), Answer::Held);
        other.join().unwrap();
        late.join().unwrap();
        assert_released_once(&entry, &seen);
    });
}
