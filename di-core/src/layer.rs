//! Layers: recipes for services, and the algebra that composes them.

mod construct;
mod function;
mod node;
mod plan;
mod recover;

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::set::{Agrees, Empty, Here, Member, MemberSet, Minus, One, ServiceSet, Set, SubsetOf, Union};
use crate::{AnyFailure, AnyService, BuildError, Context, Failure, GivenAs, Service};

pub use construct::{Builder, Construction, Inputs, Memo, Outputs, OwnMemo, Raise, RaisedFailure};
pub use function::{Argument, AsyncConstructor, Constructor, Made, Source as ArgumentSource, Work};
pub use node::{Identity, Node, Source};
pub use plan::{Input, Plan, Step, StepId, Task};
pub use recover::{AnyLayer, Recover};

pub(crate) use construct::handle;
use node::{Kind, Recipe, Sharing};

/// A recipe: what it gives (`Out`), what it still needs (`In`), and how it can fail (`Err`).
///
/// A layer does nothing until it is built. It is built once per memo map, by its identity and that of the instances it
/// is given; a clone has its original's identity and costs one pointer.
///
/// | operation | `Out` | `In` | `Err` |
/// |---|---|---|---|
/// | `a.merge(b)` | A ∪ B | A ∪ B | A ∪ B |
/// | `a.provide(b)`: b feeds a, and is hidden | A | In b ∪ (In a ∖ Out b) | A ∪ B |
/// | `a.provide_merge(b)`: b feeds a, and stays | A ∪ B | In b ∪ (In a ∖ Out b) | A ∪ B |
///
/// The three are sets: order and repetitions do not matter, and equal sets are one type.
///
/// ```
/// use di::prelude::*;
///
/// #[derive(Service)]
/// struct Config { greeting: String }
/// #[derive(Service)]
/// struct Greeter { config: Inject<Config> }
///
/// #[layer]
/// fn config() -> Config { Config { greeting: "Hello".into() } }
/// #[layer]
/// fn greeter(config: Inject<Config>) -> Greeter { Greeter { config } }
///
/// fn app() -> Layer<services![Greeter], services![], failures![]> {
///     greeter().provide(config())
/// }
/// ```
#[must_use = "a layer does nothing until it is built"]
pub struct Layer<Out, In = Empty, Err = One<AnyFailure>> {
    node: Arc<Node>,
    types: PhantomData<fn() -> (Out, In, Err)>,
}

impl<Out, In, Err> Clone for Layer<Out, In, Err> {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.node))
    }
}

impl<Out, In, Err> fmt::Debug for Layer<Out, In, Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Layer({})", self.node.source())
    }
}

impl<Out, In, Err> Layer<Out, In, Err> {
    /// Claims that a node gives, needs and fails as these sets say.
    pub(crate) fn of(node: Arc<Node>) -> Self {
        Self { node, types: PhantomData }
    }

    /// The layer without its types, for runtimes and tools.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }
}

