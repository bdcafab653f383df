//! Layers out of what a layer gives or takes.

use std::sync::Arc;

use super::compose::{composite, provided};
use super::recipe::{constructed, forwarded, members};
use super::{AnyLayer, ArgumentList, Call, Construction, Identity, Kind, Layer, Memo, Node, Source, TakenFrom};
use crate::set::{
    AllSame, Difference, Empty, Here, MemberSet, Met, Minus, One, Parted, ServiceSet, Set, Union, UnionOf,
};
use crate::{AnyService, GivenAs, Service};

/// One service made out of others: of those that a layer gives, or for one that it takes.
///
/// This is a trait so that the new service alone is written, and the parameters of the closure are found out.
pub trait Transform<Out, In, Err, Arguments, F>: Sized {
    /// Makes the service `S` out of what this layer gives, which is hidden.
    ///
    /// | | `Out` | `In` | `Err` |
    /// |---|---|---|---|
    /// | `a.map::<S>(f)` | S | A | A |
    ///
    /// The closure's parameters are services of this layer. It is called once per memo map, and whoever uses the layer without
    /// `map` shares it. To keep the other services, feed them: `map(..)` is `Layer::sync(f).provide(a)`.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Config { port: u16 }
    /// #[derive(Service)]
    /// struct Port(u16);
    ///
    /// #[layer]
    /// fn config() -> Config { Config { port: 8080 } }
    ///
    /// let port: Layer<services![Port], services![], failures![]> =
    ///     config().map::<Port>(|config: Inject<Config>| Port(config.port));
    /// ```
    #[track_caller]
    #[doc(alias("project", "function"))]
    fn map<S: Service + ?Sized + 'static>(self, make: F) -> Layer<One<S>, In, Err>
    where
        Out: ServiceSet,
        Arguments: ArgumentList<Needs: TakenFrom<Out>>,
        F: Call<Arguments, Output: GivenAs<S>>;

    /// Feeds this layer with another instance of a service that it needs: one that is made of it, by decorating it.
    ///
    /// | | `Out` | `In` | `Err` |
    /// |---|---|---|---|
    /// | `a.update::<S>(f)` | A | F ∪ (A ∖ S) | A |
    ///
    /// The closure takes what it decorates, `Inject<S>`, so that `S` is still needed, and whatever else it needs. Others that
    /// need `S` get it as it is. As a layer is built once for each instance that it is fed with, one that is used both with and
    /// without `update` is built twice.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[service]
    /// trait Clock { fn now(&self) -> u64; }
    /// struct Late(Inject<dyn Clock>);
    /// #[service]
    /// impl Clock for Late { fn now(&self) -> u64 { self.0.now() + 60 } }
    ///
    /// #[derive(Service)]
    /// struct Timer { clock: Inject<dyn Clock> }
    /// #[layer]
    /// fn timer(clock: Inject<dyn Clock>) -> Timer { Timer { clock } }
    ///
    /// let timer: Layer<services![Timer], services![dyn Clock], failures![]> = timer().update::<dyn Clock>(Late);
    /// ```
    #[track_caller]
    #[doc(alias("updateService"))]
    fn update<S: Service + ?Sized + 'static>(
        self,
        make: F,
    ) -> Layer<Out, UnionOf<Difference<In, One<S>>, Arguments::Needs>, Err>
    where
        In: Minus<Minus<One<S>, Here>: Parted<Left: Union>>,
        Met<In, One<S>>: AllSame,
        Arguments: ArgumentList,
        F: Call<Arguments, Output: GivenAs<S>>;
}

impl<Out, In, Err, Arguments, F> Transform<Out, In, Err, Arguments, F> for Layer<Out, In, Err> {
    fn map<S: Service + ?Sized + 'static>(self, make: F) -> Layer<One<S>, In, Err>
    where
        Out: ServiceSet,
        Arguments: ArgumentList<Needs: TakenFrom<Out>>,
        F: Call<Arguments, Output: GivenAs<S>>,
    {
        Layer::of(provided(made::<S, Arguments, F>(make), self.node, false))
    }

    fn update<S: Service + ?Sized + 'static>(
        self,
        make: F,
    ) -> Layer<Out, UnionOf<Difference<In, One<S>>, Arguments::Needs>, Err>
    where
        In: Minus<Minus<One<S>, Here>: Parted<Left: Union>>,
        Met<In, One<S>>: AllSame,
        Arguments: ArgumentList,
        F: Call<Arguments, Output: GivenAs<S>>,
    {
        Layer::of(provided(self.node, made::<S, Arguments, F>(make), false))
    }
}

