//! Sets that hold another, and the smaller set's values taken out of the larger one's.
//!
//! ```text
//! Empty ⊆ X        One<m> ⊆ X if m ∈ X        Branch<A, B, C, D> ⊆ Branch<E, F, G, H> if A ⊆ E, B ⊆ F, C ⊆ G, D ⊆ H
//! ```
//! A branch is never a subset of a leaf; the impls that say so lead the compiler on to the members that are missing.

use frunk::{HNil, hlist};

use super::{Branch, Depth, Down, Empty, HasAt, Here, One, ServiceSet};
use crate::{Inject, Service};

/// A set of services that holds all members of `Sub`. Both stand at the depth `At`.
pub trait SupersetOf<Sub: ServiceSet, At = Here>: ServiceSet {
    /// The values of `Sub`, cloned.
    fn project(storage: &Self::Storage) -> Sub::Storage;
}

impl<This: ServiceSet, Sub: SubsetOf<This, At>, At> SupersetOf<Sub, At> for This {
    fn project(storage: &Self::Storage) -> Sub::Storage {
        Sub::project_from(storage)
    }
}

/// The same, seen from the smaller set: while it is still to be inferred, the compiler has nothing to choose a case by,
/// and waits.
pub trait SubsetOf<Super: ServiceSet, At>: ServiceSet {
    /// The values of `Self`, cloned.
    fn project_from(storage: &Super::Storage) -> Self::Storage;
}

impl<Super: ServiceSet, At> SubsetOf<Super, At> for Empty {
    fn project_from(_: &Super::Storage) -> HNil {
        HNil
    }
}

impl<Super, S, At> SubsetOf<Super, At> for One<S>
where
    S: Service + ?Sized + 'static,
    At: Depth,
    Super: HasAt<S, At::Rest<S::Key>>,
{
    fn project_from(storage: &Super::Storage) -> Inject<S> {
        Super::service_at(storage).clone()
    }
}

impl<A, B, C, D, E, F, G, H, At> SubsetOf<Branch<E, F, G, H>, At> for Branch<A, B, C, D>
where
    A: SubsetOf<E, Down<At>>,
    B: SubsetOf<F, Down<At>>,
    C: SubsetOf<G, Down<At>>,
    D: SubsetOf<H, Down<At>>,
    E: ServiceSet,
    F: ServiceSet,
    G: ServiceSet,
    H: ServiceSet,
{
    fn project_from(storage: &<Branch<E, F, G, H> as ServiceSet>::Storage) -> Self::Storage {
        hlist![
            A::project_from(&storage.head),
            B::project_from(&storage.tail.head),
            C::project_from(&storage.tail.tail.head),
            D::project_from(&storage.tail.tail.tail.head),
        ]
    }
}

macro_rules! leaf {
    ($leaf:ty $(, $service:ident)?) => {
        impl<A, B, C, D, At $(, $service: Service + ?Sized + 'static)?> SubsetOf<$leaf, At> for Branch<A, B, C, D>
        where
            A: SubsetOf<$leaf, Down<At>>,
            B: SubsetOf<$leaf, Down<At>>,
            C: SubsetOf<$leaf, Down<At>>,
            D: SubsetOf<$leaf, Down<At>>,
        {
            fn project_from(storage: &<$leaf as ServiceSet>::Storage) -> Self::Storage {
                hlist![
                    A::project_from(storage),
                    B::project_from(storage),
                    C::project_from(storage),
                    D::project_from(storage),
                ]
            }
        }
    };
}
leaf!(Empty);
leaf!(One<S>, S);
