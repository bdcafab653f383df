//! Layers that run a constructor: how the macros and the combinators make them.

use std::any::TypeId;
use std::hash::Hash;
use std::sync::Arc;

use super::{Construction, Identity, Inputs, Kind, Layer, MadeOf, Memo, Node, Raise, Recipe, Sharing, Source};
use crate::set::{Empty, Member, MemberSet};
use crate::{AnyService, BoxFuture, BuildError};

/// The layer of a `#[layer]` function without parameters: its constructor's type is its identity.
pub fn constant_layer<Out, In, Err, F>(source: Source, needs: &[Member], construct: F) -> Layer<Out, In, Err>
where
    Out: MemberSet,
    F: Fn(Inputs) -> Construction + Send + Sync + 'static,
{
    recipe(source, Identity::of_constructor::<F>(), needs, construct)
}

/// The layer of a `#[layer]` function with parameters: each call is a layer of its own.
pub fn factory_layer<Out, In, Err, F>(source: Source, needs: &[Member], construct: F) -> Layer<Out, In, Err>
where
    Out: MemberSet,
    F: Fn(Inputs) -> Construction + Send + Sync + 'static,
{
    recipe(source, Identity::new_value(), needs, construct)
}

/// The layer of a `#[layer(memo)]` function: equal arguments are equal identities.
pub fn keyed_layer<Key, Out, In, Err, F>(
    source: Source,
    key: Key,
    needs: &[Member],
    construct: F,
) -> Layer<Out, In, Err>
where
    Key: Eq + Hash + Send + Sync + 'static,
    Out: MemberSet,
    F: Fn(Inputs) -> Construction + Send + Sync + 'static,
{
    recipe(source, Identity::keyed((TypeId::of::<F>(), key)), needs, construct)
}

/// A node under types that are only claimed, for programs that make graphs which their types cannot know.
///
/// Nothing checks the claim: planning finds what is missing, and what is claimed to leave and does not is a panic.
#[doc(hidden)]
pub fn claimed<Out, In, Err>(node: Arc<Node>) -> Layer<Out, In, Err> {
    Layer::of(node)
}

fn recipe<Out: MemberSet, In, Err>(
    source: Source,
    identity: Identity,
    needs: &[Member],
    construct: impl Fn(Inputs) -> Construction + Send + Sync + 'static,
) -> Layer<Out, In, Err> {
    let (needs, gives) = (needs.to_vec(), members::<Out>());
    let construct = Box::new(construct);
    layer(
        source,
        identity,
        Recipe { needs, gives, shared: Sharing::Memoized, forwards: false, nests: false, construct },
    )
}

/// A layer of a closure, named after what it gives.
#[track_caller]
pub(super) fn constructed<Out, In, Err>(
    needs: Vec<Member>,
    gives: Vec<Member>,
    construct: impl Fn(Inputs) -> Construction + Send + Sync + 'static,
) -> Layer<Out, In, Err> {
    let source = Source::here(gives.first().map_or("effect", |member| member.name().base()));
    let construct = Box::new(construct);
    layer(
        source,
        Identity::new_value(),
        Recipe { needs, gives, shared: Sharing::Memoized, forwards: false, nests: false, construct },
    )
}

/// A layer of services that are there already.
#[track_caller]
pub(super) fn ready<Out>(services: Vec<AnyService>) -> Layer<Out, Empty, Empty> {
    let gives: Vec<_> = services.iter().map(AnyService::member).collect();
    let source = Source::here(gives.first().map_or("succeed", |member| member.name().base()));
    let construct = Box::new(move |_| Construction::ready(Ok(services.iter().cloned().collect())));
    let recipe =
        Recipe { needs: Vec::new(), gives, shared: Sharing::Memoized, forwards: true, nests: false, construct };
    layer(source, Identity::new_value(), recipe)
}

/// A layer that gives what another one gives, which it finds when it is built.
#[track_caller]
pub(super) fn forwarded<Out, In, Err>(
    name: &'static str,
    needs: Vec<Member>,
    gives: Vec<Member>,
    build: impl Fn(Inputs) -> BoxFuture<Result<Vec<AnyService>, BuildError>> + Send + Sync + 'static,
) -> Layer<Out, In, Err> {
    let construct = forwarding(move |inputs| {
        let built = build(inputs);
        async move { built.await.map_err(Raise::Build) }
    });
    let recipe = Recipe { needs, gives, shared: Sharing::Memoized, forwards: true, nests: true, construct };
    layer(Source::here(name), Identity::new_value(), recipe).made_of(Some(name), Vec::new(), Memo::Shared)
}

