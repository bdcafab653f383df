//! The engine of a collection: its members behind a lock, the tasks of its fibers, and the waits for their ends.
//!
//! 1. A fiber is among the members before its task is spawned, and whatever becomes of that task takes it out.
//! 2. Nothing of the user runs under the lock but `Eq` and `Clone` of keys, while nothing is changed: bodies, keys and exits are dropped outside.
//! 3. An interruption is told outside of the lock, after the fiber has left `current`, so that its finalizers may use the
//!    collection.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use di_core::SharedError;
use futures_util::FutureExt;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::ending::Ending;
use super::error::FibersStuck;
use super::expiry::Served;
use super::members::{Left, Member, Members, Phase, Placed, Until};
use super::options::{FiberOptions, Propagation};
use super::retained::Retention;
use super::status::FiberStatus;
use crate::fiber::{
    AnyError, By, Children, Fiber, FiberBody, FiberError, FiberExit, FiberFailure, FiberId, FiberRefused, FiberScope,
    Gate, Limits, Membership, Node, Observer, Pass, Task,
};
use crate::scope::{HeldUp, Home, Lineage, Place as ScopePlace, Wait};
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
}

/// A request to run something.
pub(crate) enum Ran<A, E: ?Sized> {
    Started(Arc<Node<A, E>>),
    Found(Arc<Node<A, E>>),
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
        let replaced = match placed {
            Placed::Found(found) => return Ran::Found(found),
            Placed::Closed => return Ran::Started(Node::refused(FiberRefused::Closed)),
            Placed::New { replaced, forgotten } => {
                drop(forgotten);
                replaced
            }
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
        match placed {
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
            Placed::New { replaced, forgotten } => {
                drop(forgotten);
                if let Some(replaced) = replaced {
                    replaced.interrupt(By::Collection);
                }
            }
        }
        let place = Place { engine: Arc::clone(self), hash, propagation: options.propagation, pass: None };
        node.observe(Arc::new(place));
        Ran::Started(Arc::clone(node))
    }

    /// Interrupts the fiber of a key, and waits for it and for older ones of the key.
    pub(crate) async fn remove<Q: Eq + Hash + ?Sized>(self: &Arc<Self>, key: &Q) -> Option<Arc<Node<A, E>>>
    where
        K: Borrow<Q>,
    {
        let hash = self.hash(key);
        let (was_there, nodes, forgotten) =
            self.with(|members| (members.find(hash, key).cloned(), members.take(hash, key), members.forget(hash, key)));
        drop(forgotten);
        self.end(nodes).await;
        was_there
    }

    /// The children of the fiber of a key.
    pub(crate) fn children<Q: Eq + Hash + ?Sized, C: Children>(&self, key: &Q) -> Option<C>
    where
        K: Borrow<Q>,
    {
        let hash = self.hash(key);
        let node = self.with(|members| members.find(hash, key).cloned())?;
        Some(node.children(|| self.lineage.scope()))
    }

    /// Interrupts all fibers, and waits for them.
    pub(crate) async fn clear(self: &Arc<Self>) {
        let (nodes, forgotten) = self.with(|members| (members.take_all(), members.forget_all()));
        self.forgotten(forgotten);
        self.end(nodes).await;
    }

    /// Takes nothing any more, interrupts all fibers, and waits for them; an error if some did not end.
    pub(crate) async fn close(self: &Arc<Self>) -> Result<(), FibersStuck> {
        let nodes = self.begin_close();
        let names = self.end(nodes).await;
        if names.is_empty() { Ok(()) } else { Err(FibersStuck { collection: self.settings.name, names }) }
    }

    /// Takes nothing any more, and interrupts all fibers; those that have not ended.
    pub(crate) fn begin_close(&self) -> Vec<Arc<Node<A, E>>> {
        let (nodes, forgotten) = self.with(|members| (members.begin_close(), members.forget_all()));
        self.forgotten(forgotten);
        nodes.iter().for_each(|node| node.interrupt(By::Collection));
        if nodes.is_empty()
            && let Some(place) = self.place.get()
        {
            place.leave();
        }
        self.changed.notify_waiters();
        nodes
    }

