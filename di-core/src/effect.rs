//! Effects: work that needs services.

mod again;

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::layer::{ArgumentList, ArgumentSource, Layer, Node, Source, Work, handle};
use crate::schedule::Clock;
use crate::set::{AllSame, Apart, Difference, Empty, Here, Met, Minus, One, ServiceSet, Set, Union};
use crate::{
    AnyService, BoxFuture, BuildError, Context, Exit, GivenAs, Inject, RunError, Service, ServiceMap, SharedError,
};

/// Work that needs the services `In` and comes to an `Out`.
///
/// An effect does nothing until it is run, and can be run many times. `#[effect]` makes a function one. Providing a
/// context or a service is cheap; providing a layer builds it for each run, and releases it when the run is over.
///
/// ```
/// use di::prelude::*;
///
/// #[derive(Service)]
/// struct Config { greeting: String }
///
/// #[effect]
/// async fn greet(config: Inject<Config>, name: String) -> String {
///     format!("{}, {name}!", config.greeting)
/// }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let greeting = greet("Ada".into())
///     .provide_service::<Config>(Config { greeting: "Hello".into() })
///     .run()
///     .await?;
/// assert_eq!(greeting, "Hello, Ada!");
/// # Ok::<_, di::RunError>(()) }).unwrap();
/// ```
#[must_use = "an effect does nothing until it is run"]
pub struct Effect<Out, In = Empty> {
    source: Source,
    run: Arc<Run<Out>>,
    types: PhantomData<fn() -> In>,
}

type Run<Out> = dyn Fn(EffectInputs) -> BoxFuture<Result<Out, RunError>> + Send + Sync;

/// What an effect is handed when it is run.
#[derive(Clone)]
pub struct EffectInputs {
    services: Arc<ServiceMap>,
    host: Arc<dyn Host>,
}

/// What provides an effect with layers, and with handles of the runtime; a runtime implements it.
pub trait Host: Send + Sync {
    /// Builds a layer for one run.
    fn provide(self: Arc<Self>, node: Arc<Node>, services: Arc<ServiceMap>) -> BoxFuture<Result<Provided, BuildError>>;

    /// What one of several runs of the effect runs on: the same, with a scope of its own inside of the one of the run.
    fn attempt(self: Arc<Self>) -> Provided;

    /// The time that delays are measured in.
    fn clock(&self) -> Arc<dyn Clock>;

    /// The scope of the run.
    fn scope(&self) -> Arc<dyn Any + Send + Sync>;

    /// The handle that tells of the shutdown of the program.
    fn shutdown(&self) -> Arc<dyn Any + Send + Sync>;
}

/// What was built for one run.
pub struct Provided {
    /// The services.
    pub services: Vec<AnyService>,
    /// What provides for the effect from here on.
    pub host: Arc<dyn Host>,
    /// Releases the services.
    pub release: Box<dyn FnOnce(Exit) -> BoxFuture<Result<(), SharedError>> + Send>,
}

impl fmt::Debug for Provided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provided").field("services", &self.services).finish_non_exhaustive()
    }
}

impl EffectInputs {
    /// The inputs of one run.
    pub fn new(services: Arc<ServiceMap>, host: Arc<dyn Host>) -> Self {
        Self { services, host }
    }

    /// A service that the effect said it needs.
    ///
    /// # Panics
    ///
    /// If it did not say so. The macros and the closures' types always do.
    pub fn inject<S: Service + ?Sized + 'static>(&self) -> Inject<S> {
        self.services.get::<S>().cloned().expect("an effect asks for the services that it named as its needs")
    }

    /// The scope of the run.
    pub fn scope<Scope: Clone + 'static>(&self) -> Scope {
        handle(&*self.host.scope())
    }

    /// The handle that tells of the shutdown of the program.
    pub fn shutdown<Shutdown: Clone + 'static>(&self) -> Shutdown {
        handle(&*self.host.shutdown())
    }

    fn with(self, services: impl IntoIterator<Item = AnyService>) -> Self {
        let mut map = ServiceMap::over(self.services);
        map.extend(services);
        Self { services: Arc::new(map), ..self }
    }
}

impl ArgumentSource for EffectInputs {
    fn services(&self) -> &ServiceMap {
        &self.services
    }

    fn scope(&self) -> Arc<dyn Any + Send + Sync> {
        self.host.scope()
    }
}

impl fmt::Debug for EffectInputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EffectInputs").field("services", &self.services).finish_non_exhaustive()
    }
}

impl<Out, In> Clone for Effect<Out, In> {
    fn clone(&self) -> Self {
        Self { source: self.source, run: Arc::clone(&self.run), types: PhantomData }
    }
}

impl<Out, In> fmt::Debug for Effect<Out, In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Effect({})", self.source)
    }
}

impl<Out: Send + 'static> Effect<Out> {
    /// An effect of a closure whose parameters are what it needs.
    ///
    /// The closure is cloned for every run.
    #[track_caller]
    pub fn new<Arguments: ArgumentList, F>(work: F) -> Effect<Out, Arguments::Needs>
    where
        F: Work<Arguments, Output = Out> + Clone + Sync,
    {
        effect(Source::here("effect"), move |inputs| work.clone().begin(&inputs))
    }
}

