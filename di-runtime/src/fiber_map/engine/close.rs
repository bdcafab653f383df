//! The end of fibers that others want gone: of one key, of all of them, and of the collection.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Weak};

use super::{Engine, forget, name_of};
use crate::Scope;
use crate::fiber::{By, FiberFailure, Node};
use crate::fiber_map::ending::Ending;
use crate::fiber_map::error::FibersStuck;
use crate::fiber_map::members::{Member, Phase};
use crate::unfinished::Unfinished;

impl<K, A, E> Engine<K, A, E>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    /// Interrupts the fiber of a key, and waits for it and for older ones of the key.
    pub(crate) async fn remove<Q: Eq + Hash + ?Sized>(self: &Arc<Self>, key: &Q) -> Option<Arc<Node<A, E>>>
    where
        K: Borrow<Q>,
    {
        let hash = self.hash(key);
        let (was_there, nodes, forgotten) =
            self.with(|members| (members.find(hash, key).cloned(), members.take(hash, key), members.forget(hash, key)));
        interrupt(&nodes);
        forget(forgotten);
        Ending::begin(self, nodes).end().await;
        was_there
    }

    /// Interrupts all fibers, and waits for them.
    pub(crate) async fn clear(self: &Arc<Self>) {
        let (nodes, forgotten) = self.with(|members| (members.take_all(), members.forget_all()));
        interrupt(&nodes);
        self.forgotten(forgotten);
        Ending::begin(self, nodes).end().await;
    }

    /// Takes nothing any more, interrupts all fibers, and waits for them; an error if some did not end.
    pub(crate) async fn close(self: &Arc<Self>) -> Result<(), FibersStuck> {
        let nodes = self.begin_close();
        let mut names = Ending::begin(self, nodes).end().await;
        names.extend(self.overdue.names());
        if names.is_empty() { Ok(()) } else { Err(FibersStuck { collection: self.settings.name, names }) }
    }

    /// A fiber of this collection is not waited for any more, and its release goes on.
    pub(super) fn note_overdue(&self, node: &Arc<Node<A, E>>, scope: &Scope) {
        let fiber = self.names_of([node]).pop().unwrap_or_else(|| name_of::<K, A, E>(node, None));
        let collection = self.settings.name;
        tracing::warn!(collection, fiber, "a fiber was not released in its grace period; nobody waits for it any more");
        if let Some(reaper) = self.home.reaper() {
            reaper.closing().overdue().add(fiber.clone(), scope.clone());
        }
        self.overdue.add(fiber, scope.clone());
    }

    /// Takes nothing any more, and interrupts all fibers; those that have not ended.
    pub(crate) fn begin_close(self: &Arc<Self>) -> Vec<Arc<Node<A, E>>> {
        let (nodes, forgotten) = self.with(|members| (members.begin_close(), members.forget_all()));
        interrupt(&nodes);
        match (nodes.is_empty(), self.place.get(), self.home.reaper()) {
            (true, Some(place), _) => place.leave(),
            (false, _, Some(reaper)) => {
                let closing: Weak<Self> = Arc::downgrade(self);
                reaper.closing().add(closing);
            }
            _ => {}
        }
        self.changed.notify_waiters();
        self.forgotten(forgotten);
        nodes
    }

    /// Nobody waits for these any more. If a close has waited for no others, it is over.
    pub(in crate::fiber_map) fn stop_waiting_for(&self, stuck: &[Arc<Node<A, E>>]) {
        let over = self.with(|members| members.end_close(|node| stuck.iter().any(|other| Arc::ptr_eq(node, other))));
        if over {
            self.changed.notify_waiters();
        }
    }

    /// Drops what was retained, all of it.
    fn forgotten(&self, retained: Vec<Arc<Member<K, A, E>>>) {
        if !retained.is_empty() {
            self.emptied.notify_waiters();
            forget(retained);
        }
    }

    /// What is done when nobody has a handle any more.
    pub(crate) fn give_up(self: &Arc<Self>) {
        let was_open = self.with(|members| members.phase()) == Phase::Open;
        let nodes = self.begin_close();
        if was_open && !nodes.is_empty() {
            tracing::warn!(
                collection = self.settings.name,
                fibers = nodes.len(),
                "a collection of fibers was dropped open; they are interrupted"
            );
            // Nobody waits, and yet their time is limited.
            drop(Ending::begin(self, nodes));
        }
    }
}

/// Interrupts fibers for the sake of their collection.
pub(super) fn interrupt<A, E>(nodes: &[Arc<Node<A, E>>])
where
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    nodes.iter().for_each(|node| node.interrupt(By::Collection));
}

impl<K, A, E> Unfinished for Engine<K, A, E>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    fn names(&self) -> Vec<String> {
        let left: Vec<_> = self.with(|members| members.all().map(|member| Arc::clone(&member.node)).collect());
        self.names_of(&left)
    }
}
