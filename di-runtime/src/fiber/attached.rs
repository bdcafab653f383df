//! What only some fibers have: those who watch it, children, and a token.

use std::any::Any;
use std::sync::{Arc, Mutex, OnceLock};

use di_core::BoxFuture;
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::node::{Node, Observer};
use super::signal::Signal;
use crate::scope::{Home, ScopeId};
use crate::{Scope, lock};

pub(crate) struct Attached<A, E: ?Sized> {
    pub(super) observers: Mutex<Vec<Arc<dyn Observer<A, E>>>>,
    pub(super) family: OnceLock<Family>,
    pub(super) token: OnceLock<CancellationToken>,
}

impl<A, E: ?Sized> Default for Attached<A, E> {
    fn default() -> Self {
        Self { observers: Mutex::default(), family: OnceLock::new(), token: OnceLock::new() }
    }
}

/// A collection whose fibers are the children of a fiber.
pub(crate) trait Children: Clone + Any + Send + Sync {
    /// A collection that this scope closes.
    fn make(scope: &Scope) -> Self;

    /// Takes nothing any more, interrupts all, and waits for them.
    fn end(&self) -> BoxFuture<()>;

    /// Whether nothing is taken any more.
    fn is_over(&self) -> bool;
}

/// The collections that a fiber has, one of a type.
pub(super) struct Family {
    /// With the scopes that they were made in: each run of a supervised fiber has its own.
    collections: Mutex<Vec<(ScopeId, Box<dyn Collection>)>>,
    home: Home,
}

trait Collection: Send + Sync {
    fn end(&self) -> BoxFuture<()>;
    fn is_over(&self) -> bool;
    fn as_any(&self) -> &dyn Any;
}

impl<C: Children> Collection for C {
    fn end(&self) -> BoxFuture<()> {
        Children::end(self)
    }

    fn is_over(&self) -> bool {
        Children::is_over(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Family {
    pub(super) fn new() -> Self {
        Self { collections: Mutex::default(), home: Home::capture() }
    }

    /// The collection of this type, made in the scope of the fiber when it is first asked for.
    pub(super) fn of<C: Children>(&self, signal: &Signal, scope: &Scope) -> C {
        let mut collections = lock(&self.collections);
        let here = collections.iter().filter(|(within, _)| *within == scope.identity());
        if let Some(found) = here.filter_map(|(_, collection)| collection.as_any().downcast_ref::<C>()).next() {
            return found.clone();
        }
        let made = C::make(scope);
        if signal.be_parent() {
            // Those of earlier runs have ended with those runs.
            let (over, left) = collections.drain(..).partition(|(_, collection)| collection.is_over());
            *collections = left;
            collections.push((scope.identity(), Box::new(made.clone())));
            drop(collections);
            drop::<Vec<_>>(over);
        } else {
            // It is polled to the point where nothing is taken any more; nothing has been.
            drop(collections);
            let _ = made.end().now_or_never();
        }
        made
    }

    /// Ends all children.
    pub(super) fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        let ends: Vec<_> = lock(&self.collections).iter().map(|(_, collection)| collection.end()).collect();
        join_all(ends).map(drop)
    }

    /// Ends all children, and has their parent hear of its own interruption then.
    pub(super) fn end<A, E>(&self, parent: &Arc<Node<A, E>>)
    where
        A: Send + Sync + 'static,
        E: Send + Sync + ?Sized + 'static,
    {
        let childless = Childless(Arc::clone(parent));
        let ended = self.ended();
        let Some(runtime) = self.home.runtime_of_caller() else { return };
        drop(self.home.spawn_owned(&runtime, async move {
            ended.await;
            drop(childless);
        }));
    }
}

/// Says so when it is dropped: in the end, or by a runtime that goes away.
struct Childless<A, E: ?Sized>(Arc<Node<A, E>>);

impl<A, E: ?Sized> Drop for Childless<A, E> {
    fn drop(&mut self) {
        self.0.signal().be_childless();
    }
}