impl<Out: Send + 'static, In: Set> Effect<Out, In> {
    /// The name of the effect and the place where it was written.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Begins a run with these inputs; whoever calls it knows that they hold everything that is needed.
    // For runtimes, not for programs.
    #[doc(hidden)]
    pub fn start(&self, inputs: EffectInputs) -> BoxFuture<Result<Out, RunError>> {
        (self.run)(inputs)
    }

    /// Feeds the effect with a layer, which is built for each run and released after it.
    #[track_caller]
    pub fn provide<Out2: Set, In2: Set, Err2: Set, InOf, Left, Met>(
        self,
        layer: Layer<Out2, In2, Err2>,
    ) -> Effect<Out, InOf>
    where
        In: Minus<Minus<Out2, Here> = Apart<Left, Met>>,
        Met: AllSame,
        Left: Union<Union<In2, Here> = InOf>,
    {
        let (run, node) = (self.run, Arc::clone(layer.node()));
        Effect::of(self.source, move |inputs: EffectInputs| {
            let (run, node) = (Arc::clone(&run), Arc::clone(&node));
            Box::pin(async move {
                let provided = Arc::clone(&inputs.host).provide(node, Arc::clone(&inputs.services)).await?;
                let inputs = EffectInputs { host: provided.host, ..inputs }.with(provided.services);
                let result = run(inputs).await;
                let exit =
                    result.as_ref().map_or_else(|error| Exit::Failure(Arc::new(error.clone())), |_| Exit::Success);
                let released = (provided.release)(exit).await;
                result.and_then(|out| released.map(|()| out).map_err(RunError::Release))
            })
        })
    }

    /// Feeds the effect with services that have been built.
    pub fn provide_context<Out2: ServiceSet>(self, context: &Context<Out2>) -> Effect<Out, Difference<In, Out2>>
    where
        Met<In, Out2>: AllSame,
    {
        let services: Vec<_> = context.services().iter().cloned().collect();
        self.with(services)
    }

    /// Feeds the effect with one service.
    pub fn provide_service<S: Service + ?Sized + 'static>(
        self,
        value: impl GivenAs<S>,
    ) -> Effect<Out, Difference<In, One<S>>>
    where
        Met<In, One<S>>: AllSame,
    {
        self.provide_inject(value.given())
    }

    /// Feeds the effect with one service that is shared already.
    pub fn provide_inject<S: Service + ?Sized + 'static>(
        self,
        service: Inject<S>,
    ) -> Effect<Out, Difference<In, One<S>>>
    where
        Met<In, One<S>>: AllSame,
    {
        self.with(vec![AnyService::new(service)])
    }

    /// Turns what the effect comes to into something else.
    pub fn map<Out2: Send + 'static>(self, map: impl Fn(Out) -> Out2 + Send + Sync + 'static) -> Effect<Out2, In> {
        let (run, map) = (self.run, Arc::new(map));
        Effect::of(self.source, move |inputs| {
            let (out, map) = (run(inputs), Arc::clone(&map));
            Box::pin(async move { out.await.map(&*map) })
        })
    }

    fn with<Left>(self, services: Vec<AnyService>) -> Effect<Out, Left> {
        let run = self.run;
        Effect::of(self.source, move |inputs: EffectInputs| run(inputs.with(services.iter().cloned())))
    }
}

impl<Out, In> Effect<Out, In> {
    fn of(
        source: Source,
        run: impl Fn(EffectInputs) -> BoxFuture<Result<Out, RunError>> + Send + Sync + 'static,
    ) -> Self {
        Self { source, run: Arc::new(run), types: PhantomData }
    }
}

/// The effect of an `#[effect]` function.
pub fn effect<Out: Send + 'static, In>(
    source: Source,
    run: impl Fn(EffectInputs) -> BoxFuture<Out> + Send + Sync + 'static,
) -> Effect<Out, In> {
    Effect::of(source, move |inputs| {
        let out = run(inputs);
        Box::pin(async move { Ok(out.await) })
    })
}

/// Something that can be run with services: an [`Effect`], or a closure whose parameters are what it needs.
///
/// `Kind` tells the two apart and is inferred.
pub trait EffectSource<Kind> {
    /// The services it needs.
    type Needs: Set;
    /// What it comes to.
    type Output: Send + 'static;

    /// Begins a run.
    fn start(self, inputs: EffectInputs) -> BoxFuture<Result<Self::Output, RunError>>;
}

/// The kind of [`EffectSource`] that is an effect.
#[derive(Debug)]
pub struct IsEffect;

impl<Out: Send + 'static, In: Set> EffectSource<IsEffect> for Effect<Out, In> {
    type Needs = In;
    type Output = Out;

    fn start(self, inputs: EffectInputs) -> BoxFuture<Result<Out, RunError>> {
        Effect::start(&self, inputs)
    }
}

impl<F: Work<Arguments>, Arguments: ArgumentList> EffectSource<(Arguments,)> for F {
    type Needs = Arguments::Needs;
    type Output = F::Output;

    fn start(self, inputs: EffectInputs) -> BoxFuture<Result<Self::Output, RunError>> {
        let out = self.begin(&inputs);
        Box::pin(async move { Ok(out.await) })
    }
}
