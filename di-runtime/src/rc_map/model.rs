//! Model checks of the word of an entry: the interleavings of those who acquire, release, leave, expire, detach and force.
//!
//! The engine around the word is left out but for this: whoever is told to release does so, and what is released is not
//! held by anybody who was not forced.

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;

use super::state::{Acquired, Duty, Phase, Queues, Turn, WhenIdle, Word};

const QUEUED: WhenIdle = WhenIdle::Stay(Queues::EXPIRY);

struct Entry {
    word: AtomicU64,
    /// The moment of the last release, in a clock that only this model reads.
    since: AtomicU64,
    when_idle: WhenIdle,
    seen: StdArc<Seen>,
}

#[derive(Default)]
struct Seen {
    holders: AtomicUsize,
    forced: AtomicUsize,
    releases: AtomicUsize,
    cancels: AtomicUsize,
    /// How often it was put into the queue, less how often it was taken out.
    queued: AtomicUsize,
}

impl Entry {
    fn step<Out>(&self, transition: impl Fn(Word) -> (Word, Out)) -> Out {
        loop {
            let bits = self.word.load(Ordering::Acquire);
            let (next, out) = transition(Word::of_bits(bits));
            let exchanged = self.word.compare_exchange(bits, next.bits(), Ordering::AcqRel, Ordering::Acquire);
            if next.bits() == bits || exchanged.is_ok() {
                return out;
            }
        }
    }

    fn word(&self) -> Word {
        Word::of_bits(self.word.load(Ordering::Acquire))
    }

    fn discharge(&self, duty: Duty) {
        match duty {
            Duty::Release => {
                let forced = self.seen.forced.load(SeqCst) > 0;
                assert!(forced || self.seen.holders.load(SeqCst) == 0, "released while somebody holds it");
                assert_eq!(self.seen.releases.fetch_add(1, SeqCst), 0, "released twice");
                let _ = self.step(|word| word.settle(false));
            }
            Duty::Cancel => {
                self.seen.cancels.fetch_add(1, SeqCst);
            }
            Duty::Idle(queues) if queues.contains(Queues::EXPIRY) => {
                assert_eq!(self.seen.queued.fetch_add(1, SeqCst), 0, "it is in the queue twice");
            }
            Duty::Idle(_) | Duty::None | Duty::Forget => {}
        }
    }

    /// Acquires, uses and releases it, if it is there.
    fn borrow(&self) -> bool {
        let held = matches!(self.step(Word::acquire), Acquired::Held { .. });
        if held {
            self.seen.holders.fetch_add(1, SeqCst);
            self.give_back();
        }
        held
    }

    fn give_back(&self) {
        let forced = self.seen.forced.load(SeqCst) > 0;
        assert!(forced || self.seen.releases.load(SeqCst) == 0, "what is held was released");
        // Before the step, as the next one may release it at once.
        self.seen.holders.fetch_sub(1, SeqCst);
        self.since.store(1, Ordering::Relaxed);
        let duty = self.step(|word| word.release(self.when_idle));
        self.discharge(duty);
    }

    /// Its turn in the queue comes; whether it was released. What was used since goes back.
    fn expire(&self) -> bool {
        loop {
            let word = self.word();
            let (next, release) = match word.turn(Queues::EXPIRY) {
                Turn::Out(next) => (next, false),
                Turn::Idle(_) if self.since.load(Ordering::Relaxed) > 0 => return false,
                Turn::Idle(next) => (next, true),
            };
            // It is out of the queue before anybody can see that it is.
            let queued = self.seen.queued.swap(0, SeqCst);
            if self.word.compare_exchange(word.bits(), next.bits(), Ordering::AcqRel, Ordering::Acquire).is_ok() {
                if release {
                    self.discharge(Duty::Release);
                }
                return release;
            }
            self.seen.queued.store(queued, SeqCst);
        }
    }

    fn force(&self) {
        self.seen.forced.fetch_add(1, SeqCst);
        let duty = self.step(Word::force);
        self.discharge(duty);
    }

    fn detach(&self) {
        let duty = self.step(Word::detach);
        self.discharge(duty);
    }

    fn leave(&self) {
        let duty = self.step(|word| word.leave(self.when_idle));
        self.discharge(duty);
    }

    fn finish(&self) {
        let duty = self.step(Word::finish);
        self.discharge(duty);
    }
}

fn entry(word: Word, when_idle: WhenIdle) -> (Arc<Entry>, StdArc<Seen>) {
    let seen = StdArc::<Seen>::default();
    let entry = Entry { word: AtomicU64::new(word.bits()), since: AtomicU64::new(0), when_idle, seen: seen.clone() };
    (Arc::new(entry), seen)
}

/// One that is built, and held once.
fn held(when_idle: WhenIdle) -> (Arc<Entry>, StdArc<Seen>) {
    let (entry, seen) = entry(Word::new().finish().0, when_idle);
    seen.holders.store(1, SeqCst);
    (entry, seen)
}

