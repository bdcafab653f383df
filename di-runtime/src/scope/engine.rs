//! The engine of a scope: its state behind a lock, and the driver that runs the finalizers.
//!
//! Reading aid: `state` says which entry may run, `finalizer` how one is run; this file says when,
//! and on which task.
//!
//! 1. No code of the user runs under the lock: neither a finalizer nor the `Drop` of anything it
//!    captures. Transitions hand such values out, and they are dropped once the lock is free.
//! 2. Who leads a close hands it to the driver in the same poll, so a close that has begun always
//!    has a driver or, for the child of a closing scope, an entry that will become one.
//! 3. The driver is the only caller of `next`. If it is dropped before the end, its guard abandons
//!    the close. Either way the state becomes `Closed` before `closed` is triggered, and nobody
//!    waits for ever.
//! 4. A child stays on its parent's stack until it is closed. So a parent waits for a child that
//!    others are closing.
//! 5. Children refer to their parent weakly, and public handles are counted apart from engines. So
//!    no engine keeps itself alive, and the drop of the last handle is noticed while finalizers
//!    still refer to the engine.

use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use di_core::Exit;
use futures_util::future::{BoxFuture, select};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::finalizer::{Name, Work};
use super::home::Home;
use super::reentry::{HeldUp, ScopeId};
use super::report::{CloseError, CloseReport};
use super::state::{Entry, Key, Machine, Next, Registration, Role};

/// How many finalizers run at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Each one is awaited before the next.
    Sequential,
    /// All are started at once.
    Parallel,
}

/// What the handles of one scope share.
pub(crate) struct Engine {
    id: ScopeId,
    lineage: Vec<ScopeId>,
    order: Order,
    home: Home,
    parent: OnceLock<(Weak<Engine>, Key)>,
    machine: Mutex<Machine<Work>>,
    /// Told when an entry is registered while the scope is closing.
    registered: Notify,
    /// Triggered once the state is `Closed`.
    closed: CancellationToken,
}

impl Engine {
    pub(crate) fn root(order: Order) -> Arc<Self> {
        Self::beneath(order, &[])
    }

    /// A child, registered in its parent under `name`. It shares the fate of a parent that is
    /// closing or closed.
    pub(crate) fn fork(self: &Arc<Self>, order: Order, name: Name) -> Arc<Self> {
        let child = Self::beneath(order, &self.lineage);
        let entry = Entry { name, work: Work::Child(child.clone()) };
        match self.with(|machine| machine.register(entry)) {
            Registration::Open(key) => child.settle_under(self, key),
            Registration::Closing(key, exit) => {
                child.settle_under(self, key);
                child.with(|machine| machine.adopt(&exit));
                self.registered.notify_one();
            }
            Registration::Refused(_, exit) => {
                child.close_if_empty(&exit);
            }
        }
        child
    }

    /// A scope with these ancestors that is the child of none of them, unless it settles under one.
    pub(crate) fn beneath(order: Order, ancestors: &[ScopeId]) -> Arc<Self> {
        let id = ScopeId::fresh();
        Arc::new(Self {
            id,
            lineage: [&[id], ancestors].concat(),
            order,
            home: Home::capture(),
            parent: OnceLock::new(),
            machine: Mutex::new(Machine::new()),
            registered: Notify::new(),
            closed: CancellationToken::new(),
        })
    }

    fn settle_under(&self, parent: &Arc<Self>, key: Key) {
        // A fresh child has no parent yet, so the cell is empty.
        let _ = self.parent.set((Arc::downgrade(parent), key));
    }

    pub(crate) fn id(&self) -> ScopeId {
        self.id
    }

