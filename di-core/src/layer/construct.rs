//! Constructors: what they are handed, and what they hand back.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::node::Node;
use super::retry::retried;
use super::substitute::substituted;
use crate::schedule::Clock;
use crate::set::Member;
use crate::{
    AnyFailure, AnyService, BoxFuture, BuildError, ConstructorError, Failure, Gives, Inject, Schedule, Service,
    ServiceMap, SharedError,
};

/// What a constructor is handed: the services it needs, and the means of the build it takes part in.
#[derive(Clone)]
pub struct Inputs {
    services: ServiceMap,
    /// Those of the services that stand in for whatever gives them in the layers that the constructor builds.
    substitutes: Arc<[Member]>,
    builder: Arc<dyn Builder>,
}

impl Inputs {
    /// The inputs of one run of a constructor.
    pub fn new(services: ServiceMap, substitutes: Arc<[Member]>, builder: Arc<dyn Builder>) -> Self {
        Self { services, substitutes, builder }
    }

    /// A service that the constructor said it needs.
    ///
    /// # Panics
    ///
    /// If it did not say so. The macros and the closures' types always do.
    pub fn inject<S: Service + ?Sized + 'static>(&self) -> Inject<S> {
        self.services.get::<S>().cloned().expect("a constructor asks for the services that it named as its needs")
    }

    /// The scope that lives as long as what is built.
    pub fn scope<Scope: Clone + 'static>(&self) -> Scope {
        handle(&*self.builder.scope())
    }

    /// A memo map for builds that come later, while what is built here lives: it finds what this build finds.
    pub fn memo_map<Map: Clone + 'static>(&self) -> Map {
        handle(&*self.builder.memo_map())
    }

    /// What goes into such later builds.
    pub fn later(&self) -> Later {
        Later { services: self.services.clone(), substitutes: Arc::clone(&self.substitutes) }
    }

    /// The time that delays are measured in.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.builder.clock()
    }

    /// The same, for a closure that is handed what has been built as well.
    pub(crate) fn with(&self, services: &[AnyService]) -> Self {
        let mut all = self.services.clone();
        all.extend(services.iter().cloned());
        Self { services: all, substitutes: Arc::clone(&self.substitutes), builder: Arc::clone(&self.builder) }
    }

    /// Builds the layer that this one is nothing but the unit of sharing of: what is to be retried is retried inside.
    pub(crate) fn build_unit(&self, node: Arc<Node>, memo: Memo) -> BoxFuture<Result<Vec<AnyService>, BuildError>> {
        let node = match self.builder.retry() {
            Some(schedule) => retried(node, schedule),
            None => node,
        };
        self.build(node, memo)
    }

    /// Builds another layer, which lives as long as what is built here.
    pub(crate) fn build(&self, node: Arc<Node>, memo: Memo) -> BoxFuture<Result<Vec<AnyService>, BuildError>> {
        Arc::clone(&self.builder).build(substituted(node, &self.substitutes), self.services.clone(), memo)
    }
}

impl super::ArgumentSource for Inputs {
    fn services(&self) -> &ServiceMap {
        &self.services
    }

    fn scope(&self) -> Arc<dyn Any + Send + Sync> {
        self.builder.scope()
    }
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inputs").field("services", &self.services).finish_non_exhaustive()
    }
}

/// What goes into builds that begin when a constructor is done. By default that is nothing.
#[derive(Clone, Debug, Default)]
pub struct Later {
    services: ServiceMap,
    substitutes: Arc<[Member]>,
}

impl Later {
    /// The services that the constructor was handed.
    pub fn services(&self) -> &ServiceMap {
        &self.services
    }

    /// A node, in which is substituted what is substituted around the constructor.
    pub fn inside(&self, node: Arc<Node>) -> Arc<Node> {
        substituted(node, &self.substitutes)
    }
}

/// The copy of a runtime's handle that travels through code which does not know its type.
pub(crate) fn handle<Handle: Clone + 'static>(any: &dyn Any) -> Handle {
    any.downcast_ref::<Handle>().cloned().expect("there is one runtime, and its handles are of its own types")
}

/// Builds layers on behalf of a constructor; a runtime implements it.
pub trait Builder: Send + Sync {
    /// The scope of what is being built.
    fn scope(&self) -> Arc<dyn Any + Send + Sync>;

    /// A memo map that finds what the build finds, and keeps what is built through it to itself.
    fn memo_map(&self) -> Arc<dyn Any + Send + Sync>;

    /// The time that delays are measured in.
    fn clock(&self) -> Arc<dyn Clock>;

    /// When the constructor is run again after a failure.
    fn retry(&self) -> Option<Schedule<BuildError>>;

