//! The end of a fiber in its collection: it leaves, and what its failure comes to.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use super::close::interrupt;
use super::{Engine, forget, name_of};
use crate::Scope;
use crate::caught::attempt;
use crate::fiber::{FiberExit, FiberFailure, Membership, Node, Observer, Pass};
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
        let (left, critical, closed) = self.with(|members| {
            if let Some(exit) = exit {
                node.settle(exit);
            }
            let critical = node.exit().is_some_and(|exit| place.propagation.ends_application(node, exit))
                && members.phase() == Phase::Open;
            let fails = node.exit().is_some_and(|exit| place.propagation.fails(node, exit))
                || critical && self.settings.shutdown.is_none();
            (members.leave(place.hash, node, fails), critical, members.phase() == Phase::Closed)
        });
        let Left { member, pushed_out, expires, changed, failed } = left;
        if let Some(pass) = &place.pass {
            pass.leave();
        }
        if critical {
            let name = name_of(node, member.as_deref());
            // A failure is printed there.
            attempt("the failure of a critical fiber", || self.end_application(name, node));
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
            interrupt(&others);
            drop(Ending::begin(self, others));
        }
        if closed && let Some(place) = self.place.get() {
            place.leave();
        }
        if changed {
            self.changed.notify_waiters();
        }
        forget(member);
        forget(pushed_out);
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
            FiberExit::Failure(_) => self.failure && !node.signal().ends_for_collection(),
            // That is a bug, or something that was not released: it is told whoever ended the fiber.
            FiberExit::Panicked(_) => self.failure,
            FiberExit::Interrupted => self.interruption && !node.signal().ends_for_collection(),
        }
    }

    /// Whether the application ends with the fiber. It can go on without one that a collection has ended, on purpose.
    fn ends_application<A, E: ?Sized>(self, node: &Node<A, E>, exit: &FiberExit<A, E>) -> bool {
        self.critical && exit.is_failure() && !node.signal().ends_for_collection()
    }
}
