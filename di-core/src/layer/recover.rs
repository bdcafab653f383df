//! What happens when a layer fails: fallbacks, other errors, and the promise that it cannot.

use std::sync::Arc;

use super::recipe::{forwarded, members, replaced};
use super::{Layer, Memo, Node, Raise};
use crate::set::{Difference, Empty, Here, MemberSet, One, ServiceSet, Set, SubsetOf, Union, UnionOf};
use crate::{BuildError, Failure};

/// Any layer, its three sets as associated types.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer",
    label = "this is not a `Layer<Out, In, Err>`, nor another name of one"
)]
pub trait AnyLayer: Send + 'static {
    /// What it gives.
    type Out: ServiceSet;
    /// What it needs.
    type In: Set;
    /// How it can fail.
    type Err: Set;

    /// The layer without its types.
    fn node(&self) -> &Arc<Node>;
}

impl<Out: ServiceSet + 'static, In: Set + 'static, Err: Set + 'static> AnyLayer for Layer<Out, In, Err> {
    type Out = Out;
    type In = In;
    type Err = Err;

    fn node(&self) -> &Arc<Node> {
        Layer::node(self)
    }
}

/// Catches one failure of a layer by its type.
///
/// This is a trait so that the failure alone is written, and the sets of the fallback are found out:
///
/// ```
/// use di::prelude::*;
/// # use std::fmt;
///
/// #[derive(Debug, Failure)]
/// struct DbError;
/// # impl fmt::Display for DbError { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("no database") } }
/// # impl std::error::Error for DbError {}
/// #[derive(Service)]
/// struct Users(&'static str);
///
/// #[layer(fails)]
/// fn users() -> Result<Users, DbError> { Err(DbError) }
///
/// let users: Layer<services![Users], services![], failures![]> =
///     users().catch::<DbError>(|_error| Layer::succeed::<Users>(Users("in memory")));
/// ```
pub trait Catch<Out, In, Err, Out2, In2, Err2>: Sized {
    /// Builds a fallback if this layer fails with an `E`, and takes `E` out of its failures.
    ///
    /// Everything that this layer had acquired is released before the fallback is built. Panics and cancellation are not
    /// caught. The fallback must give all that this layer gives.
    #[track_caller]
    #[doc(alias("catchTag", "catchIf"))]
    fn catch<E: Failure>(
        self,
        handler: impl Fn(Arc<E>) -> Layer<Out2, In2, Err2> + Send + Sync + 'static,
    ) -> Layer<Out, UnionOf<In, In2>, UnionOf<Difference<Err, One<E>>, Err2>>
    where
        Out: SubsetOf<Out2, Here>,
        Out2: ServiceSet,
        In: Union<Union<In2, Here>: MemberSet>,
        In2: Set,
        Err: Set,
        Err2: Set;
}

impl<Out, In, Err, Out2, In2, Err2> Catch<Out, In, Err, Out2, In2, Err2> for Layer<Out, In, Err> {
    fn catch<E: Failure>(
        self,
        handler: impl Fn(Arc<E>) -> Layer<Out2, In2, Err2> + Send + Sync + 'static,
    ) -> Layer<Out, UnionOf<In, In2>, UnionOf<Difference<Err, One<E>>, Err2>>
    where
        Out: SubsetOf<Out2, Here>,
        Out2: ServiceSet,
        In: Union<Union<In2, Here>: MemberSet>,
        In2: Set,
        Err: Set,
        Err2: Set,
    {
        let recover = move |error: &BuildError| error.failure::<E>().map(|error| handler(error).node);
        recovered("catch", self.node, None, members::<UnionOf<In, In2>>(), members::<Out>(), recover)
    }
}

impl<Out: ServiceSet, In: MemberSet + Set, Err: Set> Layer<Out, In, Err> {
    /// Builds a fallback if this layer fails, whatever the error.
    #[track_caller]
    #[doc(alias = "catchAll")]
    pub fn catch_all<Out2, In2, Err2>(
        self,
        handler: impl Fn(BuildError) -> Layer<Out2, In2, Err2> + Send + Sync + 'static,
    ) -> Layer<Out, UnionOf<In, In2>, Err2>
    where
        Out: SubsetOf<Out2, Here>,
        Out2: ServiceSet,
        In: Union<Union<In2, Here>: MemberSet>,
        In2: Set,
        Err2: Set,
    {
        let recover = move |error: &BuildError| error.is_failure().then(|| handler(error.clone()).node);
        recovered("catch_all", self.node, None, members::<UnionOf<In, In2>>(), members::<Out>(), recover)
    }

    /// Builds `fallback` if this layer fails, whatever the error.
    #[track_caller]
    #[doc(alias = "orElse")]
    pub fn or_else<Out2, In2, Err2>(self, fallback: Layer<Out2, In2, Err2>) -> Layer<Out, UnionOf<In, In2>, Err2>
    where
        Out: SubsetOf<Out2, Here>,
        Out2: ServiceSet,
        In2: Set,
        Err2: Set,
        In: Union<Union<In2, Here>: MemberSet>,
    {
        let known = Some(Arc::clone(&fallback.node));
        let recover = move |error: &BuildError| error.is_failure().then(|| Arc::clone(&fallback.node));
        recovered("or_else", self.node, known, members::<UnionOf<In, In2>>(), members::<Out>(), recover)
    }

    /// Turns every failure of this layer into another.
    #[track_caller]
    #[doc(alias = "mapError")]
    pub fn map_error<E: Failure>(
        self,
        map: impl Fn(BuildError) -> E + Send + Sync + 'static,
    ) -> Layer<Out, In, One<E>> {
        replaced("map_error", self.node, move |error| Raise::named(map(error)))
    }

    /// Promises that this layer cannot fail: a failure is a defect from here on, which nothing catches.
    #[track_caller]
    #[doc(alias = "orDie")]
    pub fn or_die(self) -> Layer<Out, In, Empty> {
        replaced("or_die", self.node, |error| Raise::Died(Arc::new(error)))
    }
}

#[track_caller]
fn recovered<Out, In, Err>(
    name: &'static str,
    layer: Arc<Node>,
    fallback: Option<Arc<Node>>,
    needs: Vec<crate::set::Member>,
    gives: Vec<crate::set::Member>,
    recover: impl Fn(&BuildError) -> Option<Arc<Node>> + Send + Sync + 'static,
) -> Layer<Out, In, Err> {
    let recover = Arc::new(recover);
    let more = fallback.is_none();
    let parts = [Arc::clone(&layer)].into_iter().chain(fallback).collect();
    let recovered = forwarded(name, needs, gives, move |inputs| {
        let (layer, recover) = (Arc::clone(&layer), Arc::clone(&recover));
        Box::pin(async move {
            match inputs.build(layer, Memo::Shared).await {
                Err(error) => match recover(&error) {
                    Some(fallback) => inputs.build(fallback, Memo::Shared).await,
                    None => Err(error),
                },
                built => built,
            }
        })
    });
    recovered.made_of(Some(name), parts, more)
}
