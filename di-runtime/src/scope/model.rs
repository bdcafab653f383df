//! Model checks of the state machine: every interleaving of racing closers, registrations and
//! removals.

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicUsize, Ordering};

use di_core::Exit;
use loom::sync::{Arc, Mutex};
use loom::thread;
use tokio::time::Instant;

use super::finalizer::Name;
use super::report::Outcome;
use super::state::{Entry, Machine, Next, Registration, Role};

/// How often each finalizer ran, by number.
type Runs = StdArc<[AtomicUsize; 4]>;
type Shared = Arc<Mutex<Machine<usize>>>;

fn entry(number: usize) -> Entry<usize> {
    Entry { name: Name::Given("finalizer".into()), work: number }
}

fn run(runs: &Runs, number: usize) {
    runs[number].fetch_add(1, Ordering::SeqCst);
    thread::yield_now();
}

/// What the engine's driver does, one finalizer at a time; a follower does nothing.
fn close(machine: &Shared, runs: &Runs, exit: Exit) {
    if machine.lock().unwrap().begin(&exit) == Role::Follow {
        return;
    }
    loop {
        let next = machine.lock().unwrap().next(Instant::now());
        match next {
            Next::Run { key, work, .. } => {
                run(runs, work);
                machine.lock().unwrap().finish(key, Instant::now(), Outcome::Completed);
            }
            Next::Wait => unreachable!("a sequential leader leaves nothing running"),
            Next::Closed => return,
        }
    }
}

/// What `on_close` does.
fn register(machine: &Shared, runs: &Runs, number: usize) {
    let registration = machine.lock().unwrap().register(entry(number));
    if let Registration::Refused(entry, _) = registration {
        run(runs, entry.work);
    }
}

fn assert_runs(runs: &Runs, expected: [usize; 4]) {
    let runs: Vec<_> = runs.iter().map(|runs| runs.load(Ordering::SeqCst)).collect();
    assert_eq!(runs, expected);
}

#[test]
fn racing_closers_and_a_registration_run_every_finalizer_exactly_once() {
    loom::model(|| {
        let runs = Runs::default();
        let machine = Arc::new(Mutex::new(Machine::new()));
        register(&machine, &runs, 0);
        register(&machine, &runs, 1);
        let closers = [Exit::Success, Exit::Cancelled].map(|exit| {
            let (machine, runs) = (machine.clone(), runs.clone());
            thread::spawn(move || close(&machine, &runs, exit))
        });
        register(&machine, &runs, 2);
        for closer in closers {
            closer.join().unwrap();
        }
        register(&machine, &runs, 3);
        assert_runs(&runs, [1, 1, 1, 1]);
        assert_eq!(machine.lock().unwrap().waiting(), 0);
    });
}

#[test]
fn a_registration_if_open_that_races_with_a_close_is_run_once_or_refused() {
    loom::model(|| {
        let runs = Runs::default();
        let machine = Arc::new(Mutex::new(Machine::new()));
        let closer = {
            let (machine, runs) = (machine.clone(), runs.clone());
            thread::spawn(move || close(&machine, &runs, Exit::Success))
        };
        let accepted = machine.lock().unwrap().register_if_open(entry(0)).is_ok();
        closer.join().unwrap();
        assert_runs(&runs, [usize::from(accepted), 0, 0, 0]);
    });
}

#[test]
fn an_acquire_that_ends_during_a_close_is_released_exactly_once() {
    const PLACE: usize = 0;
    const RELEASE: usize = 1;
    loom::model(|| {
        let runs = Runs::default();
        let machine = Arc::new(Mutex::new(Machine::new()));
        let place = machine.lock().unwrap().register_if_open(entry(PLACE)).ok().expect("the scope is open");
        let closer = {
            let (machine, runs) = (machine.clone(), runs.clone());
            thread::spawn(move || close(&machine, &runs, Exit::Success))
        };
        let replaced = machine.lock().unwrap().replace(place, entry(RELEASE));
        let late = replaced.is_err();
        if let Err((entry, _)) = replaced {
            run(&runs, entry.work);
        }
        closer.join().unwrap();
        assert_runs(&runs, [usize::from(late), 1, 0, 0]);
    });
}

#[test]
fn an_entry_that_is_removed_while_the_scope_closes_is_either_run_or_handed_out() {
    loom::model(|| {
        let runs = Runs::default();
        let machine = Arc::new(Mutex::new(Machine::new()));
        let key = machine.lock().unwrap().register_if_open(entry(0)).ok().expect("the scope is open");
        let closer = {
            let (machine, runs) = (machine.clone(), runs.clone());
            thread::spawn(move || close(&machine, &runs, Exit::Success))
        };
        let removed = machine.lock().unwrap().remove(key).is_some();
        closer.join().unwrap();
        assert_runs(&runs, [usize::from(!removed), 0, 0, 0]);
    });
}