    pub(crate) fn lineage(&self) -> &[ScopeId] {
        &self.lineage
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    pub(crate) fn is_child(&self) -> bool {
        self.parent.get().is_some()
    }

    /// Makes one transition under the lock. What it returns is dropped by the caller, outside
    /// (invariant 1).
    pub(crate) fn with<Out>(&self, transition: impl FnOnce(&mut Machine<Work>) -> Out) -> Out {
        // Nothing that can panic runs under the lock, and each transition is complete once it
        // returns.
        transition(&mut self.machine.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Registers a finalizer, or runs it if the scope is closed already.
    pub(crate) fn add(&self, name: Name, work: Work) {
        match self.with(|machine| machine.register(Entry { name, work })) {
            Registration::Open(_) => {}
            Registration::Closing(..) => self.registered.notify_one(),
            Registration::Refused(entry, exit) => self.run_late(entry, exit),
        }
    }

    /// Closes the scope, or waits for whoever does. Does not wait where it would wait for itself.
    pub(crate) async fn close(self: &Arc<Self>, exit: Exit) {
        self.close_with(exit, |home, runtime, driver| drop(home.spawn_owned(runtime, driver))).await;
    }

    /// The same for a caller that the reaper waits for: it is the caller who says how long this may take.
    pub(crate) async fn close_as_member(self: &Arc<Self>, exit: Exit) {
        self.close_with(exit, Home::spawn_member).await;
    }

    async fn close_with(self: &Arc<Self>, exit: Exit, spawn: impl FnOnce(&Home, &Handle, BoxFuture<'static, ()>)) {
        let held_up = HeldUp::current();
        let wait = held_up.wait_for(self.id);
        if self.with(|machine| machine.begin(&exit)) == Role::Lead {
            // Invariant 2.
            match self.home.runtime_of_caller() {
                Some(runtime) => {
                    spawn(&self.home, &runtime, self.clone().drive(HeldUp::default()));
                }
                None => self.clone().drive(held_up).await,
            }
        }
        if wait.is_some() {
            self.closed.cancelled().await;
        }
    }

    /// Closes the scope within the driver of its parent, or waits for whoever closes it.
    ///
    /// No circle can be hidden here: whatever runs in a child holds up the parent as well. Only a
    /// close without a runtime, nested in the future of another, can meet a child that it is part of.
    pub(crate) async fn close_as_child(self: Arc<Self>, exit: Exit) -> Result<(), CloseError> {
        let held_up = HeldUp::current();
        let within_itself = held_up.contains(self.id);
        if self.with(|machine| machine.begin(&exit)) == Role::Lead {
            self.clone().drive(held_up).await;
        } else if !within_itself {
            self.closed.cancelled().await;
        }
        self.report().into_result()
    }

    /// Closes the scope, and stops waiting after a while. Without any runtime there is no clock,
    /// and it waits.
    pub(crate) async fn close_within(self: &Arc<Self>, exit: Exit, limit: Duration) {
        let close = self.close(exit);
        let Some(runtime) = self.home.runtime_of_caller() else {
            return close.await;
        };
        let limited = {
            let _clock = runtime.enter();
            timeout(limit, close)
        };
        // Past the limit the driver goes on without us.
        let _ = limited.await;
    }

    pub(crate) fn report(&self) -> CloseReport {
        self.with(|machine| machine.report(Instant::now()))
    }

    /// Closes the scope here and now if it is open and there is nothing to run.
    pub(super) fn close_if_empty(&self, exit: &Exit) -> bool {
        let closed = self.with(|machine| {
            let empty = machine.exit().is_none() && machine.waiting() == 0;
            empty && machine.begin(exit) == Role::Lead && matches!(machine.next(Instant::now()), Next::Closed)
        });
        if closed {
            self.conclude();
        }
        closed
    }

    /// The future that runs all finalizers, for the leader only (invariant 3). On a task of its own
    /// it holds up nothing but this scope and its ancestors; nested in a future, also what that does.
    pub(super) fn drive(self: Arc<Self>, held_up: HeldUp) -> BoxFuture<'static, ()> {
        let held_up = held_up.and(&self.lineage);
        // Made before the first poll: a runtime that is shutting down drops the future unpolled.
        let driver = Driver(self);
        held_up.during(async move { driver.run().await }).boxed()
    }

    /// Whether the close is over.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    /// What follows every way into `Closed` (invariants 3 and 4).
    pub(super) fn conclude(&self) {
        if let Some((parent, key)) = self.parent.get()
            && let Some(parent) = parent.upgrade()
        {
            drop(parent.with(|machine| machine.remove(*key)));
        }
        self.closed.cancel();
    }
}

/// The one who runs the finalizers of a closing scope.
struct Driver(Arc<Engine>);

impl Driver {
    async fn run(&self) {
        let engine = &self.0;
        let mut running = FuturesUnordered::new();
        loop {
            while running.is_empty() || engine.order == Order::Parallel {
                match engine.with(|machine| machine.next(Instant::now())) {
                    Next::Run { key, work, exit } => running.push(async move {
                        let outcome = work.perform(exit).await;
                        engine.with(|machine| machine.finish(key, Instant::now(), outcome));
                    }),
                    Next::Wait => break,
                    Next::Closed => return engine.conclude(),
                }
            }
            // A parallel scope starts what is registered meanwhile; a sequential one finds it at
            // the next turn.
            select(running.next(), pin!(engine.registered.notified())).await;
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
