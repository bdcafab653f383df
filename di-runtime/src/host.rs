//! What an effect runs on: the scope of its run, and the layers it is provided with.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use di_core::effect::{Host, Provided};
use di_core::layer::{Argument, ArgumentSource, Node};
use di_core::set::{Empty, Member, Satisfied, Set};
use di_core::{BoxFuture, BuildError, Effect, EffectInputs, EffectSource, Exit, RunError, ServiceMap, SharedError};

use crate::build::build;
use crate::memo::MemoMap;
use crate::{Scope, Shutdown};

/// One run of an effect, or the part of it that is inside of a `provide`.
pub(crate) struct Run {
    map: MemoMap,
    /// Made when it is asked for.
    scope: OnceLock<Scope>,
    shutdown: Shutdown,
}

impl Run {
    pub(crate) fn new(map: MemoMap, shutdown: Shutdown) -> Arc<Self> {
        Arc::new(Self { map, scope: OnceLock::new(), shutdown })
    }

    /// Runs an effect to its end, and closes the scope of the run.
    ///
    /// If the future is dropped, so is the scope, and what it holds is released in the background.
    pub(crate) async fn run<Kind, E: EffectSource<Kind>>(
        self: Arc<Self>,
        effect: E,
        services: Arc<ServiceMap>,
    ) -> Result<E::Output, RunError> {
        let host = Arc::clone(&self) as Arc<dyn Host>;
        let result = effect.start(EffectInputs::new(services, host)).await;
        let Some(scope) = self.scope.get() else { return result };
        let exit = match &result {
            Ok(_) => Exit::Success,
            Err(error) => Exit::Failure(Arc::new(error.clone())),
        };
        let closed = scope.close(exit).await;
        result.and_then(|out| closed.map(|()| out).map_err(|error| RunError::Release(Arc::new(error))))
    }
}

impl Host for Run {
    fn provide(self: Arc<Self>, node: Arc<Node>, services: Arc<ServiceMap>) -> BoxFuture<Result<Provided, BuildError>> {
        Box::pin(async move {
            let (map, scope) = (self.map.fork(), Scope::new());
            let built = build(&node, (*services).clone(), &map, &scope, None).await?;
            let host = Arc::new(Self { map, scope: OnceLock::new(), shutdown: self.shutdown.clone() });
            // The part inside has the scope of the whole run, so that a scope the effect asks for outlives its layers' users.
            let _ = host.scope.set(self.run_scope());
            let release = move |exit| -> BoxFuture<Result<(), SharedError>> {
                Box::pin(async move { scope.close(exit).await.map_err(|error| Arc::new(error) as SharedError) })
            };
            Ok(Provided { services: built.services, host, release: Box::new(release) })
        })
    }

    fn scope(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::new(self.run_scope())
    }

    fn shutdown(&self) -> Arc<dyn Any + Send + Sync> {
        self.shutdown.be_watched();
        Arc::new(self.shutdown.clone())
    }
}

impl Run {
    fn run_scope(&self) -> Scope {
        self.scope.get_or_init(Scope::new).clone()
    }
}

/// Runs effects that need nothing.
pub trait EffectExt<Out, In> {
    /// Runs the effect.
    ///
    /// It does not compile while a service is missing (DI0001).
    ///
    /// # Errors
    ///
    /// A layer that the effect was provided with could not be built, or not be released. What the effect itself returns,
    /// a `Result` included, is the value in `Ok`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the effect, and releases what it was provided with in the background.
    fn run(self) -> BoxFuture<Result<Out, RunError>>
    where
        In: Satisfied;
}

impl<Out: Send + 'static, In: Set + 'static> EffectExt<Out, In> for Effect<Out, In> {
    fn run(self) -> BoxFuture<Result<Out, RunError>>
    where
        In: Satisfied,
    {
        Box::pin(Run::new(MemoMap::new(), Shutdown::new()).run(self, Arc::default()))
    }
}

impl Argument for Scope {
    type Needs = Empty;

    fn needs(_: &mut Vec<Member>) {}

    fn take(inputs: &dyn ArgumentSource) -> Self {
        inputs.scope().downcast_ref::<Self>().cloned().expect("there is one runtime, and its scopes are of this type")
    }
}
