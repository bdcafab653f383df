//! Services: names for dependencies, and the pointers by which they are injected.

use std::any::TypeId;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::Keyed;

/// A name for a dependency, and the type behind it.
///
/// `#[derive(Service)]` makes a type the name of itself, `#[service]` makes `dyn Trait` one, and
/// `#[service(for = Type)]` on a unit struct names a type that is not yours, or one of several instances of one type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service [DI0006]",
    label = "this type has no name that a layer could give or need",
    note = "write `#[derive(Service)]` above the type, or `#[service]` above the trait",
    note = "for a type that is not yours, or an `Arc<Foo>`: inject `Foo` itself (it is shared already), or name it with a tag: `#[service(for = Foo)] struct MyFoo;`"
)]
pub trait Service: Keyed + Send + Sync {
    /// What [`Inject<Self>`](Inject) points to: `Self`, unless the service is a tag.
    type Target: ?Sized + Send + Sync + 'static;
}

/// A service that a value of the type `Value` can stand behind.
///
/// A concrete service takes itself, `dyn Trait` takes whatever implements `Trait`, a tag takes its target.
#[diagnostic::on_unimplemented(
    message = "a `{Value}` cannot stand behind the service `{Self}`",
    label = "this is not a `{Self}`"
)]
pub trait Gives<Value>: Service {
    /// Shares the value under this service's name.
    fn give(value: Value) -> Arc<Self::Target>;
}

/// A service that names itself.
#[diagnostic::do_not_recommend]
impl<S: Service<Target = S>> Gives<S> for S {
    fn give(value: S) -> Arc<S> {
        Arc::new(value)
    }
}

/// A value that can stand behind the service `S`: [`Gives`], seen from the value's side.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` cannot stand behind the service `{S}`",
    label = "this is not a `{S}`"
)]
pub trait GivenAs<S: Service + ?Sized> {
    /// The value as the service `S`.
    fn given(self) -> Inject<S>;
}

#[diagnostic::do_not_recommend]
impl<Value, S: Gives<Value> + ?Sized> GivenAs<S> for Value {
    fn given(self) -> Inject<S> {
        Inject::from(S::give(self))
    }
}

/// An injected service: a pointer that is cheap to clone and derefs to the service.
///
/// A parameter or field of this type is a need; everything else is an ordinary parameter or field.
pub struct Inject<S: Service + ?Sized>(Arc<S::Target>);

impl<S: Service + ?Sized> Inject<S> {
    /// Shares a value under the service's name.
    ///
    /// Layers do this for what they build; tests and plain code can do it by hand.
    pub fn new(value: impl GivenAs<S>) -> Self {
        value.given()
    }

    /// The shared pointer itself, for code that does not know of services.
    pub fn into_arc(self) -> Arc<S::Target> {
        self.0
    }

    /// Whether both point to one instance.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Tells whether anybody holds the instance, and does not hold it itself.
    pub(crate) fn watch(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let instance = Arc::downgrade(&self.0);
        move || instance.strong_count() > 0
    }

    /// Where the instance lives; unique among the instances of a service that are alive.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).cast::<()>() as usize
    }
}

impl<S: Service + ?Sized> From<Arc<S::Target>> for Inject<S> {
    fn from(shared: Arc<S::Target>) -> Self {
        Self(shared)
    }
}

impl<S: Service + ?Sized> Clone for Inject<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Service + ?Sized> Deref for Inject<S> {
    type Target = S::Target;

    fn deref(&self) -> &S::Target {
        &self.0
    }
}

impl<S: Service<Target: fmt::Debug> + ?Sized> fmt::Debug for Inject<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: Service<Target: fmt::Display> + ?Sized> fmt::Display for Inject<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The identity of an instance: which service it stands behind, and where it lives.
///
/// It tells apart the instances that are alive; whoever keeps one must keep the instance too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InstanceId {
    service: TypeId,
    address: usize,
}

impl InstanceId {
    pub(crate) fn of<S: Service + ?Sized + 'static>(service: &Inject<S>) -> Self {
        Self { service: TypeId::of::<S>(), address: service.address() }
    }

    /// What stands for the instance of a service that nobody has given yet; no instance lives there.
    pub(crate) fn open(service: TypeId) -> Self {
        Self { service, address: 0 }
    }
}
