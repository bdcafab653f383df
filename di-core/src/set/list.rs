//! Sets as users write them: lists in any order, with or without repetitions.
//!
//! ```text
//! services(HNil) = Empty        services(HCons<Inject<S>, T>) = insert(services(T), S)
//! ```

use std::marker::PhantomData;

use frunk::{HCons, HNil};

use super::{AllSame, Empty, Met, One, ServiceSet, Set, UnionOf};
use crate::{AnyService, Failure, Inject, Service, ServiceMap};

/// The set of the services in an `HList![Inject<A>, Inject<B>, ..]`; [`services!`](crate::services) writes it.
pub type Services<List> = <List as ServiceList>::Set;

/// The set of the failures in an `HList![Raised<A>, Raised<B>, ..]`; [`failures!`](crate::failures) writes it.
pub type Failures<List> = <List as FailureList>::Set;

/// An `HList![Inject<A>, Inject<B>, ..]`, in the order of whoever wrote it.
pub trait ServiceList: Sized {
    /// The services as a set.
    type Set: Set;
}

impl ServiceList for HNil {
    type Set = Empty;
}

impl<S, Tail> ServiceList for HCons<Inject<S>, Tail>
where
    S: Service + ?Sized,
    Tail: ServiceList,
    Met<One<S>, Tail::Set>: AllSame,
{
    type Set = UnionOf<One<S>, Tail::Set>;
}

/// A [`ServiceList`] with values in it.
pub trait ServiceValues: ServiceList<Set: ServiceSet> {
    /// Hands out the values, their types forgotten.
    fn visit(&self, visit: &mut dyn FnMut(AnyService));

    /// Picks the values out of services whose types are forgotten.
    fn collect(services: &ServiceMap) -> Option<Self>;
}

impl ServiceValues for HNil {
    fn visit(&self, _: &mut dyn FnMut(AnyService)) {}

    fn collect(_: &ServiceMap) -> Option<Self> {
        Some(HNil)
    }
}

impl<S, Tail> ServiceValues for HCons<Inject<S>, Tail>
where
    S: Service + ?Sized + 'static,
    Tail: ServiceValues,
    Self: ServiceList<Set: ServiceSet>,
{
    fn visit(&self, visit: &mut dyn FnMut(AnyService)) {
        visit(AnyService::new(self.head.clone()));
        self.tail.visit(visit);
    }

    fn collect(services: &ServiceMap) -> Option<Self> {
        Some(Self { head: services.get::<S>()?.clone(), tail: Tail::collect(services)? })
    }
}

/// An `HList![Raised<A>, Raised<B>, ..]`.
pub trait FailureList {
    /// The failures as a set.
    type Set: Set;
}

/// Stands for the failure `E` in a list of types.
pub struct Raised<E>(PhantomData<E>);

impl FailureList for HNil {
    type Set = Empty;
}

impl<E: Failure, Tail: FailureList> FailureList for HCons<Raised<E>, Tail> {
    type Set = UnionOf<One<E>, Tail::Set>;
}

/// The set of these services: `services![dyn Users, Config]` is `Services<HList![Inject<dyn Users>, Inject<Config>]>`.
///
/// Order and repetitions do not matter: equal sets are one type.
#[macro_export]
macro_rules! services {
    ($($service:ty),* $(,)?) => {
        $crate::set::Services<$crate::__hlist!($($crate::Inject<$service>),*)>
    };
}

/// The set of these failures: `failures![DbError, AnyFailure]`.
#[macro_export]
macro_rules! failures {
    ($($failure:ty),* $(,)?) => {
        $crate::set::Failures<$crate::__hlist!($($crate::set::Raised<$failure>),*)>
    };
}

/// The type of a list; frunk's own macro would have to be in scope at the caller's.
#[doc(hidden)]
#[macro_export]
macro_rules! __hlist {
    () => { $crate::__private::HNil };
    ($head:ty $(, $tail:ty)*) => { $crate::__private::HCons<$head, $crate::__hlist!($($tail),*)> };
}
