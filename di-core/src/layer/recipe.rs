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

/// A layer that hands on services which live elsewhere: it may meet another one that gives the same instances.
///
/// Equal keys are one layer within a build, and each build asks anew: what lives elsewhere may have been replaced.
pub fn borrowed_layer<Key, Out, In, Err, F>(
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
    let (needs, gives, construct) = (needs.to_vec(), members::<Out>(), Box::new(construct));
    let recipe = Recipe { forwards: true, borrows: true, ..Recipe::new(needs, gives, construct) };
    layer(source, Identity::keyed((TypeId::of::<F>(), key)), recipe)
}

/// A layer that builds other layers for as long as it lives, in which services may be substituted.
pub fn hosting_layer<Out, In, Err, F>(source: Source, identity: Identity, construct: F) -> Layer<Out, In, Err>
where
    Out: MemberSet,
    In: MemberSet,
    F: Fn(Inputs) -> Construction + Send + Sync + 'static,
{
    let (needs, gives, construct) = (members::<In>(), members::<Out>(), Box::new(construct));
    let recipe = Recipe { nests: true, ..Recipe::new(needs, gives, construct) };
    layer(source, identity, recipe)
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
    layer(source, identity, Recipe::new(needs.to_vec(), members::<Out>(), Box::new(construct)))
}

/// A layer of a closure, named after what it gives.
#[track_caller]
pub(super) fn constructed<Out, In, Err>(
    needs: Vec<Member>,
    gives: Vec<Member>,
    construct: impl Fn(Inputs) -> Construction + Send + Sync + 'static,
) -> Layer<Out, In, Err> {
    let source = Source::here(gives.first().map_or("effect", |member| member.name().base()));
    layer(source, Identity::new_value(), Recipe::new(needs, gives, Box::new(construct)))
}

/// A layer of services that are there already.
#[track_caller]
pub(super) fn ready<Out>(services: Vec<AnyService>) -> Layer<Out, Empty, Empty> {
    let gives: Vec<_> = services.iter().map(AnyService::member).collect();
    let source = Source::here(gives.first().map_or("succeed", |member| member.name().base()));
    let ready = services.clone();
    let construct = Box::new(move |_| Construction::ready(Ok(services.iter().cloned().collect())));
    let recipe = Recipe { forwards: true, ready, ..Recipe::new(Vec::new(), gives, construct) };
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
    let recipe = Recipe::nesting(needs, gives, construct);
    layer(Source::here(name), Identity::new_value(), recipe).made_of(Some(name), Vec::new(), true)
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
    let recipe = Recipe::nesting(needs, gives, construct);
    layer(Source::here(name), Identity::new_value(), recipe)
        .made_of(Some(name), vec![Arc::clone(inner)], false)
        .through(memo)
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
    let recipe = Recipe::nesting(needs, gives, construct);
    layer(Source::here(name), Identity::new_value(), recipe).made_of(Some(name), parts, false)
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
    let recipe = Recipe { shared, ..Recipe::nesting(needs, gives, construct) };
    layer(source, identity, recipe).made_of(combinator, parts, false).through(inside)
}

impl<Out, In, Err> Layer<Out, In, Err> {
    /// Says of a layer that was just made which layers its constructor builds, and whether there may be `more`.
    pub(super) fn made_of(mut self, combinator: Option<&'static str>, parts: Vec<Arc<Node>>, more: bool) -> Self {
        let node = self.just_made();
        node.borrows |= parts.iter().any(|part| part.borrows);
        node.made_of = Some(MadeOf { combinator, parts, more, memo: Memo::Shared });
        self
    }

    /// Says that these layers share through another memo map than that of the build around them.
    fn through(mut self, memo: Memo) -> Self {
        self.just_made().made_of.iter_mut().for_each(|made_of| made_of.memo = memo.clone());
        self
    }

    fn just_made(&mut self) -> &mut Node {
        Arc::get_mut(&mut self.node).expect("nobody else has a layer that was just made")
    }
}

/// A constructor, as the layers have it that a recipe makes.
type Construct = Box<dyn Fn(Inputs) -> Construction + Send + Sync>;

impl Recipe {
    /// The recipe of a layer that is shared, and makes what it gives.
    pub(super) fn new(needs: Vec<Member>, gives: Vec<Member>, construct: Construct) -> Self {
        let shared = Sharing::Memoized;
        Self { needs, gives, shared, forwards: false, nests: false, borrows: false, ready: Vec::new(), construct }
    }

    /// The recipe of a layer that gives what layers give which it builds.
    fn nesting(needs: Vec<Member>, gives: Vec<Member>, construct: Construct) -> Self {
        Self { forwards: true, nests: true, ..Self::new(needs, gives, construct) }
    }
}

fn forwarding<Fut>(build: impl Fn(Inputs) -> Fut + Send + Sync + 'static) -> Construct
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
