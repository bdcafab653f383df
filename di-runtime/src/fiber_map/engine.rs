//! The engine of a collection: its members behind a lock, the tasks of its fibers, and the waits for their ends.
//!
//! 1. A fiber is among the members before its task is spawned, and whatever becomes of that task takes it out.
//! 2. Nothing of the user runs under the lock but `Eq` and `Clone` of keys, while nothing is changed: bodies, keys and exits are
//!    dropped outside, and keys are printed there.
//! 3. An interruption is told outside of the lock, after the fiber has left `current`, so that its finalizers may use the
//!    collection.

mod close;
mod leave;
mod run;
mod wait;

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;

use super::members::{Member, Members};
use super::retained::Retention;
use super::status::FiberStatus;
use crate::caught::attempt;
use crate::fiber::{Children, Fiber, FiberFailure, Gate, Limits, Node, name_of_key};
use crate::scope::{Home, Lineage, Place as ScopePlace};
use crate::unfinished::Overdue;
use crate::{Scope, Shutdown, lock};

/// What all fibers of a collection have in common.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(super) name: &'static str,
    pub(super) overlap: bool,
    pub(super) fail_fast: bool,
    pub(super) grace: Option<Duration>,
    pub(super) limits: Limits,
    pub(super) retention: Retention,
    /// That of the application that a critical fiber ends.
    pub(super) shutdown: Option<Shutdown>,
}

pub(crate) struct Engine<K, A, E: ?Sized> {
    pub(super) settings: Settings,
    hasher: RandomState,
    members: Mutex<Members<K, A, E>>,
    /// Told when nothing runs any more, at the first failure, and when the collection is closed.
    changed: Notify,
    lineage: Lineage,
    /// The finalizer of the scope, which closes the collection.
    place: OnceLock<ScopePlace>,
    pub(super) home: Home,
    /// Where fibers wait for their turn, if that is limited.
    gate: Option<Arc<Gate>>,
    /// Told when nothing is retained any more.
    emptied: Arc<Notify>,
    /// Those that are not waited for any more, and are being released.
    overdue: Overdue,
}

/// A request to run something.
pub(crate) enum Ran<A, E: ?Sized> {
    Started(Arc<Node<A, E>>),
    Found(Arc<Node<A, E>>),
}

/// Drops what has left the members, each by itself: keys and values are code of the user, and may panic.
pub(super) fn forget<Gone>(gone: impl IntoIterator<Item = Gone>) {
    gone.into_iter().for_each(|gone| attempt("the drop of the key or of the result of a fiber", || drop(gone)));
}

impl<K, A, E: ?Sized> Engine<K, A, E> {
    /// Makes one transition under the lock (invariant 2).
    pub(crate) fn with<Out>(&self, transition: impl FnOnce(&mut Members<K, A, E>) -> Out) -> Out {
        transition(&mut lock(&self.members))
    }
}

impl<K, A, E> Engine<K, A, E>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    pub(crate) fn new(mut settings: Settings, scope: &Scope) -> Arc<Self> {
        settings.shutdown = settings.shutdown.or_else(Shutdown::current);
        let engine = Arc::new(Self {
            gate: Gate::new(settings.limits),
            members: Mutex::new(Members::new(settings.retention)),
            emptied: Arc::default(),
            overdue: Overdue::default(),
            settings,
            hasher: RandomState::new(),
            changed: Notify::new(),
            lineage: scope.lineage(),
            place: OnceLock::new(),
            home: Home::capture(),
        });
        let weak = Arc::downgrade(&engine);
        let close = async move |_exit| match weak.upgrade() {
            Some(engine) => engine.close().await,
            None => Ok(()),
        };
        match scope.enlist(engine.settings.name, close) {
            // It is enlisted once.
            Some(place) => drop(engine.place.set(place)),
            None => drop(engine.begin_close()),
        }
        engine
    }

    pub(crate) fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.hasher.hash_one(key)
    }

    /// The children of the fiber of a key.
    pub(crate) fn children<Q: Eq + Hash + ?Sized, C: Children>(&self, key: &Q) -> Option<C>
    where
        K: Borrow<Q>,
    {
        let hash = self.hash(key);
        let node = self.with(|members| {
            let node = members.find(hash, key)?;
            // Who replaces it finds the scope.
            node.scope_or(|| self.lineage.scope());
            Some(Arc::clone(node))
        })?;
        Some(node.children(|| self.lineage.scope()))
    }

    /// What became of the fiber of a key.
    pub(crate) fn status<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> FiberStatus<A, E>
    where
        K: Borrow<Q>,
    {
        let hash = self.hash(key);
        self.with(|members| match (members.find(hash, key), members.find_retained(hash, key)) {
            (Some(node), _) => FiberStatus::Running(Fiber::of(Arc::clone(node))),
            (None, Some(node)) => FiberStatus::Finished(Fiber::of(Arc::clone(node))),
            (None, None) => FiberStatus::Missing,
        })
    }

    /// The keys and fibers there are now.
    pub(crate) fn snapshot(&self) -> Vec<(K, Fiber<A, E>)>
    where
        K: Clone,
    {
        self.with(|members| {
            members.current().map(|member| (member.key.clone(), Fiber::of(Arc::clone(&member.node)))).collect()
        })
    }

    /// The names of those of these fibers, which were taken out, that have not ended.
    pub(super) fn names_of<'a>(&self, nodes: impl IntoIterator<Item = &'a Arc<Node<A, E>>>) -> Vec<String> {
        let left = nodes.into_iter().filter_map(|node| Some((node, self.with(|members| members.share_leaving(node))?)));
        // Invariant 2: keys are printed outside.
        left.map(|(node, member)| name_of(node, Some(&member))).collect()
    }
}

/// The name of a fiber for reports: the one it was given, or its key.
fn name_of<K: fmt::Debug, A, E: ?Sized>(node: &Node<A, E>, member: Option<&Member<K, A, E>>) -> String {
    match (node.name(), member) {
        (Some(name), _) => name.to_owned(),
        (None, Some(member)) => name_of_key(&member.key),
        (None, None) => format!("fiber {}", node.id()),
    }
}
