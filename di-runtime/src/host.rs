//! What an effect runs on: the scope of its run, and the layers it is provided with.

use std::any::Any;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::{Arc, OnceLock};

use di_core::effect::{Host, Provided};
use di_core::layer::{Argument, ArgumentSource, Node};
use di_core::schedule::Clock;
use di_core::set::{Empty, Member, Satisfied, Set};
use di_core::{BoxFuture, BuildError, Effect, EffectInputs, EffectSource, Exit, RunError, ServiceMap, SharedError};
use futures_util::FutureExt;

use crate::build::{Recording, build};
use crate::clock::clock;
use crate::memo::MemoMap;
use crate::scope::panic_message;
use crate::{Scope, Shutdown};

/// One run of an effect, or the part of it that is inside of a `provide`.
pub(crate) struct Run {
    map: MemoMap,
    /// Made when it is asked for.
    scope: OnceLock<Scope>,
    /// The run whose scope is around this one's.
    around: Option<Arc<Self>>,
    shutdown: Shutdown,
}

impl Run {
    pub(crate) fn new(map: MemoMap, shutdown: Shutdown) -> Arc<Self> {
        Arc::new(Self { map, scope: OnceLock::new(), around: None, shutdown })
    }

    /// A run in a scope that somebody else closes.
    pub(crate) fn within(scope: Scope, map: MemoMap, shutdown: Shutdown) -> Arc<dyn Host> {
        Arc::new(Self { map, scope: scope.into(), around: None, shutdown })
    }

    /// Runs an effect to its end, and closes the scope of the run. A panic of the effect goes on when that is done.
    ///
    /// If the future is dropped, so is the scope, and what it holds is released in the background.
    pub(crate) async fn run<Kind, E: EffectSource<Kind>>(
        self: Arc<Self>,
        effect: E,
        services: Arc<ServiceMap>,
    ) -> Result<E::Output, RunError> {
        let host = Arc::clone(&self) as Arc<dyn Host>;
        let inputs = EffectInputs::new(services, host);
        let ended = AssertUnwindSafe(async move { effect.start(inputs).await }).catch_unwind().await;
        let result = match (ended, self.scope.get()) {
            (Ok(result), None) => return result,
            (Ok(result), Some(_)) => result,
            (Err(payload), scope) => {
                if let Some(scope) = scope {
                    // The panic is the news; what fails after it is logged where it fails.
                    let _ = scope.close(Exit::Panicked(panic_message(&*payload).into())).await;
                }
                resume_unwind(payload)
            }
        };
        let scope = self.run_scope();
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
            // All scopes of a run are one tree, so that however it ends, what is inside is released before what it uses.
            let (map, around) = (self.map.fork(), self.run_scope());
            let scope = around.fork();
            let services = ServiceMap::over(services);
            let services = match build(&node, services, &map, &scope, &around, None, Recording::default()).await {
                Ok(services) => services,
                Err(error) => {
                    // Nothing is left to release; this takes the scope out of the one around it.
                    let _ = scope.close(error.exit()).await;
                    return Err(error);
                }
            };
            let inside = OnceLock::from(scope.fork());
            let host = Arc::new(Self { map, scope: inside, around: None, shutdown: self.shutdown.clone() });
            let release = move |exit| -> BoxFuture<Result<(), SharedError>> {
                Box::pin(async move { scope.close(exit).await.map_err(|error| Arc::new(error) as SharedError) })
            };
            Ok(Provided { services, host, release: Box::new(release) })
        })
    }

    fn attempt(self: Arc<Self>) -> Provided {
        let (map, shutdown) = (self.map.clone(), self.shutdown.clone());
        let run = Arc::new(Self { map, scope: OnceLock::new(), around: Some(self), shutdown });
        let host = Arc::clone(&run) as Arc<dyn Host>;
        let release = move |exit| -> BoxFuture<Result<(), SharedError>> {
            Box::pin(async move {
                let Some(scope) = run.scope.get() else { return Ok(()) };
                scope.close(exit).await.map_err(|error| Arc::new(error) as SharedError)
            })
        };
        Provided { services: Vec::new(), host, release: Box::new(release) }
    }

    fn clock(&self) -> Arc<dyn Clock> {
        clock()
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
        let made = || self.around.as_ref().map_or_else(Scope::new, |around| around.run_scope().fork());
        self.scope.get_or_init(made).clone()
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
