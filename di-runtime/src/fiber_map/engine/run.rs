//! The beginning of a fiber: its place, its turn, and its task.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use futures_util::FutureExt;

use super::leave::Place;
use super::{Engine, Ran, forget};
use crate::fiber::{By, FiberBody, FiberFailure, FiberId, FiberRefused, FiberScope, Gate, Node, Pass, Task};
use crate::fiber_map::ending::end_of;
use crate::fiber_map::members::{Member, Placed};
use crate::fiber_map::options::FiberOptions;

impl<K, A, E> Engine<K, A, E>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    /// Runs a body under a key, which may be made of the number of the fiber, or finds the fiber that is there.
    pub(crate) fn run<Kind, B>(
        self: &Arc<Self>,
        key: impl FnOnce(FiberId) -> K,
        options: FiberOptions,
        body: B,
    ) -> Ran<A, E>
    where
        B: FiberBody<Kind, A, E>,
    {
        if !self.home.has_runtime() {
            return Ran::Started(Node::refused(FiberRefused::NoRuntime));
        }
        let node = Node::new(options.name);
        let key = key(node.id());
        let hash = self.hash(&key);
        let body = body.under(&key);
        let member = Member { hash, key, node: Arc::clone(&node) };
        let (placed, _unused) = self.with(|members| members.place(member, options.only_if_missing));
        let (replaced, forgotten) = match placed {
            Placed::Found(found) => return Ran::Found(found),
            Placed::Closed => return Ran::Started(Node::refused(FiberRefused::Closed)),
            Placed::New { replaced, forgotten } => (replaced, forgotten),
        };
        let pass = self.gate.as_ref().map(Gate::pass);
        let after = replaced.as_ref().filter(|_| !self.settings.overlap);
        let turn = match &pass {
            None => after.map(|replaced| end_of(Arc::clone(replaced), self.settings.grace).boxed()),
            Some(pass) => Some(self.admission(Arc::clone(pass), Arc::clone(&node), after.map(Arc::clone)).boxed()),
        };
        let body = body.begin(|| FiberScope::of(&node, || self.lineage.scope()).with_pass(pass.clone()));
        let place = Place { engine: Arc::clone(self), hash, propagation: options.propagation, pass };
        self.home.spawn_here(Task::new(Arc::clone(&node), place, turn, body));
        if let Some(replaced) = replaced {
            // Invariant 3.
            replaced.interrupt(By::Collection);
        }
        forget(forgotten);
        Ran::Started(node)
    }

    /// Waits until a fiber is admitted, or is interrupted. It queues up at once, in the order of starts, unless it waits for the
    /// end of another one first.
    fn admission(
        &self,
        pass: Arc<Pass>,
        node: Arc<Node<A, E>>,
        after: Option<Arc<Node<A, E>>>,
    ) -> impl Future<Output = ()> + Send + use<K, A, E> {
        if after.is_none() {
            pass.queue();
        }
        let grace = self.settings.grace;
        async move {
            if let Some(replaced) = after {
                end_of(replaced, grace).await;
                pass.queue();
            }
            pass.admitted_unless_interrupted(node.signal()).await;
        }
    }

    /// Puts a fiber under a key that was started elsewhere.
    pub(crate) fn adopt(self: &Arc<Self>, key: K, options: &FiberOptions, node: &Arc<Node<A, E>>) -> Ran<A, E> {
        let hash = self.hash(&key);
        let member = Member { hash, key, node: Arc::clone(node) };
        let (placed, _unused) = self.with(|members| members.place(member, options.only_if_missing));
        let (replaced, forgotten) = match placed {
            Placed::Found(found) => {
                if !Arc::ptr_eq(&found, node) {
                    node.interrupt(By::Collection);
                }
                return Ran::Found(found);
            }
            Placed::Closed => {
                node.interrupt(By::Collection);
                return Ran::Started(Arc::clone(node));
            }
            Placed::New { replaced, forgotten } => (replaced, forgotten),
        };
        if let Some(replaced) = replaced {
            replaced.interrupt(By::Collection);
        }
        let place = Place { engine: Arc::clone(self), hash, propagation: options.propagation, pass: None };
        node.observe(Arc::new(place));
        forget(forgotten);
        Ran::Started(Arc::clone(node))
    }
}
