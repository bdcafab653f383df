//! Sets that hold another, and the smaller set's values taken out of the larger one's.
//!
//! ```text
//! Empty ⊆ X        One<m> ⊆ X if m ∈ X        Branch<A, B, C, D> ⊆ Branch<E, F, G, H> if A ⊆ E, B ⊆ F, C ⊆ G, D ⊆ H
//! ```
//! A branch is never a subset of a leaf; the impls that say so lead the compiler on to the members that are missing.

use frunk::{HNil, hlist};

use super::{Branch, Depth, Down, Empty, HasAt, Here, One, ServiceSet};
use crate::Service;

/// A set of services that holds all members of `Sub`. Both stand at the depth `At`.
pub trait SupersetOf<Sub: ServiceSet, At = Here>: ServiceSet {
    /// The values of `Sub`, cloned.
    fn project(storage: &Self::Storage) -> Sub::Storage;
}

impl<This: ServiceSet, At> SupersetOf<Empty, At> for This {
    fn project(_: &Self::Storage) -> HNil {
        HNil
    }
}

impl<This, S, At> SupersetOf<One<S>, At> for This
where
    S: Service + ?Sized + 'static,
    At: Depth,
    This: HasAt<S, At::Rest<S::Key>>,
{
    fn project(storage: &Self::Storage) -> crate::Inject<S> {
        Self::service_at(storage).clone()
    }
}

impl<A, B, C, D, E, F, G, H, At> SupersetOf<Branch<A, B, C, D>, At> for Branch<E, F, G, H>
where
    A: ServiceSet,
    B: ServiceSet,
    C: ServiceSet,
    D: ServiceSet,
    E: SupersetOf<A, Down<At>>,
    F: SupersetOf<B, Down<At>>,
    G: SupersetOf<C, Down<At>>,
    H: SupersetOf<D, Down<At>>,
{
    fn project(storage: &Self::Storage) -> <Branch<A, B, C, D> as ServiceSet>::Storage {
        hlist![
            E::project(&storage.head),
            F::project(&storage.tail.head),
            G::project(&storage.tail.tail.head),
            H::project(&storage.tail.tail.tail.head),
        ]
    }
}

macro_rules! leaf {
    ($leaf:ty $(, $service:ident)?) => {
        impl<A, B, C, D, At $(, $service: Service + ?Sized + 'static)?> SupersetOf<Branch<A, B, C, D>, At> for $leaf
        where
            A: ServiceSet,
            B: ServiceSet,
            C: ServiceSet,
            D: ServiceSet,
            Self: SupersetOf<A, Down<At>>
                + SupersetOf<B, Down<At>>
                + SupersetOf<C, Down<At>>
                + SupersetOf<D, Down<At>>,
        {
            fn project(storage: &Self::Storage) -> <Branch<A, B, C, D> as ServiceSet>::Storage {
                hlist![
                    <Self as SupersetOf<A, Down<At>>>::project(storage),
                    <Self as SupersetOf<B, Down<At>>>::project(storage),
                    <Self as SupersetOf<C, Down<At>>>::project(storage),
                    <Self as SupersetOf<D, Down<At>>>::project(storage),
                ]
            }
        }
    };
}
leaf!(Empty);
leaf!(One<S>, S);