    /// Builds `node` with these services; what it gives lives as long as the scope.
    fn build(
        self: Arc<Self>,
        node: Arc<Node>,
        services: ServiceMap,
        memo: Memo,
    ) -> BoxFuture<Result<Vec<AnyService>, BuildError>>;
}

/// Which memo map a build shares its layers through.
#[derive(Clone, Debug)]
pub enum Memo {
    /// The one of the build around it.
    Shared,
    /// A new one.
    Fresh,
    /// One that a layer keeps for itself.
    Own(OwnMemo),
}

/// The place where a memoized layer keeps its memo map, filled by the runtime.
#[derive(Clone, Debug, Default)]
pub struct OwnMemo(Arc<OnceLock<Arc<dyn Any + Send + Sync>>>);

impl OwnMemo {
    /// Which one it is: that of a clone is the same.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// The memo map, made at the first call.
    pub fn get_or_init<Map: Clone + Send + Sync + 'static>(&self, make: impl FnOnce() -> Map) -> Map {
        handle(&**self.0.get_or_init(|| Arc::new(make())))
    }
}

/// What a constructor hands back: at once, or when a future is done.
pub enum Construction {
    /// It is done.
    Ready(Result<Outputs, Raise>),
    /// It is a future, which the memo map's entry will own.
    Pending(BoxFuture<Result<Outputs, Raise>>),
}

impl Construction {
    /// A constructor that is done.
    pub fn ready(result: Result<Outputs, Raise>) -> Self {
        Self::Ready(result)
    }

    /// A constructor that has begun.
    pub fn pending(future: impl Future<Output = Result<Outputs, Raise>> + Send + 'static) -> Self {
        Self::Pending(Box::pin(future))
    }
}

impl fmt::Debug for Construction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(result) => f.debug_tuple("Ready").field(result).finish(),
            Self::Pending(_) => f.write_str("Pending(..)"),
        }
    }
}

/// The services that a constructor made.
#[derive(Debug, Default)]
pub struct Outputs(Vec<AnyService>);

impl Outputs {
    /// No services.
    pub fn none() -> Self {
        Self::default()
    }

    /// One service.
    pub fn one<S: Gives<Value> + ?Sized + 'static, Value>(value: Value) -> Self {
        Self::none().and::<S, Value>(value)
    }

    /// These services, and one more.
    #[must_use]
    pub fn and<S: Gives<Value> + ?Sized + 'static, Value>(mut self, value: Value) -> Self {
        self.0.push(AnyService::new(Inject::<S>::from(S::give(value))));
        self
    }

    /// The services, their types forgotten.
    pub fn into_services(self) -> Vec<AnyService> {
        self.0
    }
}

impl FromIterator<AnyService> for Outputs {
    fn from_iter<I: IntoIterator<Item = AnyService>>(services: I) -> Self {
        Self(services.into_iter().collect())
    }
}

/// Why a constructor made nothing.
#[derive(Clone, Debug)]
pub enum Raise {
    /// It failed, with an error that `catch` can take.
    Failure(RaisedFailure),
    /// A layer that it was made of could not be built.
    Build(BuildError),
    /// It failed, and was declared not to.
    Died(SharedError),
}

/// A failure with its type: as an error for everybody, and as itself for who catches it.
#[derive(Clone)]
pub struct RaisedFailure {
    pub(crate) error: SharedError,
    failure: Arc<dyn Any + Send + Sync>,
    kind: TypeId,
    /// What it is to a layer that does not name it.
    any: Option<Arc<AnyFailure>>,
}

impl RaisedFailure {
    /// The failure, if it is an `E`.
    pub(crate) fn downcast<E: Failure>(&self) -> Option<Arc<E>> {
        let any = || (Arc::clone(self.any.as_ref()?) as Arc<dyn Any + Send + Sync>).downcast().ok();
        Arc::clone(&self.failure).downcast().ok().or_else(any)
    }

    /// The same failure, which is an `AnyFailure` as well.
    pub(crate) fn unnamed(self) -> Self {
        let any = Arc::new(AnyFailure::shared(Arc::clone(&self.error)));
        Self { any: Some(any), ..self }
    }

    /// The type of the failure.
    pub(crate) fn kind(&self) -> TypeId {
        self.kind
    }
}

impl fmt::Debug for RaisedFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}

impl Raise {
    /// A failure whose type is forgotten.
    pub fn any(error: impl ConstructorError) -> Self {
        Self::named(AnyFailure::new(error))
    }

    /// A failure whose type the layer names.
    pub fn named<E: Failure>(failure: E) -> Self {
        let failure = Arc::new(failure);
        Self::Failure(RaisedFailure { error: failure.clone(), failure, kind: TypeId::of::<E>(), any: None })
    }
}
