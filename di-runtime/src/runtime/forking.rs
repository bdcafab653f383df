//! Fibers that belong to a runtime.

use std::sync::Arc;

use di_core::set::{Here, ServiceSet, SubsetOf};
use di_core::{EffectInputs, EffectSource};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{Inner, ManagedRuntime};
use crate::fiber::{AnyError, Fiber, FiberExit, FiberOutput, FiberRefused, Membership, Node, Task};
use crate::host::Run;
use crate::names::Named;
use crate::scope::Home;
use crate::{FiberOptions, Scope, Shutdown};

impl<Out: ServiceSet> ManagedRuntime<Out> {
    /// Runs an effect in the background, as a fiber that the runtime owns: a shutdown interrupts it, and waits until it has
    /// released what it acquired, before it releases the layers.
    ///
    /// The handle may be dropped. What the effect cannot do without has to be in the runtime, as for
    /// [`run`](ManagedRuntime::run), and the first use builds it. A build that fails is the failure of the fiber. A fiber that is
    /// forked when the shutdown has begun never runs: [`FiberExit::Refused`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Queue { name: String }
    /// #[layer]
    /// fn queue() -> Queue { Queue { name: "mails".into() } }
    ///
    /// #[effect]
    /// async fn deliver(queue: Inject<Queue>) {
    ///     println!("delivers what is in {}", queue.name);
    ///     std::future::pending().await
    /// }
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let runtime = ManagedRuntime::new(queue());
    /// let delivery = runtime.fork(deliver());
    /// runtime.shutdown(Duration::from_secs(25)).await?;
    /// assert!(delivery.is_finished());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[doc(alias = "runFork")]
    pub fn fork<Kind, A, E>(&self, effect: E) -> Fiber<A>
    where
        Kind: 'static,
        A: Send + Sync + 'static,
        E: EffectSource<Kind, Output: FiberOutput<A, AnyError>> + Send + 'static,
        E::Needs: SubsetOf<Out, Here>,
    {
        self.fork_with(FiberOptions::new(), effect)
    }

    /// Runs an effect in the background, as [`fork`](ManagedRuntime::fork) does, under a [name](FiberOptions::name) or as
    /// something [critical](FiberOptions::critical): its failure shuts the application down. The other options say how a fiber
    /// is in a collection, and mean nothing here.
    pub fn fork_with<Kind, A, E>(&self, options: FiberOptions, effect: E) -> Fiber<A>
    where
        Kind: 'static,
        A: Send + Sync + 'static,
        E: EffectSource<Kind, Output: FiberOutput<A, AnyError>> + Send + 'static,
        E::Needs: SubsetOf<Out, Here>,
    {
        Fiber::of(self.owner.inner.fork(options, effect))
    }
}

impl Inner {
    fn fork<Kind, A, E>(self: &Arc<Self>, options: FiberOptions, effect: E) -> Arc<Node<A, AnyError>>
    where
        Kind: 'static,
        A: Send + Sync + 'static,
        E: EffectSource<Kind, Output: FiberOutput<A, AnyError>> + Send + 'static,
    {
        let Some(runtime) = Home::capture().runtime_of_caller() else { return Node::refused(FiberRefused::NoRuntime) };
        // The shutdown waits for this token: it is taken first, and then the look at the beginning of the shutdown.
        let running = self.running.token();
        if self.stopped.is_cancelled() {
            return Node::refused(FiberRefused::Closed);
        }
        let (name, critical) = options.for_runtime();
        let name = name.unwrap_or_else(|| std::any::type_name::<E>().into());
        let node = Node::new(Some(name.clone()));
        let scope = node.scope_or(|| self.reaper.within(Scope::new)).clone();
        let (inner, stopped) = (Arc::clone(self), self.stopped.clone());
        let body = async move {
            let body = async {
                let services = match inner.ready().await {
                    Ok(services) => services,
                    Err(error) => return FiberExit::Failure(Arc::new(error) as Arc<AnyError>),
                };
                let host = Run::within(scope, inner.map.fork(), inner.shutdown.for_background());
                match effect.start(EffectInputs::new(services, host)).await {
                    Ok(out) => out.into_exit(),
                    Err(error) => FiberExit::Failure(Arc::new(error)),
                }
            };
            stopped.run_until_cancelled(body).await.unwrap_or(FiberExit::Interrupted)
        };
        let critical = critical.then(|| self.shutdown.clone());
        let named = self.names.begin(name);
        let task = Task::new(
            Arc::clone(&node),
            Forked { critical, _named: named, _running: running, _inner: Arc::clone(self) },
            None,
            body,
        );
        drop(runtime.spawn(self.reaper.enter(task)));
        node
    }
}

/// The place of a fiber in its runtime.
struct Forked {
    critical: Option<Shutdown>,
    _named: Named,
    _running: TaskTrackerToken,
    /// The layers stay until it has released what it acquired.
    _inner: Arc<Inner>,
}

impl<A: Send + Sync + 'static> Membership<A, AnyError> for Forked {
    fn leave(&self, node: &Arc<Node<A, AnyError>>, exit: FiberExit<A, AnyError>) {
        node.settle(exit);
        let failure = node.exit().and_then(FiberExit::failure);
        if let (Some(shutdown), Some(error)) = (&self.critical, failure) {
            shutdown.fail(node.name().unwrap_or_default().to_owned(), error);
        }
    }
}