    /// Drops what was retained, all of it.
    fn forgotten(&self, retained: Vec<Arc<Member<K, A, E>>>) {
        if !retained.is_empty() {
            self.emptied.notify_waiters();
        }
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

    /// The keys and fibers there are now.
    pub(crate) fn snapshot(&self) -> Vec<(K, Fiber<A, E>)>
    where
        K: Clone,
    {
        self.with(|members| {
            members.current().map(|member| (member.key.clone(), Fiber::of(Arc::clone(&member.node)))).collect()
        })
    }

    /// Interrupts these fibers and waits for them; the names of those that did not end.
    async fn end(self: &Arc<Self>, nodes: Vec<Arc<Node<A, E>>>) -> Vec<String> {
        nodes.iter().for_each(|node| node.interrupt(By::Collection));
        Ending::begin(self, nodes).end().await
    }

    /// Waits for the first failure of a fiber, if failures are asked for, or for what is waited for.
    pub(crate) async fn wait(&self, until: Until, failures: bool) -> Result<(), Arc<Member<K, A, E>>> {
        let mut member = MemberThatWaits::here(self, until);
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let reached = self.with(|members| match members.failure() {
                Some(failure) if failures => Some(Err(Arc::clone(failure))),
                _ => {
                    members.be_awaited();
                    let over = match &mut member {
                        Some(member) => member.is_over(members),
                        None => members.is_over(until),
                    };
                    over.then_some(Ok(()))
                }
            });
            if let Some(result) = reached {
                return result;
            }
            changed.await;
        }
    }

    /// The name of a fiber for reports: the one it was given, or its key.
    pub(super) fn name_of(&self, node: &Arc<Node<A, E>>) -> String {
        match node.name() {
            Some(name) => name.to_owned(),
            None => self.with(|members| members.key_of(node).map(|key| format!("{key:?}"))).unwrap_or_default(),
        }
    }

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
        let error: SharedError = match node.exit() {
            Some(FiberExit::Failure(error)) => E::share(error),
            Some(FiberExit::Panicked(message)) => Arc::new(FiberError::<AnyError>::Panicked(Arc::clone(message))),
            _ => return,
        };
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

/// Waits for the end of the fiber that was replaced; it is aborted if it takes too long.
async fn end_of<A, E: ?Sized>(replaced: Arc<Node<A, E>>, grace: Option<Duration>) {
    if !ended(std::slice::from_ref(&replaced), grace).await {
        replaced.signal().abort();
        replaced.ended().await;
    }
}

/// Waits for these fibers, at most so long; whether they ended. Those that wait for the caller are left out.
pub(super) async fn ended<A, E: ?Sized>(nodes: &[Arc<Node<A, E>>], limit: Option<Duration>) -> bool {
    let all = async {
        for node in nodes {
            if let Some(_wait) = node.begin_wait_of_owner() {
                node.ended().await;
            }
        }
    };
    match limit {
        None => {
            all.await;
            true
        }
        Some(limit) => timeout_at(Instant::now() + limit, all).await.is_ok(),
    }
}

/// A member that waits for its own collection: it does not wait for itself, nor for others that do the same.
struct MemberThatWaits<'a, K, A, E: ?Sized> {
    engine: &'a Engine<K, A, E>,
    fiber: FiberId,
    until: Until,
    /// Whether it is a finalizer, whose waits others know of.
    finalizes: bool,
    waits: Vec<Wait>,
}

impl<'a, K, A, E: ?Sized> MemberThatWaits<'a, K, A, E> {
    fn here(engine: &'a Engine<K, A, E>, until: Until) -> Option<Self> {
        let held_up = HeldUp::current();
        let mut members = lock(&engine.members);
        let fiber = members.all().find(|member| member.node.is_here(&held_up))?.node.id();
        members.begin_wait(fiber, until);
        drop(members);
        engine.changed.notify_waiters();
        Some(Self { engine, fiber, until, finalizes: !held_up.is_empty(), waits: Vec::new() })
    }
}

impl<K, A, E: ?Sized> MemberThatWaits<'_, K, A, E> {
    fn is_over(&mut self, members: &Members<K, A, E>) -> bool {
        let mut waits = Vec::new();
        let over = members.is_over_for_member(self.until, |other| match other.begin_wait_of_owner() {
            _ if !self.finalizes => false,
            // It waits for this one.
            None => true,
            Some(wait) => {
                waits.extend(wait);
                false
            }
        });
        self.waits = waits;
        over
    }
}

impl<K, A, E: ?Sized> Drop for MemberThatWaits<'_, K, A, E> {
    fn drop(&mut self) {
        lock(&self.engine.members).end_wait(self.fiber, self.until);
    }
}

/// The place of a fiber in a collection.
pub(crate) struct Place<K, A, E: ?Sized> {
    engine: Arc<Engine<K, A, E>>,
    hash: u64,
    propagation: Propagation,
    pass: Option<Arc<Pass>>,
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
}

impl<K, A, E> Observer<A, E> for Place<K, A, E>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    fn ended(&self, node: &Arc<Node<A, E>>) {
        self.engine.leave(self, node, None);
    }
}
