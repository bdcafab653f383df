//! What the handles of one fiber, its task and its collection share.

mod waits;

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::attached::{Attached, Children, Family};
use super::exit::{FiberExit, FiberRefused};
use super::id::FiberId;
use super::signal::{By, Signal};
use super::watch::Watch;
use crate::caught::attempt;
use crate::{Scope, lock};

/// Who is told of the end of a fiber, beside the collection that it was started in.
pub(crate) trait Observer<A, E: ?Sized>: Send + Sync {
    fn ended(&self, node: &Arc<Node<A, E>>);
}

/// One fiber.
pub(crate) struct Node<A, E: ?Sized> {
    id: FiberId,
    signal: Signal,
    /// Set once, after the fiber has left its collection.
    exit: OnceLock<FiberExit<A, E>>,
    /// Told when the exit is there, and when the body is ready.
    changed: Notify,
    extras: OnceLock<Box<Extras<A, E>>>,
}

/// What only few fibers have.
struct Extras<A, E: ?Sized> {
    name: Option<Cow<'static, str>>,
    /// What the body acquired, if it took a scope.
    scope: OnceLock<Scope>,
    attached: Attached<A, E>,
    /// What its supervision tells, if it is supervised.
    watch: OnceLock<Arc<Watch>>,
}

impl<A, E: ?Sized> Extras<A, E> {
    fn new(name: Option<Cow<'static, str>>) -> Box<Self> {
        Box::new(Self { name, scope: OnceLock::new(), attached: Attached::default(), watch: OnceLock::new() })
    }
}

thread_local! {
    /// The number of the fiber whose body this thread is running, by which a wait for itself is recognized.
    static RUNNING: Cell<u64> = const { Cell::new(0) };
}

impl<A, E: ?Sized> Node<A, E> {
    pub(crate) fn new(name: Option<Cow<'static, str>>) -> Arc<Self> {
        let extras = name.map_or_else(OnceLock::new, |name| OnceLock::from(Extras::new(Some(name))));
        let (signal, exit, changed) = (Signal::default(), OnceLock::new(), Notify::new());
        Arc::new(Self { id: FiberId::fresh(), signal, exit, changed, extras })
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
        self.extras.get()?.name.as_deref()
    }

    pub(crate) fn signal(&self) -> &Signal {
        &self.signal
    }

    pub(crate) fn exit(&self) -> Option<&FiberExit<A, E>> {
        self.exit.get()
    }

    pub(crate) fn scope(&self) -> Option<&Scope> {
        self.extras.get()?.scope.get()
    }

    fn extras(&self) -> &Extras<A, E> {
        self.extras.get_or_init(|| Extras::new(None))
    }

    /// The scope of the fiber, made like this if it has none.
    pub(crate) fn scope_or(&self, make: impl FnOnce() -> Scope) -> &Scope {
        self.extras().scope.get_or_init(make)
    }

    pub(super) fn family(&self) -> &Family {
        self.extras().attached.family.get_or_init(Family::new)
    }

    /// The children of this type, of a fiber whose scope is made like this if it has none.
    pub(crate) fn children<C: Children>(&self, scope: impl FnOnce() -> Scope) -> C {
        self.family().of(&self.signal, self.scope_or(scope))
    }

    /// The end of the children, if there are any: it begins when it is polled.
    pub(super) fn children_end(&self) -> Option<impl Future<Output = ()> + Send + use<A, E>> {
        Some(self.extras.get()?.attached.family.get()?.ended())
    }

    /// A token that is cancelled when the fiber is interrupted, or has ended.
    pub(crate) fn token(&self) -> &CancellationToken {
        let token = self.extras().attached.token.get_or_init(CancellationToken::new);
        if self.signal.have_token() {
            token.cancel();
        }
        token
    }

    pub(crate) fn watch(&self) -> Option<&Arc<Watch>> {
        self.extras.get()?.watch.get()
    }

    /// Notes that the fiber is supervised. If that is so twice, one within the other, the outer one counts.
    pub(crate) fn be_watched(&self, watch: Arc<Watch>) {
        let _ = self.extras().watch.set(watch);
    }

    /// Polls the body of the fiber, or whatever runs as it.
    pub(crate) fn running<Out>(&self, poll: impl FnOnce() -> Out) -> Out {
        let around = RUNNING.replace(self.id.0);
        let out = poll();
        RUNNING.set(around);
        out
    }

    /// Whether this is the body of the fiber.
    pub(crate) fn runs_here(&self) -> bool {
        RUNNING.get() == self.id.0
    }

    /// Sets the exit; nobody is told yet.
    pub(crate) fn settle(&self, exit: FiberExit<A, E>) {
        // A fiber ends once.
        let _ = self.exit.set(exit);
    }

    /// Tells everybody that the exit is there.
    pub(crate) fn tell(self: &Arc<Self>) {
        let told = self.signal.end();
        if told.observed
            && let Some(extras) = self.extras.get()
        {
            attempt("what is told of the end of a fiber", || self.tell_attached(extras));
        }
        if told.awaited {
            self.changed.notify_waiters();
        }
    }

    fn tell_attached(self: &Arc<Self>, extras: &Extras<A, E>) {
        let attached = &extras.attached;
        let observers = std::mem::take(&mut *lock(&attached.observers));
        observers.iter().for_each(|observer| observer.ended(self));
        if let Some(token) = attached.token.get() {
            token.cancel();
        }
        // Children that came as the body ended have not been waited for.
        if attached.family.get().is_some()
            && let Some(scope) = self.scope()
        {
            scope.give_up();
        }
    }

    /// Has an observer told of the end, which may be at once.
    pub(crate) fn observe(self: &Arc<Self>, observer: Arc<dyn Observer<A, E>>) {
        let ended = {
            let mut observers = lock(&self.extras().attached.observers);
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

    /// Interrupts the fiber: its children first, if it has any.
    pub(crate) fn interrupt(self: &Arc<Self>, by: By)
    where
        A: Send + Sync + 'static,
        E: Send + Sync + 'static,
    {
        if self.signal.interrupt(by)
            && let Some(Extras { attached, .. }) = self.extras.get().map(|extras| &**extras)
        {
            if let Some(token) = attached.token.get() {
                token.cancel();
            }
            if let Some(family) = attached.family.get().filter(|_| self.signal.is_parent()) {
                family.end(self);
            }
        }
    }
}

impl<A, E: ?Sized> fmt::Debug for Node<A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fiber")
            .field("id", &self.id.number())
            .field("name", &self.name())
            .field("interrupted", &self.signal.is_interrupted())
            .field("ended", &self.exit.get().is_some())
            .finish_non_exhaustive()
    }
}
