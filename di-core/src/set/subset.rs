//! Sets that another one holds, and the smaller set's values taken out of the larger one's.
//!
//! ```text
//! Empty ⊆ X        One<m> ⊆ X if m ∈ X        Branch<A, B, C, D> ⊆ Branch<E, F, G, H> if A ⊆ E, B ⊆ F, C ⊆ G, D ⊆ H
//! ```
//! A branch is never a subset of a leaf; the impls that say so lead the compiler on to the members that are missing.

use frunk::{HNil, hlist};

use super::{Branch, Depth, Down, Empty, HasAt, Here, One, ServiceSet, Stored};
use crate::{Inject, Service};

/// A set of services, all of which `Super` has too. Both stand at the depth `At`.
pub trait SubsetOf<Super: ServiceSet, At = Here>: ServiceSet {
    /// The values of this set, cloned.
    fn project(storage: &Super::Storage) -> Self::Storage;
}

impl<Super: ServiceSet, At> SubsetOf<Super, At> for Empty {
    fn project(_: &Super::Storage) -> HNil {
        HNil
    }
}

impl<Super, S, At> SubsetOf<Super, At> for One<S>
where
    S: Service + ?Sized + 'static,
    At: Depth,
    Super: HasAt<S, At::Rest<S::Key>>,
{
    fn project(storage: &Super::Storage) -> Inject<S> {
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
    fn project(storage: &<Branch<E, F, G, H> as Stored>::Storage) -> Self::Storage {
        hlist![
            A::project(&storage.head),
            B::project(&storage.tail.head),
            C::project(&storage.tail.tail.head),
            D::project(&storage.tail.tail.tail.head),
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
            fn project(storage: &<$leaf as Stored>::Storage) -> Self::Storage {
                hlist![A::project(storage), B::project(storage), C::project(storage), D::project(storage)]
            }
        }
    };
}
leaf!(Empty);
leaf!(One<S>, S);
