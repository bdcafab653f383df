//! The end of a fiber in its collection: it leaves, and what its failure comes to.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use super::Engine;
use crate::Scope;
use crate::fiber::{By, FiberExit, FiberFailure, Membership, Node, Observer, Pass};
use crate::fiber_map::ending::Ending;
use crate::fiber_map::expiry::Served;
use crate::fiber_map::members::{Left, Members, Phase};
use crate::fiber_map::options::Propagation;

/// The place of a fiber in a collection.
pub(crate) struct Place<K, A, E: ?Sized> {
    pub(super) engine: Arc<Engine<K, A, E>>,
    pub(super) hash: u64,
    pub(super) propagation: Propagation,
    pub(super) pass: Option<Arc<Pass>>,
}

impl<K, A, E> Membership<A, E> for Place<K, A, E>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    fn leave(&self, node: &Arc<Node<A, E>>, exit: FiberExit<A, E>) {
        self.engine.leave(self, node, Some(exit));
    }

    fn overdue(&self, node: &Arc<Node<A, E>>, scope: &Scope) {
        self.engine.note_overdue(node, scope);
    }
}

impl<K, A, E> Observer<A, E> for Place<K, A, E>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    fn ended(&self, node: &Arc<Node<A, E>>) {
        if let Some(scope) = node.overdue() {
            self.engine.note_overdue(node, scope);
        }
        self.engine.leave(self, node, None);
    }
}

impl<K, A, E> Engine<K, A, E>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    fn leave(self: &Arc<Self>, place: &Place<K, A, E>, node: &Arc<Node<A, E>>, exit: Option<FiberExit<A, E>>) {
        let failed = exit.as_ref().or_else(|| node.exit()).is_some_and(FiberExit::is_failure);
        // It is found as long as the fiber is a member.
        let critical = (failed && place.propagation.critical).then(|| self.name_of(node));
        let (left, was_open, closed) = self.with(|members| {
            if let Some(exit) = exit {
                node.settle(exit);
            }
            let fails = node.exit().is_some_and(|exit| place.propagation.fails(node, exit))
                || critical.is_some() && self.settings.shutdown.is_none();
            let was_open = members.phase() == Phase::Open;
            (members.leave(place.hash, node, fails), was_open, members.phase() == Phase::Closed)
        });
        let Left { member, pushed_out, expires, changed, failed } = left;
        drop((member, pushed_out));
        if let (true, Some(name)) = (was_open, critical) {
            self.end_application(name, node);
        }
        if let Some(pass) = &place.pass {
            pass.leave();
        }
        if expires {
            let service = Served::of(self).serve(Arc::clone(&self.emptied));
            // Without a runtime it is dropped, and another end begins it anew.
            if let Some(runtime) = self.home.runtime_of_caller() {
                self.home.spawn_member(&runtime, service);
            }
        }
        if failed && self.settings.fail_fast {
            let others = self.with(Members::take_all);
            others.iter().for_each(|node| node.interrupt(By::Collection));
            drop(Ending::begin(self, others));
        }
        if closed && let Some(place) = self.place.get() {
            place.leave();
        }
        if changed {
            self.changed.notify_waiters();
        }
    }

    /// A critical fiber has failed.
    fn end_application(&self, name: String, node: &Node<A, E>) {
        let Some(error) = node.exit().and_then(FiberExit::failure) else { return };
        match &self.settings.shutdown {
            Some(shutdown) => shutdown.fail(name, error),
            None => tracing::error!(
                collection = self.settings.name,
                fiber = name,
                %error,
                "a critical fiber failed, and there is no application to shut down"
            ),
        }
    }
}

impl Propagation {
    fn fails<A, E: ?Sized>(self, node: &Node<A, E>, exit: &FiberExit<A, E>) -> bool {
        match exit {
            FiberExit::Success(_) | FiberExit::Refused(_) => false,
            // A body that fails as its children end for the sake of the collection is not a failure of that.
            FiberExit::Failure(_) => self.failure && !node.signal().ended_for_collection(),
            FiberExit::Panicked(_) => self.failure,
            FiberExit::Interrupted => self.interruption && !node.signal().is_interrupted_by_collection(),
        }
    }
}
