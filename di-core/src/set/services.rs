//! Sets of services, and the values behind them.
//!
//! ```text
//! storage(Empty)              = HNil
//! storage(One<S>)             = Inject<S>
//! storage(Branch<A, B, C, D>) = HList![storage(A), storage(B), storage(C), storage(D)]
//! ```

use frunk::{HList, HNil, hlist};

use super::{Branch, Empty, Member, MemberSet, One, Set};
use crate::{AnyService, Inject, Service, ServiceMap};

/// A set, and the values of its members.
///
/// It is a trait by itself because the values of `dyn Users` are known whatever the lifetime of that is. Inside of a future
/// the compiler forgets that it is `'static`, and asks for all of them when it wants to know whether the future is `Send`.
pub trait Stored {
    /// The values of the members, nested as the set is.
    type Storage: Send + Sync;
}

impl Stored for Empty {
    type Storage = HNil;
}

impl<S: Service + ?Sized> Stored for One<S> {
    type Storage = Inject<S>;
}

impl<A: Stored, B: Stored, C: Stored, D: Stored> Stored for Branch<A, B, C, D> {
    type Storage = HList![A::Storage, B::Storage, C::Storage, D::Storage];
}

/// A set whose members are services.
pub trait ServiceSet: Stored + Set + MemberSet + 'static {
    /// Picks the members out of services whose types are forgotten; an absent one is the error.
    fn collect(services: &ServiceMap) -> Result<Self::Storage, Member>;

    /// Hands out all members, their types forgotten.
    fn visit(storage: &Self::Storage, visit: &mut dyn FnMut(AnyService));
}

impl ServiceSet for Empty {
    fn collect(_: &ServiceMap) -> Result<Self::Storage, Member> {
        Ok(HNil)
    }

    fn visit(_: &Self::Storage, _: &mut dyn FnMut(AnyService)) {}
}

impl<S: Service + ?Sized + 'static> ServiceSet for One<S> {
    fn collect(services: &ServiceMap) -> Result<Self::Storage, Member> {
        services.get::<S>().cloned().ok_or_else(Member::of::<S>)
    }

    fn visit(storage: &Self::Storage, visit: &mut dyn FnMut(AnyService)) {
        visit(AnyService::new(storage.clone()));
    }
}

impl<A: ServiceSet, B: ServiceSet, C: ServiceSet, D: ServiceSet> ServiceSet for Branch<A, B, C, D> {
    fn collect(services: &ServiceMap) -> Result<Self::Storage, Member> {
        Ok(hlist![A::collect(services)?, B::collect(services)?, C::collect(services)?, D::collect(services)?])
    }

    fn visit(storage: &Self::Storage, visit: &mut dyn FnMut(AnyService)) {
        A::visit(&storage.head, visit);
        B::visit(&storage.tail.head, visit);
        C::visit(&storage.tail.tail.head, visit);
        D::visit(&storage.tail.tail.tail.head, visit);
    }
}
