//! What the handles of one fiber, its task and its collection share.

use std::borrow::Cow;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use tokio::sync::Notify;

use super::exit::{FiberExit, FiberRefused};
use super::signal::{By, Signal};
use crate::scope::Wait;
use crate::{Scope, lock};

/// The number of a fiber, which no other one has in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiberId(u64);

impl FiberId {
    fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for FiberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who is told of the end of a fiber, beside the collection that it was started in.
pub(crate) trait Observer<A, E: ?Sized>: Send + Sync {
    fn ended(&self, node: &Arc<Node<A, E>>);
}

type Observers<A, E> = Vec<Arc<dyn Observer<A, E>>>;

/// One fiber.
pub(crate) struct Node<A, E: ?Sized> {
    id: FiberId,
    name: Option<Cow<'static, str>>,
    signal: Signal,
    /// Set once, after the fiber has left its collection.
    exit: OnceLock<FiberExit<A, E>>,
    /// Told when the exit is there, and when the body is ready.
    changed: Notify,
    /// The task that runs it, by which a wait for itself is recognized.
    task: OnceLock<tokio::task::Id>,
    /// What the body acquired, if it took a scope.
    scope: OnceLock<Scope>,
    observers: Mutex<Observers<A, E>>,
}

impl<A, E: ?Sized> Node<A, E> {
    pub(crate) fn new(name: Option<Cow<'static, str>>) -> Arc<Self> {
        Arc::new(Self {
            id: FiberId::fresh(),
            name,
            signal: Signal::default(),
            exit: OnceLock::new(),
            changed: Notify::new(),
            task: OnceLock::new(),
            scope: OnceLock::new(),
            observers: Mutex::default(),
        })
    }

    /// A fiber that never ran.
    pub(crate) fn refused(why: FiberRefused) -> Arc<Self> {
        let node = Self::new(None);
        node.settle(FiberExit::Refused(why));
        node.tell();
        node
    }

    pub(crate) fn id(&self) -> FiberId {
        self.id
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(crate) fn signal(&self) -> &Signal {
        &self.signal
    }

    pub(crate) fn exit(&self) -> Option<&FiberExit<A, E>> {
        self.exit.get()
    }

    pub(crate) fn scope(&self) -> Option<&Scope> {
        self.scope.get()
    }

    /// Gives the fiber a scope, before it begins.
    pub(crate) fn set_scope(&self, scope: Scope) {
        // It is given once.
        let _ = self.scope.set(scope);
    }

    /// Remembers the task that runs it.
    pub(crate) fn runs_here(&self) {
        if let Some(task) = tokio::task::try_id() {
            // It runs on one task.
            let _ = self.task.set(task);
        }
    }

    /// Sets the exit; nobody is told yet.
    pub(crate) fn settle(&self, exit: FiberExit<A, E>) {
        // A fiber ends once.
        let _ = self.exit.set(exit);
    }

    /// Tells everybody that the exit is there.
    pub(crate) fn tell(self: &Arc<Self>) {
        if self.signal.end() {
            let observers = std::mem::take(&mut *lock(&self.observers));
            observers.iter().for_each(|observer| observer.ended(self));
        }
        self.changed.notify_waiters();
    }

    /// Has an observer told of the end, which may be at once.
    pub(crate) fn observe(self: &Arc<Self>, observer: Arc<dyn Observer<A, E>>) {
        let ended = {
            let mut observers = lock(&self.observers);
            observers.push(Arc::clone(&observer));
            self.signal.be_observed() && {
                observers.pop();
                true
            }
        };
        if ended {
            observer.ended(self);
        }
    }

    pub(crate) fn be_ready(&self) {
        if self.signal.be_ready() {
            self.changed.notify_waiters();
        }
    }

    pub(crate) fn interrupt(&self, by: By) {
        self.signal.interrupt(by);
    }

    /// Waits for the end.
    pub(crate) async fn ended(&self) -> &FiberExit<A, E> {
        self.until(|| self.exit.get()).await
    }

    /// Waits until the body is ready, or has ended: `Ok` if it is ready.
    pub(crate) async fn ready(&self) -> Result<(), &FiberExit<A, E>> {
        let ready = || match self.exit.get() {
            _ if self.signal.is_ready() => Some(Ok(())),
            exit => exit.map(Err),
        };
        self.until(ready).await
    }

    async fn until<Out>(&self, reached: impl Fn() -> Option<Out>) -> Out {
        loop {
            if let Some(out) = reached() {
                return out;
            }
            let mut changed = pin!(self.changed.notified());
            // What changes from here on wakes it.
            changed.as_mut().enable();
            if let Some(out) = reached() {
                return out;
            }
            changed.await;
        }
    }

    /// Begins a wait for the end; `None` if it would wait for itself, as this is the body, or a finalizer that the end waits for.
    pub(crate) fn begin_wait(&self) -> Option<Option<Wait>> {
        if self.exit.get().is_some() {
            return Some(None);
        }
        if self.task.get().is_some_and(|task| tokio::task::try_id() == Some(*task)) {
            return None;
        }
        self.begin_wait_of_owner()
    }

    /// The same for one who has interrupted it: the body is no obstacle then.
    pub(crate) fn begin_wait_of_owner(&self) -> Option<Option<Wait>> {
        match self.scope.get() {
            Some(scope) => scope.begin_wait().map(Some),
            None => Some(None),
        }
    }
}

impl<A, E: ?Sized> fmt::Debug for Node<A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fiber")
            .field("id", &self.id.number())
            .field("name", &self.name)
            .field("interrupted", &self.signal.is_interrupted())
            .field("ended", &self.exit.get().is_some())
            .finish_non_exhaustive()
    }
}
