//! Where layers come from: values, closures, contexts, and other layers chosen late.

use std::sync::Arc;

use super::recipe::{constructed, forwarded, members, ready};
use super::{
    AnyLayer, ArgumentList, AsyncConstructor, Construction, Constructor, Identity, Kind, Layer, Made, Memo, Node,
    Raise, Source, Work,
};
use crate::set::{Empty, Here, MemberSet, One, ServiceSet, Set, Union};
use crate::{AnyService, Context, Failure, GivenAs, Mocks, Service};

/// Constructors.
impl Layer<Empty, Empty, Empty> {
    /// A layer that gives nothing and needs nothing.
    pub fn empty() -> Self {
        Self::of(Node::new(Identity::new_value(), Source::here("empty"), Kind::Merge(Vec::new())))
    }

    /// A layer of a ready value.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[service]
    /// trait Clock { fn now(&self) -> u64; }
    /// struct Fixed(u64);
    /// #[service]
    /// impl Clock for Fixed { fn now(&self) -> u64 { self.0 } }
    ///
    /// let clock: Layer<services![dyn Clock], services![], failures![]> = Layer::succeed::<dyn Clock>(Fixed(7));
    /// ```
    #[track_caller]
    #[doc(alias = "value")]
    pub fn succeed<S: Service + ?Sized + 'static>(value: impl GivenAs<S>) -> Layer<One<S>, Empty, Empty> {
        ready(vec![AnyService::new(value.given())])
    }

    /// A layer of a partial implementation of a service trait, for tests.
    ///
    /// A method that is called without being given panics, and says which one it was.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[service(mock = MockUsers)]
    /// trait Users {
    ///     async fn find(&self, id: i64) -> Option<String>;
    ///     async fn delete(&self, id: i64);
    ///     async fn exists(&self, id: i64) -> bool { self.find(id).await.is_some() }
    /// }
    ///
    /// struct OnlyAda;
    /// #[service]
    /// impl MockUsers for OnlyAda {
    ///     async fn find(&self, id: i64) -> Option<String> { (id == 1).then(|| "Ada".into()) }
    /// }
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let context = Layer::mock::<dyn Users>(OnlyAda).build_infallible(&Scope::new()).await;
    /// let users = context.get::<dyn Users>();
    /// assert!(users.exists(1).await);
    /// // users.delete(1).await;   // `Users::delete` was called, but `OnlyAda` does not give it
    /// # });
    /// ```
    #[track_caller]
    pub fn mock<S: Service + ?Sized + 'static>(fake: impl Mocks<S>) -> Layer<One<S>, Empty, Empty> {
        ready(vec![AnyService::new(fake.mocked())])
    }

    /// A layer of services that have been built.
    #[track_caller]
    #[doc(alias = "succeedContext")]
    pub fn succeed_context<Out: ServiceSet>(context: &Context<Out>) -> Layer<Out, Empty, Empty> {
        ready(context.services().iter().cloned().collect())
    }

    /// A layer of what a closure returns, called when the layer is built.
    #[track_caller]
    pub fn sync<Arguments: ArgumentList, F: Constructor<Arguments, Made: Made>>(
        make: F,
    ) -> Layer<<F::Made as Made>::Out, Arguments::Needs, <F::Made as Made>::Err> {
        constructed(Arguments::needs(), <F::Made as Made>::gives(), move |inputs| make.construct(inputs))
    }

    /// A layer of what an async closure returns: a service, or a `Result` with one.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Config { file: String }
    /// #[derive(Service)]
    /// struct Words(Vec<String>);
    ///
    /// let words = Layer::from_fn(|config: Inject<Config>| async move {
    ///     let text = tokio::fs::read_to_string(&config.file).await?;
    ///     Ok::<_, std::io::Error>(Words(text.lines().map(String::from).collect()))
    /// });
    /// # let _: Layer<services![Words], services![Config]> = words;
    /// ```
    #[track_caller]
    #[doc(alias = "effect")]
    pub fn from_fn<Arguments: ArgumentList, F: AsyncConstructor<Arguments, Made: Made>>(
        make: F,
    ) -> Layer<<F::Made as Made>::Out, Arguments::Needs, <F::Made as Made>::Err> {
        constructed(Arguments::needs(), <F::Made as Made>::gives(), move |inputs| make.construct(inputs))
    }

    /// The same as [`from_fn`](Layer::from_fn), named for closures that take the `Scope` which lives as long as the layer.
    #[track_caller]
    pub fn scoped<Arguments: ArgumentList, F: AsyncConstructor<Arguments, Made: Made>>(
        make: F,
    ) -> Layer<<F::Made as Made>::Out, Arguments::Needs, <F::Made as Made>::Err> {
        Self::from_fn(make)
    }

    /// The layer that gives what it is given.
    #[track_caller]
    #[doc(alias = "service")]
    pub fn context<Services: ServiceSet>() -> Layer<Services, Services, Empty> {
        Layer::of(Node::new(Identity::new_value(), Source::here("context"), Kind::Pass(members::<Services>())))
    }

    /// A layer that fails.
    #[track_caller]
    #[doc(alias = "failSync")]
    pub fn fail<Out: ServiceSet, E: Failure + Clone>(failure: E) -> Layer<Out, Empty, One<E>> {
        constructed(Vec::new(), members::<Out>(), move |_| Construction::ready(Err(Raise::named(failure.clone()))))
    }

    /// A layer that is computed when it is built, once per memo map.
    ///
    /// A layer that needs itself this way is found out when it is built, and reported with the whole path.
    #[track_caller]
    pub fn suspend<Out: ServiceSet, In: ServiceSet, Err: Set>(
        make: impl Fn() -> Layer<Out, In, Err> + Send + Sync + 'static,
    ) -> Layer<Out, In, Err> {
        forwarded("suspend", members::<In>(), members::<Out>(), move |inputs| inputs.build(make().node, Memo::Shared))
    }

    /// A layer that an async closure computes when it is built: a choice that is made at run time.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Config { in_memory: bool }
    /// #[derive(Service)]
    /// struct Store(&'static str);
    ///
    /// let store = Layer::unwrap(|config: Inject<Config>| async move {
    ///     if config.in_memory { Layer::succeed::<Store>(Store("memory")) } else { Layer::succeed::<Store>(Store("disk")) }
    /// });
    /// # let _: Layer<services![Store], services![Config], failures![]> = store;
    /// ```
    #[track_caller]
    #[doc(alias("unwrapEffect", "unwrapScoped"))]
    pub fn unwrap<Arguments: ArgumentList, F, Inner>(
        choose: F,
    ) -> Layer<Inner::Out, <Arguments::Needs as Union>::Union<Inner::In, Here>, Inner::Err>
    where
        F: Work<Arguments, Output = Inner> + Clone + Sync,
        Arguments::Needs: Union<Union<Inner::In, Here>: MemberSet>,
        Inner: AnyLayer,
    {
        let needs = members::<<Arguments::Needs as Union>::Union<Inner::In, Here>>();
        forwarded("unwrap", needs, members::<Inner::Out>(), move |inputs| {
            let inner = choose.clone().begin(&inputs);
            Box::pin(async move { inputs.build(Arc::clone(inner.await.node()), Memo::Shared).await })
        })
    }
}
