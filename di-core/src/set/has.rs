//! One member of a set of services, and the way to its value.
//!
//! ```text
//! m ∈ One<n>               if m = n
//! m ∈ Branch<A, B, C, D>   if m ∈ the child that m's key names
//! ```
//! The way is a path of field accesses: no hash, no lock, no downcast is left at run time.

use super::{Branch, One, ServiceSet};
use crate::key::{D0, D1, D2, D3, Digits};
use crate::{Inject, Service};

/// A set of services that has `S` among its members.
#[diagnostic::on_unimplemented(
    message = "the context does not provide `{S}` [DI0002]",
    label = "`{S}` is not among the services of this context",
    note = "build the context from a layer that gives `{S}`, for example with `.provide_merge(..)`, or add a service that is shared already: `context.with::<{S}>(..)`"
)]
pub trait Has<S: Service + ?Sized>: ServiceSet {
    /// The service in the set's storage.
    fn service(storage: &Self::Storage) -> &Inject<S>;
}

#[diagnostic::do_not_recommend]
impl<This, S> Has<S> for This
where
    S: Service + ?Sized + 'static,
    This: ServiceSet + HasAt<S, S::Key>,
{
    fn service(storage: &Self::Storage) -> &Inject<S> {
        Self::service_at(storage)
    }
}

/// The same, where `Path` is the rest of the key of `S`.
#[diagnostic::on_unimplemented(
    message = "the context does not provide `{S}` [DI0002]",
    label = "`{S}` is not among the services of this context",
    note = "build the context from a layer that gives `{S}`, for example with `.provide_merge(..)`, or add a service that is shared already: `context.with::<{S}>(..)`"
)]
pub trait HasAt<S: Service + ?Sized, Path>: ServiceSet {
    /// The service in the set's storage.
    fn service_at(storage: &Self::Storage) -> &Inject<S>;
}

impl<S: Service + ?Sized + 'static, Path> HasAt<S, Path> for One<S> {
    fn service_at(storage: &Self::Storage) -> &Inject<S> {
        storage
    }
}

macro_rules! has_at {
    ($digit:ident $child:ident: $($field:ident).*) => {
        #[diagnostic::do_not_recommend]
        impl<S, Path, A, B, C, D> HasAt<S, Digits<$digit, Path>> for Branch<A, B, C, D>
        where
            S: Service + ?Sized,
            A: ServiceSet,
            B: ServiceSet,
            C: ServiceSet,
            D: ServiceSet,
            $child: HasAt<S, Path>,
        {
            fn service_at(storage: &Self::Storage) -> &Inject<S> {
                $child::service_at(&storage.$($field).*)
            }
        }
    };
}
has_at!(D0 A: head);
has_at!(D1 B: tail.head);
has_at!(D2 C: tail.tail.head);
has_at!(D3 D: tail.tail.tail.head);
