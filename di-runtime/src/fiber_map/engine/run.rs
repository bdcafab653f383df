//! The beginning of a fiber: its place, its turn, and its task.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use futures_util::FutureExt;

use super::leave::Place;
use super::{Engine, Ran, forget};
use crate::fiber::{By, FiberBody, FiberFailure, FiberId, FiberRefused, FiberScope, Gate, Node, Pass, Task, Turn};
use crate::fiber_map::ending::Ending;
use crate::fiber_map::members::{Member, Placed};
use crate::fiber_map::options::FiberOptions;
use crate::scope::Wait;

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
        let member = Member::new(hash, key, Arc::clone(&node));
        let (placed, _unused, waits) = self.with(|members| {
            let (placed, unused) = members.place(member, options.only_if_missing);
            let waits = match &placed {
                // Before anybody finds it who is not to wait for it.
                Placed::New { before, .. } if !self.settings.overlap => {
                    node.begin_turn(before, || self.lineage.scope())
                }
                _ => Vec::new(),
            };
            (placed, unused, waits)
        });
        let (replaced, before, forgotten) = match placed {
            Placed::Found(found) => return Ran::Found(found),
            Placed::Closed => return Ran::Started(Node::refused(FiberRefused::Closed)),
            Placed::New { replaced, before, forgotten } => (replaced, before, forgotten),
        };
        let pass = self.gate.as_ref().map(Gate::pass);
        let behind = (!before.is_empty() && !self.settings.overlap).then(|| Behind {
            place: (Arc::clone(self), hash, Arc::clone(&node)),
            before: Ending::begin(self, before),
            waits,
        });
        let turn = turn(behind, pass.as_ref());
        let body = body.begin(|| FiberScope::of(&node, || self.lineage.scope()).with_pass(pass.clone()));
        let place = Place { engine: Arc::clone(self), hash, propagation: options.propagation, pass };
        self.home.spawn_here(Task::new(Arc::clone(&node), place, turn, body));
        if let Some(replaced) = replaced {
            // Invariant 3.
            replaced.interrupt(By::Collection);
            if self.settings.overlap {
                // Nobody waits, and yet its time is limited.
                drop(Ending::begin(self, vec![replaced]));
            }
        }
        forget(forgotten);
        Ran::Started(node)
    }

    /// Puts a fiber under a key that was started elsewhere.
    pub(crate) fn adopt(self: &Arc<Self>, key: K, options: &FiberOptions, node: &Arc<Node<A, E>>) -> Ran<A, E> {
        let hash = self.hash(&key);
        let member = Member::started(hash, key, Arc::clone(node));
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
            Placed::New { replaced, forgotten, .. } => (replaced, forgotten),
        };
        if let Some(replaced) = replaced {
            replaced.interrupt(By::Collection);
            drop(Ending::begin(self, vec![replaced]));
        }
        let place = Place { engine: Arc::clone(self), hash, propagation: options.propagation, pass: None };
        node.observe(Arc::new(place));
        forget(forgotten);
        Ran::Started(Arc::clone(node))
    }
}

/// A fiber that begins when others of its key have ended.
struct Behind<K, A, E>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    place: (Arc<Engine<K, A, E>>, u64, Arc<Node<A, E>>),
    before: Ending<K, A, E>,
    /// That it waits for them, for all to see.
    waits: Vec<Wait>,
}

/// What a fiber waits for before it begins: those before it, and then a place. It queues up at once, in the order of starts, unless
/// there are such.
fn turn<K, A, E>(behind: Option<Behind<K, A, E>>, pass: Option<&Arc<Pass>>) -> Option<Turn>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    let Some(Behind { place: (engine, hash, node), before, waits }) = behind else {
        let queue = pass?.queue();
        return Some(queue.admitted().map(|()| true).boxed());
    };
    let pass = pass.map(Arc::clone);
    let turn = async move {
        before.over().await;
        let begins = engine.with(|members| members.begin(hash, &node));
        drop(waits);
        if let Some(pass) = pass.filter(|_| begins) {
            pass.queue().admitted().await;
        }
        begins
    };
    Some(turn.boxed())
}