/// Constructors.
impl Layer<Empty, Empty, Empty> {
    /// A layer that gives nothing and needs nothing.
    #[doc(alias = "discard")]
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
        let service = AnyService::new(value.given());
        ready(vec![service.member()], move || vec![service.clone()])
    }

    /// A layer of services that have been built.
    #[track_caller]
    #[doc(alias = "succeedContext")]
    pub fn succeed_context<Out: ServiceSet>(context: &Context<Out>) -> Layer<Out, Empty, Empty> {
        let services: Vec<_> = context.services().iter().cloned().collect();
        ready(members::<Out>(), move || services.clone())
    }

    /// A layer of what a closure returns, called when the layer is built.
    #[track_caller]
    pub fn sync<Arguments, F: Constructor<Arguments>>(
        make: F,
    ) -> Layer<<F::Made as Made>::Out, F::Needs, <F::Made as Made>::Err> {
        constructed(F::needs(), <F::Made as Made>::gives(), move |inputs| make.construct(inputs))
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
    pub fn from_fn<Arguments, F: AsyncConstructor<Arguments>>(
        make: F,
    ) -> Layer<<F::Made as Made>::Out, F::Needs, <F::Made as Made>::Err> {
        constructed(F::needs(), <F::Made as Made>::gives(), move |inputs| make.construct(inputs))
    }

    /// The same as [`from_fn`](Layer::from_fn), named for closures that take the `Scope` which lives as long as the layer.
    #[track_caller]
    pub fn scoped<Arguments, F: AsyncConstructor<Arguments>>(
        make: F,
    ) -> Layer<<F::Made as Made>::Out, F::Needs, <F::Made as Made>::Err> {
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
    pub fn unwrap<Arguments, F, Inner>(
        choose: F,
    ) -> Layer<Inner::Out, <F::Needs as Union>::Union<Inner::In, Here>, Inner::Err>
    where
        F: Work<Arguments, Output = Inner> + Clone + Sync,
        F::Needs: Union<Union<Inner::In, Here>: MemberSet>,
        Inner: AnyLayer,
    {
        let needs = members::<<F::Needs as Union>::Union<Inner::In, Here>>();
        forwarded("unwrap", needs, members::<Inner::Out>(), move |inputs| {
            let inner = choose.clone().begin(&inputs);
            Box::pin(async move { inputs.build(Arc::clone(inner.await.node()), Memo::Shared).await })
        })
    }
}

/// Composition.
impl<Out: Set, In: Set, Err: Set> Layer<Out, In, Err> {
    /// Both layers side by side. They are built concurrently, and do not feed each other.
    #[track_caller]
    #[doc(alias("zip", "mergeAll"))]
    pub fn merge<Out2: Set, In2: Set, Err2: Set, OutOf, InOf, ErrOf>(
        self,
        other: Layer<Out2, In2, Err2>,
    ) -> Layer<OutOf, InOf, ErrOf>
    where
        Out: Union<Union<Out2, Here> = OutOf>,
        In: Union<Union<In2, Here> = InOf>,
        Err: Union<Union<Err2, Here> = ErrOf>,
    {
        Layer::of(merged(self.node, other.node))
    }

    /// This layer, fed by `by`, which is hidden: it is built first, and released last.
    #[track_caller]
    pub fn provide<Out2: Set, In2: Set, Err2: Set, InOf, ErrOf, Left>(
        self,
        by: Layer<Out2, In2, Err2>,
    ) -> Layer<Out, InOf, ErrOf>
    where
        In: Agrees<Out2, Here> + Minus<Minus<Out2, Here> = Left>,
        Left: Union<Union<In2, Here> = InOf>,
        Err: Union<Union<Err2, Here> = ErrOf>,
    {
        Layer::of(provided(self.node, by.node, false))
    }

    /// This layer, fed by `by`, both of whose services leave.
    #[track_caller]
    #[doc(alias = "provideMerge")]
    pub fn provide_merge<Out2: Set, In2: Set, Err2: Set, OutOf, InOf, ErrOf, Left>(
        self,
        by: Layer<Out2, In2, Err2>,
    ) -> Layer<OutOf, InOf, ErrOf>
    where
        Out: Union<Union<Out2, Here> = OutOf>,
        In: Agrees<Out2, Here> + Minus<Minus<Out2, Here> = Left>,
        Left: Union<Union<In2, Here> = InOf>,
        Err: Union<Union<Err2, Here> = ErrOf>,
    {
        Layer::of(provided(self.node, by.node, true))
    }
}

/// Identity and sharing.
impl<Out, In, Err> Layer<Out, In, Err> {
    /// This layer without sharing: each use builds it anew, with a memo map of its own.
    ///
    /// Inside, sharing works as ever; and a layer around this one is still shared by its own identity.
    #[track_caller]
    pub fn fresh(self) -> Self {
        let node = self.node;
        Self::of(nested("fresh", Identity::new_value(), Sharing::EveryUse, node, Memo::Fresh))
    }

    /// This layer with an instance of its own, shared by all builds, whatever their memo maps.
    ///
    /// It is built at the first use, lives until its last user has gone, and a failure is not replayed.
    #[track_caller]
    pub fn memoize(self) -> Self {
        self.memoize_with(OwnMemo::default())
    }

    /// The same, where the runtime has a say in how long the instance lives.
    #[track_caller]
    pub fn memoize_with(self, own: OwnMemo) -> Self {
        Self::of(nested("memoize", Identity::new_value(), Sharing::Memoized, self.node, Memo::Own(own)))
    }

    /// This layer under an identity that equal keys make again: the same call with an equal key is the same layer.
    ///
    /// The key must tell of everything in which two layers made at this place can differ.
    #[track_caller]
    pub fn memo_by<Key: Eq + Hash + Send + Sync + 'static>(self, key: Key) -> Self
    where
        Out: 'static,
        In: 'static,
        Err: 'static,
    {
        let place = std::panic::Location::caller();
        let place = (place.file(), place.line(), place.column());
        let types = PhantomData::<fn() -> (Out, In, Err)>;
        let identity = Identity::keyed((place, types, key));
        Self::of(nested(self.node.source().name(), identity, Sharing::Memoized, self.node, Memo::Shared))
    }

    /// This layer where less is expected: fewer services leave it, more are asked for, or more failures are told of.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[derive(Service)] struct A;
    /// #[derive(Service)] struct B;
    /// let both = Layer::succeed::<A>(A).merge(Layer::succeed::<B>(B));
    /// let one: Layer<services![A]> = both.coerce();
    /// ```
    #[track_caller]
    pub fn coerce<Out2, In2: Set, Err2: Set>(self) -> Layer<Out2, In2, Err2>
    where
        Out: ServiceSet,
        Out2: SubsetOf<Out, Here>,
        In: Minus<Minus<In2, Here> = Empty>,
        Err: Minus<Minus<Err2, Here> = Empty>,
    {
        Layer::of(composite("coerce", Kind::Narrow { layer: self.node, to: members::<Out2>() }))
    }
}

/// Many layers side by side: `merge_all!(a, b, c)` is `a.merge(b).merge(c)`, halved again and again.
#[macro_export]
macro_rules! merge_all {
    () => { $crate::Layer::empty() };
    ($layer:expr $(,)?) => { $layer };
    ($($layer:expr),+ $(,)?) => { $crate::merge_all!(@halve [] [] $($layer,)+) };
    (@halve [$($left:expr,)*] [] ) => { $crate::merge_all!($($left),*) };
    (@halve [$($left:expr,)*] [$($right:expr,)*]) => {
        $crate::merge_all!($($left),*).merge($crate::merge_all!($($right),*))
    };
    (@halve [$($left:expr,)*] [$($right:expr,)*] $one:expr, $two:expr, $($rest:expr,)*) => {
        $crate::merge_all!(@halve [$($left,)* $one,] [$($right,)* $two,] $($rest,)*)
    };
    (@halve [$($left:expr,)*] [$($right:expr,)*] $one:expr,) => {
        $crate::merge_all!(@halve [$($left,)* $one,] [$($right,)*])
    };
}

/// The layer of a `#[layer]` function without parameters: its constructor's type is its identity.
pub fn constant_layer<Out: MemberSet, In, Err, F>(source: Source, needs: &[Member], construct: F) -> Layer<Out, In, Err>
where
    F: Fn(Inputs) -> Construction + Send + Sync + 'static,
{
    recipe(source, Identity::of_constructor::<F>(), needs, construct)
}

/// The layer of a `#[layer]` function with parameters: each call is a layer of its own.
pub fn factory_layer<Out: MemberSet, In, Err, F>(source: Source, needs: &[Member], construct: F) -> Layer<Out, In, Err>
where
    F: Fn(Inputs) -> Construction + Send + Sync + 'static,
{
    recipe(source, Identity::new_value(), needs, construct)
}

/// The layer of a `#[layer(memo)]` function: equal arguments are equal identities.
pub fn keyed_layer<Key, Out: MemberSet, In, Err, F>(
    source: Source,
    key: Key,
    needs: &[Member],
    construct: F,
) -> Layer<Out, In, Err>
where
    Key: Eq + Hash + Send + Sync + 'static,
    F: Fn(Inputs) -> Construction + Send + Sync + 'static,
{
    let identity = Identity::keyed((std::any::TypeId::of::<F>(), key));
    recipe(source, identity, needs, construct)
}

fn recipe<Out: MemberSet, In, Err, F>(
    source: Source,
    identity: Identity,
    needs: &[Member],
    construct: F,
) -> Layer<Out, In, Err>
where
    F: Fn(Inputs) -> Construction + Send + Sync + 'static,
{
    Layer::of(construct_node(
        source,
        identity,
        Sharing::Memoized,
        needs.to_vec(),
        members::<Out>(),
        false,
        Box::new(construct),
    ))
}

fn construct_node(
    source: Source,
    identity: Identity,
    shared: Sharing,
    needs: Vec<Member>,
    gives: Vec<Member>,
    forwards: bool,
    construct: Box<dyn Fn(Inputs) -> Construction + Send + Sync>,
) -> Arc<Node> {
    let recipe = Recipe { needs, gives, shared, forwards, construct };
    Node::new(identity, source, Kind::Construct(recipe))
}

#[track_caller]
fn constructed<Out, In, Err>(
    needs: Vec<Member>,
    gives: Vec<Member>,
    construct: impl Fn(Inputs) -> Construction + Send + Sync + 'static,
) -> Layer<Out, In, Err> {
    let name = gives.first().map_or("effect", |member| member.name().base());
    let identity = Identity::new_value();
    let construct = Box::new(construct);
    Layer::of(construct_node(Source::here(name), identity, Sharing::Memoized, needs, gives, false, construct))
}

#[track_caller]
fn ready<Out>(
    gives: Vec<Member>,
    services: impl Fn() -> Vec<AnyService> + Send + Sync + 'static,
) -> Layer<Out, Empty, Empty> {
    let name = gives.first().map_or("succeed", |member| member.name().base());
    let construct = move |_| Construction::ready(Ok(services().into_iter().collect()));
    let identity = Identity::new_value();
    let construct = Box::new(construct);
    Layer::of(construct_node(Source::here(name), identity, Sharing::Memoized, Vec::new(), gives, true, construct))
}

/// A layer that gives what another one gives, which it finds when it is built.
#[track_caller]
pub(crate) fn forwarded<Out, In, Err>(
    name: &'static str,
    needs: Vec<Member>,
    gives: Vec<Member>,
    build: impl Fn(Inputs) -> crate::BoxFuture<Result<Vec<AnyService>, BuildError>> + Send + Sync + 'static,
) -> Layer<Out, In, Err> {
    let construct = forwarding(build);
    Layer::of(construct_node(
        Source::here(name),
        Identity::new_value(),
        Sharing::Memoized,
        needs,
        gives,
        true,
        construct,
    ))
}

fn forwarding(
    build: impl Fn(Inputs) -> crate::BoxFuture<Result<Vec<AnyService>, BuildError>> + Send + Sync + 'static,
) -> Box<dyn Fn(Inputs) -> Construction + Send + Sync> {
    Box::new(move |inputs| {
        let built = build(inputs);
        Construction::pending(async move { Ok(built.await.map_err(Raise::Build)?.into_iter().collect()) })
    })
}

/// A node that is built as a whole, sharing as `memo` says.
#[track_caller]
fn nested(name: &'static str, identity: Identity, shared: Sharing, inner: Arc<Node>, memo: Memo) -> Arc<Node> {
    let (needs, gives) = (inner.needs(), inner.gives());
    let construct = forwarding(move |inputs: Inputs| inputs.build(Arc::clone(&inner), memo.clone()));
    construct_node(Source::here(name), identity, shared, needs, gives, true, construct)
}

#[track_caller]
fn merged(left: Arc<Node>, right: Arc<Node>) -> Arc<Node> {
    composite("merge", Kind::Merge(vec![left, right]))
}

#[track_caller]
fn provided(layer: Arc<Node>, by: Arc<Node>, keep: bool) -> Arc<Node> {
    composite(if keep { "provide_merge" } else { "provide" }, Kind::Provide { layer, by, keep })
}

/// A node made of others. It is shared through its parts, unless one of them never is: then it is shared as a whole.
#[track_caller]
fn composite(name: &'static str, kind: Kind) -> Arc<Node> {
    let node = Node::new(Identity::new_value(), Source::here(name), kind);
    if node.holds_fresh { nested(name, Identity::new_value(), Sharing::Memoized, node, Memo::Shared) } else { node }
}

fn members<Members: MemberSet>() -> Vec<Member> {
    let mut list = Vec::new();
    Members::members(&mut |member| list.push(member));
    list
}