/// A layer that builds `inner` as a whole, and does something about it.
#[track_caller]
pub(super) fn around<Out, In, Err, Fut>(
    name: &'static str,
    inner: &Arc<Node>,
    memo: Memo,
    build: impl Fn(Inputs) -> Fut + Send + Sync + 'static,
) -> Layer<Out, In, Err>
where
    Fut: Future<Output = Result<Vec<AnyService>, Raise>> + Send + 'static,
{
    let (needs, gives, construct) = (inner.needs(), inner.gives(), forwarding(build));
    let recipe = Recipe { needs, gives, shared: Sharing::Memoized, forwards: true, nests: true, construct };
    layer(Source::here(name), Identity::new_value(), recipe).made_of(Some(name), vec![Arc::clone(inner)], memo)
}

/// A layer that builds `inner` as a whole, and says of its errors what `raise` says.
#[track_caller]
pub(super) fn replaced<Out, In, Err>(
    name: &'static str,
    inner: Arc<Node>,
    raise: impl Fn(BuildError) -> Raise + Send + Sync + 'static,
) -> Layer<Out, In, Err> {
    let (needs, gives, raise) = (inner.needs(), inner.gives(), Arc::new(raise));
    let parts = vec![Arc::clone(&inner)];
    let construct = forwarding(move |inputs| {
        let (built, raise) = (inputs.build(Arc::clone(&inner), Memo::Shared), Arc::clone(&raise));
        async move { built.await.map_err(|error| if error.is_failure() { raise(error) } else { Raise::Build(error) }) }
    });
    let recipe = Recipe { needs, gives, shared: Sharing::Memoized, forwards: true, nests: true, construct };
    layer(Source::here(name), Identity::new_value(), recipe).made_of(Some(name), parts, Memo::Shared)
}

/// A layer that builds `inner` as a whole, sharing as `shared` says outside of it and as `memo` says inside. Without a
/// combinator it is not seen in a graph, but what is inside.
pub(super) fn nested<Out, In, Err>(
    source: Source,
    identity: Identity,
    shared: Sharing,
    combinator: Option<&'static str>,
    inner: Arc<Node>,
    memo: Memo,
) -> Layer<Out, In, Err> {
    let (needs, gives) = (inner.needs(), inner.gives());
    let (parts, inside) = (vec![Arc::clone(&inner)], memo.clone());
    let construct = forwarding(move |inputs| {
        let built = inputs.build_unit(Arc::clone(&inner), memo.clone());
        async move { built.await.map_err(Raise::Build) }
    });
    let recipe = Recipe { needs, gives, shared, forwards: true, nests: true, construct };
    layer(source, identity, recipe).made_of(combinator, parts, inside)
}

impl<Out, In, Err> Layer<Out, In, Err> {
    /// Says of a layer that was just made which layers its constructor builds: graphs show them.
    pub(super) fn made_of(mut self, combinator: Option<&'static str>, parts: Vec<Arc<Node>>, memo: Memo) -> Self {
        let node = Arc::get_mut(&mut self.node).expect("nobody else has a layer that was just made");
        node.made_of = Some(MadeOf { combinator, parts, memo });
        self
    }
}

fn forwarding<Fut>(
    build: impl Fn(Inputs) -> Fut + Send + Sync + 'static,
) -> Box<dyn Fn(Inputs) -> Construction + Send + Sync>
where
    Fut: Future<Output = Result<Vec<AnyService>, Raise>> + Send + 'static,
{
    Box::new(move |inputs| {
        let built = build(inputs);
        Construction::pending(async move { built.await.map(|services| services.into_iter().collect()) })
    })
}

fn layer<Out, In, Err>(source: Source, identity: Identity, recipe: Recipe) -> Layer<Out, In, Err> {
    Layer::of(Node::new(identity, source, Kind::Construct(recipe)))
}

/// The members of a set, as a list.
pub(super) fn members<Members: MemberSet>() -> Vec<Member> {
    let mut list = Vec::new();
    Members::members(&mut |member| list.push(member));
    list
}
