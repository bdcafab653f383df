//! What happens when a layer fails: fallbacks, other errors, and the promise that it cannot.

use std::sync::Arc;

use super::recipe::{forwarded, members, replaced};
use super::{Layer, Memo, Node, Raise};
use crate::set::{Difference, Empty, Here, Infallible, MemberSet, One, ServiceSet, Set, SubsetOf, Union, UnionOf};
use crate::{BuildError, Failure};

/// Any layer, its three sets as associated types.
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

/// A closure from an error to a fallback.
pub trait Recover<Error>: Fn(Error) -> Self::Fallback + Send + Sync + 'static {
    /// The fallback.
    type Fallback: AnyLayer;
}

impl<Error, F, Fallback> Recover<Error> for F
where
    F: Fn(Error) -> Fallback + Send + Sync + 'static,
    Fallback: AnyLayer,
{
    type Fallback = Fallback;
}

type OutOf<Handler, Error> = <<Handler as Recover<Error>>::Fallback as AnyLayer>::Out;
type InOf<Handler, Error> = <<Handler as Recover<Error>>::Fallback as AnyLayer>::In;
type ErrOf<Handler, Error> = <<Handler as Recover<Error>>::Fallback as AnyLayer>::Err;

impl<Out: ServiceSet, In: MemberSet + Set, Err: Set> Layer<Out, In, Err> {
    /// Builds a fallback if this layer fails with an `E`, and takes `E` out of its failures.
    ///
    /// Everything that this layer had acquired is released before the fallback is built. Panics and cancellation are not
    /// caught. The fallback must give all that this layer gives.
    #[track_caller]
    #[doc(alias("catchTag", "catchIf"))]
    pub fn catch<E: Failure, Handler: Recover<Arc<E>>>(
        self,
        handler: Handler,
    ) -> Layer<Out, UnionOf<In, InOf<Handler, Arc<E>>>, UnionOf<Difference<Err, One<E>>, ErrOf<Handler, Arc<E>>>>
    where
        In: Union<Union<InOf<Handler, Arc<E>>, Here>: MemberSet>,
        Out: SubsetOf<OutOf<Handler, Arc<E>>, Here>,
    {
        let recover = move |error: &BuildError| error.failure::<E>().map(|error| Arc::clone(handler(error).node()));
        recovered("catch", self.node, members::<UnionOf<In, InOf<Handler, Arc<E>>>>(), members::<Out>(), recover)
    }

    /// Builds a fallback if this layer fails, whatever the error.
    #[track_caller]
    #[doc(alias = "catchAll")]
    pub fn catch_all<Handler: Recover<BuildError>>(
        self,
        handler: Handler,
    ) -> Layer<Out, UnionOf<In, InOf<Handler, BuildError>>, ErrOf<Handler, BuildError>>
    where
        In: Union<Union<InOf<Handler, BuildError>, Here>: MemberSet>,
        Out: SubsetOf<OutOf<Handler, BuildError>, Here>,
    {
        let recover = move |error: &BuildError| error.is_failure().then(|| Arc::clone(handler(error.clone()).node()));
        recovered(
            "catch_all",
            self.node,
            members::<UnionOf<In, InOf<Handler, BuildError>>>(),
            members::<Out>(),
            recover,
        )
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
        let recover = move |error: &BuildError| error.is_failure().then(|| Arc::clone(&fallback.node));
        recovered("or_else", self.node, members::<UnionOf<In, In2>>(), members::<Out>(), recover)
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

impl<Out, In, Err> Layer<Out, In, Err> {
    /// Whether nothing can fail: it compiles, or says which failure is left (DI0008).
    pub fn assert_infallible(&self)
    where
        Err: Infallible,
    {
    }
}

#[track_caller]
fn recovered<Out, In, Err>(
    name: &'static str,
    layer: Arc<Node>,
    needs: Vec<crate::set::Member>,
    gives: Vec<crate::set::Member>,
    recover: impl Fn(&BuildError) -> Option<Arc<Node>> + Send + Sync + 'static,
) -> Layer<Out, In, Err> {
    let recover = Arc::new(recover);
    forwarded(name, needs, gives, move |inputs| {
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
    })
}
