//! A world of generated layers: everything that happens in it is written down, and it says when something shall go wrong.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::family::{Instance, NAMES};

/// The place of a resource among those of its instance.
pub type Place = usize;

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A constructor was called, and handed these instances.
    Begun { instance: Instance, node: usize, needs: Vec<Instance> },
    /// It began to acquire a resource.
    Acquiring { instance: Instance, place: Place },
    /// It has acquired it.
    Acquired { instance: Instance, place: Place },
    /// Its service is there.
    Built { instance: Instance },
    /// It ran no more, whether it made a service or not.
    Ended { instance: Instance },
    /// The finalizer of a resource was called; `fails` says how that will end.
    Closing { instance: Instance, place: Place, exit: String, fails: bool },
    /// The finalizer came to its end.
    Closed { instance: Instance, place: Place },
}

/// How a constructor does not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Fail,
    Panic,
    Hang,
}

/// Clones share one world.
#[derive(Clone, Default)]
pub struct World(Arc<State>);

#[derive(Default)]
struct State {
    events: Mutex<Vec<Event>>,
    faults: Mutex<HashMap<usize, Fault>>,
    instances: AtomicUsize,
}

impl World {
    pub fn say(&self, event: Event) {
        lock(&self.0.events).push(event);
    }

    pub fn events(&self) -> Vec<Event> {
        lock(&self.0.events).clone()
    }

    pub fn new_instance(&self) -> Instance {
        self.0.instances.fetch_add(1, Ordering::Relaxed)
    }

    /// From now on this node goes wrong.
    pub fn breaks(&self, node: usize, fault: Fault) {
        lock(&self.0.faults).insert(node, fault);
    }

    /// From now on nothing goes wrong.
    pub fn heals(&self) {
        lock(&self.0.faults).clear();
    }

    pub fn fault(&self, node: usize) -> Option<Fault> {
        lock(&self.0.faults).get(&node).copied()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begun { instance, node, needs } => write!(f, "{} begins as #{instance} of {needs:?}", NAMES[*node]),
            Self::Acquiring { instance, place } => write!(f, "#{instance} acquires {place}"),
            Self::Acquired { instance, place } => write!(f, "#{instance} has {place}"),
            Self::Built { instance } => write!(f, "#{instance} is built"),
            Self::Ended { instance } => write!(f, "#{instance} has ended"),
            Self::Closing { instance, place, exit, .. } => write!(f, "#{instance} releases {place}: {exit}"),
            Self::Closed { instance, place } => write!(f, "#{instance} has released {place}"),
        }
    }
}
