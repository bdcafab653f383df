//! Contexts: services that have been built.

use std::fmt;
use std::sync::Arc;

use crate::set::{Empty, Has, Here, ServiceSet, ServiceValues, Stored, SubsetOf, Union, UnionOf};
use crate::{Inject, Service, ServiceMap};

/// Services that have been built, one for each member of the set `Out`.
///
/// A context clones as one pointer, and [`get`](Context::get) is a field access.
///
/// ```
/// # use di::prelude::*;
/// #[derive(Service)]
/// struct Config { url: String }
///
/// let config = Inject::<Config>::new(Config { url: "sqlite::memory:".into() });
/// let context = Context::from_services(di::hlist![config]);
/// assert_eq!(context.get::<Config>().url, "sqlite::memory:");
/// ```
pub struct Context<Out: Stored = Empty> {
    storage: Arc<Out::Storage>,
}

impl<Out: ServiceSet> Context<Out> {
    /// The service `S`. It does not compile unless the context provides it (DI0002).
    pub fn get<S: Service + ?Sized>(&self) -> &Inject<S>
    where
        Out: Has<S>,
    {
        Out::service(&self.storage)
    }

    /// The context of some of these services. It does not compile unless all of them are here.
    pub fn narrow<Sub>(&self) -> Context<Sub>
    where
        Sub: SubsetOf<Out, Here>,
    {
        Context { storage: Arc::new(Sub::project(&self.storage)) }
    }

    /// The context of these services and those of `other`, which win where both have one.
    pub fn join<Other: ServiceSet>(&self, other: &Context<Other>) -> Context<UnionOf<Out, Other>>
    where
        Out: Union<Union<Other, Here>: ServiceSet>,
    {
        let mut services = self.services();
        services.extend(other.services().iter().cloned());
        Context::collect(&services).expect("each member of a union is in one of its sides")
    }

    /// The context with one more service, or another instance of one.
    pub fn with<S: Service + ?Sized + 'static>(&self, service: Inject<S>) -> Context<UnionOf<Out, crate::set::One<S>>>
    where
        Out: Union<Union<crate::set::One<S>, Here>: ServiceSet>,
    {
        self.join(&Context { storage: Arc::new(service) })
    }

    /// The context of these services, given in any order.
    pub fn from_services<List: ServiceValues<Set = Out>>(list: List) -> Self {
        let mut services = ServiceMap::default();
        list.visit(&mut |service| services.insert(service));
        Self::collect(&services).expect("a list holds each member of its own set")
    }

    /// The services as a list, in the order of whoever names its type.
    ///
    /// ```
    /// # use di::prelude::*;
    /// # #[derive(Service)] struct A;
    /// # #[derive(Service)] struct B;
    /// # let context = Context::from_services(di::hlist![Inject::<A>::new(A), Inject::<B>::new(B)]);
    /// let (b, a) = context.to_services::<di::HList![Inject<B>, Inject<A>]>().into();
    /// # let _: (Inject<B>, Inject<A>) = (b, a);
    /// ```
    pub fn to_services<List: ServiceValues>(&self) -> List
    where
        List::Set: SubsetOf<Out, Here>,
    {
        List::collect(&self.services()).expect("the bound says that each service of the list is here")
    }

    /// The services as a struct with named fields: one with `#[derive(Context)]`.
    pub fn extract<Named: FromContext<Out>>(&self) -> Named {
        Named::from_context(self)
    }

    /// The services, their types forgotten.
    // For runtimes, not for programs.
    #[doc(hidden)]
    pub fn services(&self) -> ServiceMap {
        let mut services = ServiceMap::default();
        Out::visit(&self.storage, &mut |service| services.insert(service));
        services
    }

    /// The context of services whose types are forgotten; the name of an absent one is the error.
    // For runtimes, not for programs.
    #[doc(hidden)]
    pub fn collect(services: &ServiceMap) -> Result<Self, crate::set::Member> {
        Out::collect(services).map(|storage| Self { storage: Arc::new(storage) })
    }
}

impl Context {
    /// The context without services.
    pub fn empty() -> Self {
        Self { storage: Arc::new(frunk::HNil) }
    }
}

impl<Out: ServiceSet> Clone for Context<Out> {
    fn clone(&self) -> Self {
        Self { storage: Arc::clone(&self.storage) }
    }
}

impl<Out: ServiceSet> fmt::Debug for Context<Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Vec::new();
        Out::members(&mut |member| names.push(member.to_string()));
        f.debug_tuple("Context").field(&names).finish()
    }
}

/// A struct whose fields are services; `#[derive(Context)]` writes this.
pub trait FromContext<Out: ServiceSet>: Sized {
    /// The struct, its fields taken from the context.
    fn from_context(context: &Context<Out>) -> Self;
}

/// A struct whose fields are services, and the set that they are.
pub trait NamedContext {
    /// The services of all fields.
    type Services;
}

/// Something that has the service `S`, whatever else it has: a struct with `#[derive(Context)]`, or a [`Context`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not provide `{S}` [DI0002]",
    label = "`{S}` is needed here",
    note = "add a field `Inject<{S}>` to the struct with `#[derive(Context)]`"
)]
pub trait Provides<S: ?Sized> {
    /// The service.
    fn service(&self) -> &Inject<S>
    where
        S: Service;
}

impl<S: Service + ?Sized, Out: Has<S>> Provides<S> for Context<Out> {
    fn service(&self) -> &Inject<S> {
        self.get()
    }
}