/// One that is built, and idle, and in the queue.
fn idle() -> (Arc<Entry>, StdArc<Seen>) {
    let (entry, seen) = entry(Word::new().finish().0.release(QUEUED).0, QUEUED);
    seen.queued.store(1, SeqCst);
    (entry, seen)
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

#[test]
fn who_acquires_while_the_last_one_releases_holds_it_or_is_too_late() {
    model(|| {
        let (entry, seen) = held(WhenIdle::Release);
        let others = [spawn(&entry, Entry::borrow), spawn(&entry, Entry::borrow)];
        entry.give_back();
        for other in others {
            other.join().unwrap();
        }
        assert_eq!((seen.releases.load(SeqCst), entry.word().phase()), (1, Phase::Gone));
    });
}

#[test]
fn one_that_expires_as_it_is_acquired_is_held_or_gone() {
    model(|| {
        let (entry, seen) = idle();
        let borrows = spawn(&entry, Entry::borrow);
        let expires = spawn(&entry, Entry::expire);
        let (borrowed, expired) = (borrows.join().unwrap(), expires.join().unwrap());
        assert!(borrowed != expired || !expired, "what was used has expired at the time that it had before");
        assert_eq!(seen.releases.load(SeqCst), usize::from(expired));
        if !expired {
            assert_eq!(entry.word().count(), 0);
        }
    });
}

#[test]
fn one_that_is_released_as_its_turn_comes_is_in_the_queue_once() {
    model(|| {
        let (entry, seen) = idle();
        assert!(matches!(entry.step(Word::acquire), Acquired::Held { .. }));
        seen.holders.store(1, SeqCst);
        let turn = spawn(&entry, Entry::expire);
        entry.give_back();
        assert!(!turn.join().unwrap());
        // It is idle now, and somebody has to release it one day.
        assert_eq!((entry.word().count(), seen.queued.load(SeqCst)), (0, 1));
    });
}

#[test]
fn one_that_is_detached_is_released_once_after_its_last_holder() {
    for when_idle in [WhenIdle::Release, QUEUED] {
        model(move || {
            let (entry, seen) = held(when_idle);
            let detaches = spawn(&entry, Entry::detach);
            let borrows = spawn(&entry, Entry::borrow);
            entry.give_back();
            detaches.join().unwrap();
            borrows.join().unwrap();
            assert_eq!((seen.releases.load(SeqCst), entry.word().phase()), (1, Phase::Gone));
        });
    }
}

#[test]
fn one_that_is_forced_is_released_once_whoever_holds_it() {
    for when_idle in [WhenIdle::Release, QUEUED] {
        model(move || {
            let (entry, seen) = held(when_idle);
            let forces = spawn(&entry, Entry::force);
            let other = spawn(&entry, |entry| {
                entry.borrow();
                entry.detach();
            });
            entry.give_back();
            forces.join().unwrap();
            other.join().unwrap();
            assert_eq!((seen.releases.load(SeqCst), entry.word().phase()), (1, Phase::Gone));
        });
    }
}

#[test]
fn when_all_leave_a_build_is_cancelled_once_or_released_once() {
    model(|| {
        let (entry, seen) = entry(Word::new(), WhenIdle::Release);
        assert_eq!(entry.step(Word::acquire), Acquired::Waiting);
        let builds = spawn(&entry, Entry::finish);
        let leaves = spawn(&entry, Entry::leave);
        entry.leave();
        builds.join().unwrap();
        leaves.join().unwrap();
        // A build that was cancelled and has made something all the same releases it.
        assert_eq!(seen.releases.load(SeqCst), 1);
        assert!(seen.cancels.load(SeqCst) <= 1);
    });
}

#[test]
fn a_build_that_is_closed_over_is_ended_once() {
    model(|| {
        let (entry, seen) = entry(Word::new(), WhenIdle::Release);
        let builds = spawn(&entry, Entry::finish);
        let forces = spawn(&entry, Entry::force);
        entry.leave();
        builds.join().unwrap();
        forces.join().unwrap();
        assert_eq!(seen.releases.load(SeqCst), 1);
        assert!(seen.cancels.load(SeqCst) <= 1);
    });
}

#[test]
fn of_two_that_take_the_last_place_of_the_counter_one_is_told() {
    let mut word = Word::new().finish().0.release(QUEUED).0;
    let mut full = 0;
    for _ in 0..4 {
        let (next, acquired) = word.acquire();
        full += usize::from(acquired == Acquired::Held { full: true });
        word = next.release(QUEUED).0;
    }
    assert_eq!((full, word.acquires(), word.count()), (0, 4, 0));
    let last = Word::of_bits(word.bits() | u64::MAX << 34);
    let (next, acquired) = last.acquire();
    assert_eq!((acquired, next.acquires(), next.count()), (Acquired::Held { full: true }, 0, 1));
    assert_eq!(next.phase(), Phase::Present);
}
