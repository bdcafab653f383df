//! Identity and sharing: which uses of a layer are one, and what of it is seen.

use std::hash::Hash;
use std::marker::PhantomData;

use super::recipe::{members, nested};
use super::{Identity, Kind, Layer, Memo, Node, OwnMemo, Sharing, Source};
use crate::set::{Empty, Here, Minus, Parted, ServiceSet, Set, SubsetOf};

/// Identity and sharing.
impl<Out, In, Err> Layer<Out, In, Err> {
    /// This layer without sharing: each use builds it anew, with a memo map of its own.
    ///
    /// Inside, sharing works as ever; and a layer around this one is still shared by its own identity.
    #[track_caller]
    pub fn fresh(self) -> Self {
        let source = Source::here("fresh");
        nested(source, Identity::new_value(), Sharing::EveryUse, Some("fresh"), self.node, Memo::Fresh)
    }

    /// This layer with an instance of its own, shared by all builds, whatever their memo maps.
    ///
    /// It is built at the first use, lives until its last user has gone, and a failure is not replayed.
    #[track_caller]
    pub fn memoize(self) -> Self {
        self.memoize_with(OwnMemo::default())
    }

    /// The same, where the runtime has a say in how long the instance lives.
    // For runtimes, not for programs.
    #[doc(hidden)]
    #[track_caller]
    pub fn memoize_with(self, own: OwnMemo) -> Self {
        let source = Source::here("memoize");
        nested(source, Identity::new_value(), Sharing::EveryUse, Some("memoize"), self.node, Memo::Own(own))
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
        nested(self.node.source(), identity, Sharing::Memoized, Some("memo_by"), self.node, Memo::Shared)
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
        In: Minus<Minus<In2, Here>: Parted<Left = Empty>>,
        Err: Minus<Minus<Err2, Here>: Parted<Left = Empty>>,
    {
        let kind = Kind::Narrow { layer: self.node, to: members::<Out2>() };
        Layer::of(Node::new(Identity::new_value(), Source::here("coerce"), kind))
    }
}