/// The layer of a closure that makes one service.
#[track_caller]
fn made<S, Arguments, F>(make: F) -> Arc<Node>
where
    S: Service + ?Sized + 'static,
    Arguments: ArgumentList,
    F: Call<Arguments, Output: GivenAs<S>>,
{
    let gives = members::<One<S>>();
    let made: Layer<One<S>, Empty, Empty> = constructed(Arguments::needs(), gives, move |inputs| {
        let service = AnyService::new(make.call(&inputs).given());
        Construction::ready(Ok(std::iter::once(service).collect()))
    });
    made.node
}

/// Other layers out of what a layer gives, and what of it is seen.
impl<Out: ServiceSet, In: Set, Err: Set> Layer<Out, In, Err> {
    /// Builds the layer that a closure computes from what this one gave.
    ///
    /// | | `Out` | `In` | `Err` |
    /// |---|---|---|---|
    /// | `a.flat_map(f)` | F | A ∪ F | A ∪ F |
    ///
    /// The closure's parameters are services of this layer, which lives as long as what is computed and is hidden. It is called
    /// once per memo map. What the computed layer needs comes from outside: feed it inside of the closure with `provide`, or
    /// give it what the closure was handed.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Config { in_memory: bool }
    /// #[derive(Service)]
    /// struct Store(&'static str);
    ///
    /// #[layer]
    /// fn config() -> Config { Config { in_memory: true } }
    ///
    /// let store: Layer<services![Store], services![], failures![]> = config()
    ///     .flat_map(|config: Inject<Config>| Layer::succeed::<Store>(Store(if config.in_memory { "memory" } else { "disk" })));
    /// ```
    #[track_caller]
    #[doc(alias("flatMap", "flatten", "match"))]
    pub fn flat_map<Arguments: ArgumentList, F, Inner>(
        self,
        choose: F,
    ) -> Layer<Inner::Out, UnionOf<In, Inner::In>, UnionOf<Err, Inner::Err>>
    where
        F: Call<Arguments, Output = Inner>,
        Inner: AnyLayer,
        Arguments::Needs: TakenFrom<Out>,
        In: Union<Union<Inner::In, Here>: MemberSet>,
    {
        let (node, choose) = (Arc::clone(&self.node), Arc::new(choose));
        let needs = members::<UnionOf<In, Inner::In>>();
        let chosen = forwarded("flat_map", needs, members::<Inner::Out>(), move |inputs| {
            let (node, choose) = (Arc::clone(&node), Arc::clone(&choose));
            Box::pin(async move {
                let services = inputs.build(node, Memo::Shared).await?;
                let inner = Arc::clone(choose.call(&inputs.with(&services)).node());
                inputs.build(inner, Memo::Shared).await
            })
        });
        chosen.made_of(Some("flat_map"), vec![self.node], Memo::Shared)
    }

    /// This layer, with the services that it needs leaving it as well.
    ///
    /// | | `Out` | `In` | `Err` |
    /// |---|---|---|---|
    /// | `a.passthrough()` | Out a ∪ In a | A | A |
    ///
    /// Where it gives a service that it needs, its own instance leaves.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Config;
    /// #[derive(Service)]
    /// struct Pool;
    ///
    /// #[layer]
    /// fn pool(_config: Inject<Config>) -> Pool { Pool }
    ///
    /// let both: Layer<services![Pool, Config], services![Config], failures![]> = pool().passthrough();
    /// ```
    #[track_caller]
    pub fn passthrough(self) -> Layer<UnionOf<Out, In>, In, Err>
    where
        In: MemberSet,
    {
        let own = members::<Out>();
        let passed = members::<In>().into_iter().filter(|member| !own.contains(member)).collect();
        let pass = Node::new(Identity::new_value(), Source::here("passthrough"), Kind::Pass(passed));
        Layer::of(composite("passthrough", Kind::Merge(vec![self.node, pass])))
    }

    /// This layer, giving nothing: it is built for what it does.
    ///
    /// | | `Out` | `In` | `Err` |
    /// |---|---|---|---|
    /// | `a.discard()` | ∅ | A | A |
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Migrated;
    ///
    /// #[layer]
    /// async fn migrated() -> Migrated { Migrated }
    ///
    /// let done: Layer<services![], services![], failures![]> = migrated().discard();
    /// ```
    #[track_caller]
    #[doc(alias("effectDiscard", "scopedDiscard"))]
    pub fn discard(self) -> Layer<Empty, In, Err> {
        let kind = Kind::Narrow { layer: self.node, to: Vec::new() };
        Layer::of(Node::new(Identity::new_value(), Source::here("discard"), kind))
    }
}
