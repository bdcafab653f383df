//! Running fibers from where there is no await and no runtime: callbacks, other threads.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use di_core::set::{Here, ServiceSet, SubsetOf};
use di_core::{Context, EffectSource, ServiceMap};

use super::{FiberKey, FiberMap, FiberOptions};
use crate::fiber::{Fiber, FiberBody, FiberFailure, FiberOutput, InContext};
use crate::{FiberHandle, FiberSet};

/// A handle to a collection of fibers that runs bodies in one way: with the same options, and with the same services.
///
/// It is `Clone`, `Send` and `Sync`, and works on threads without a tokio runtime: bodies run where the collection was made.
/// As long as there is one, the collection is not dropped; the scope of the collection closes it all the same.
///
/// ```
/// use di::prelude::*;
/// use di::{FiberMap, FiberRunner};
///
/// #[derive(Service)]
/// struct Config { greeting: String }
/// #[layer]
/// fn config() -> Config { Config { greeting: "Hello".into() } }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let scope = Scope::new();
/// let context = config().build(&scope).await?;
/// let greetings: FiberMap<u32, String> = FiberMap::typed(&scope);
/// let runner = greetings.runner().in_context(&context);
///
/// let callback = move |id: u32| {
///     runner.run(id, move |config: Inject<Config>| async move {
///         Ok::<_, std::io::Error>(format!("{}, {id}", config.greeting))
///     })
/// };
/// let fiber = std::thread::spawn(move || callback(7)).join().unwrap();
/// assert_eq!(fiber.await?, "Hello, 7");
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub struct FiberRunner<Collection, Services = ()> {
    collection: Collection,
    options: FiberOptions,
    services: Arc<ServiceMap>,
    context: PhantomData<fn() -> Services>,
}

impl<Collection: Clone> FiberRunner<Collection> {
    pub(crate) fn of(collection: &Collection) -> Self {
        let (collection, options) = (collection.clone(), FiberOptions::new());
        Self { collection, options, services: Arc::default(), context: PhantomData }
    }

    /// Runs effects, and closures whose parameters are what they need, with these services.
    pub fn in_context<Out: ServiceSet>(self, context: &Context<Out>) -> FiberRunner<Collection, Context<Out>> {
        let services = Arc::new(context.services());
        FiberRunner { collection: self.collection, options: self.options, services, context: PhantomData }
    }
}

impl<Collection, Services> FiberRunner<Collection, Services> {
    /// Runs everything in this way.
    pub fn options(self, options: FiberOptions) -> Self {
        Self { options, ..self }
    }

    /// The collection.
    pub fn collection(&self) -> &Collection {
        &self.collection
    }

    fn with<Source>(&self, source: Source) -> InContext<Source> {
        InContext { services: Arc::clone(&self.services), source }
    }
}

impl<K, A, E> FiberRunner<FiberMap<K, A, E>>
where
    K: FiberKey,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    /// Runs a body under a key: [`FiberMap::run_with`]. The fiber is the one of the key, whoever started it.
    pub fn run<Kind, B: FiberBody<Kind, A, E>>(&self, key: K, body: B) -> Fiber<A, E> {
        self.collection.run_with(key, self.options.clone(), body).into_fiber()
    }
}

impl<K, A, E, Out> FiberRunner<FiberMap<K, A, E>, Context<Out>>
where
    K: FiberKey,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
    Out: ServiceSet,
{
    /// Runs an effect under a key, or a closure whose parameters are what it needs: [`FiberMap::run_with`]. It does not
    /// compile if the context does not have a service that is needed (DI0002).
    ///
    /// A parameter of type [`Scope`](crate::Scope) is the scope of the fiber.
    pub fn run<Kind, B>(&self, key: K, body: B) -> Fiber<A, E>
    where
        B: EffectSource<Kind, Output: FiberOutput<A, E>> + Send + 'static,
        B::Needs: SubsetOf<Out, Here>,
    {
        self.collection.run_with(key, self.options.clone(), self.with(body)).into_fiber()
    }
}

/// Runners of collections that have no keys.
macro_rules! without_a_key {
    ($($collection:ident $(.$into_fiber:ident())?),*) => {$(
        impl<A, E> FiberRunner<$collection<A, E>>
        where
            A: Send + Sync + 'static,
            E: FiberFailure + ?Sized,
        {
            #[doc = concat!("Runs a body: [`", stringify!($collection), "::run_with`].")]
            pub fn run<Kind, B: FiberBody<Kind, A, E>>(&self, body: B) -> Fiber<A, E> {
                self.collection.run_with(self.options.clone(), body)$(.$into_fiber())?
            }
        }

        impl<A, E, Out> FiberRunner<$collection<A, E>, Context<Out>>
        where
            A: Send + Sync + 'static,
            E: FiberFailure + ?Sized,
            Out: ServiceSet,
        {
            #[doc = concat!("Runs an effect, or a closure with parameters: [`", stringify!($collection), "::run_with`].")]
            /// It does not compile if the context does not have a service that is needed (DI0002).
            pub fn run<Kind, B>(&self, body: B) -> Fiber<A, E>
            where
                B: EffectSource<Kind, Output: FiberOutput<A, E>> + Send + 'static,
                B::Needs: SubsetOf<Out, Here>,
            {
                self.collection.run_with(self.options.clone(), self.with(body))$(.$into_fiber())?
            }
        }
    )*};
}

without_a_key!(FiberSet, FiberHandle.into_fiber());

impl<Collection: Clone, Services> Clone for FiberRunner<Collection, Services> {
    fn clone(&self) -> Self {
        Self {
            collection: self.collection.clone(),
            options: self.options.clone(),
            services: Arc::clone(&self.services),
            context: PhantomData,
        }
    }
}

impl<Collection: fmt::Debug, Services> fmt::Debug for FiberRunner<Collection, Services> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FiberRunner").field("collection", &self.collection).finish_non_exhaustive()
    }
}
