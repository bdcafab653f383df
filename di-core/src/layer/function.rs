//! Closures as constructors: what they need is the types of their parameters.

use super::construct::{Construction, Inputs, Outputs, Raise};
use crate::set::{Empty, Member, One, Set, UnionOf};
use crate::{AnyFailure, BoxFuture, ConstructorError, Gives, Inject, Service};

/// A parameter of a constructor or an effect that is filled in by the library.
#[diagnostic::on_unimplemented(
    message = "a parameter of the type `{Self}` cannot be injected",
    label = "not an `Inject<S>`, and not a `Scope`",
    note = "write `Inject<S>` for a service; a closure captures everything else"
)]
pub trait Argument: Send + 'static {
    /// The service it needs, if it needs one.
    type Needs: Set;

    /// Adds what it needs to a list.
    fn needs(list: &mut Vec<Member>);

    /// Takes it out of what the constructor is handed.
    fn take(inputs: &dyn Source) -> Self;
}

/// Where arguments are taken from.
pub trait Source {
    /// The services.
    fn services(&self) -> &crate::ServiceMap;
    /// The scope, its type forgotten.
    fn scope(&self) -> std::sync::Arc<dyn std::any::Any + Send + Sync>;
}

impl<S: Service + ?Sized + 'static> Argument for Inject<S> {
    type Needs = One<S>;

    fn needs(list: &mut Vec<Member>) {
        list.push(Member::of::<S>());
    }

    fn take(inputs: &dyn Source) -> Self {
        inputs.services().get::<S>().cloned().expect("the services that a closure's type names are what it is handed")
    }
}

/// What a constructor may return: a service, or a `Result` with one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service, nor a `Result` with one [DI0006]",
    label = "a layer cannot give what this makes",
    note = "return a type with `#[derive(Service)]`, or `Result<S, E>`; `E` is `Box<dyn Error + Send + Sync>`, or implements `std::error::Error` and is `Send + Sync`"
)]
pub trait Made {
    /// What the layer gives.
    type Out: Set;
    /// How it can fail.
    type Err: Set;

    /// What it gives, as a list.
    fn gives() -> Vec<Member>;

    /// Shares what was made.
    fn outputs(self) -> Result<Outputs, Raise>;
}

#[diagnostic::do_not_recommend]
impl<S: Gives<S> + 'static> Made for S {
    type Out = One<S>;
    type Err = Empty;

    fn gives() -> Vec<Member> {
        vec![Member::of::<S>()]
    }

    fn outputs(self) -> Result<Outputs, Raise> {
        Ok(Outputs::one::<S, S>(self))
    }
}

impl<S: Gives<S> + 'static, E: ConstructorError> Made for Result<S, E> {
    type Out = One<S>;
    type Err = One<AnyFailure>;

    fn gives() -> Vec<Member> {
        S::gives()
    }

    fn outputs(self) -> Result<Outputs, Raise> {
        self.map_err(Raise::any)?.outputs()
    }
}

/// An async closure that makes a service out of services; `Arguments` is inferred.
#[diagnostic::on_unimplemented(
    message = "a layer cannot be made of this",
    label = "not a closure that takes services and returns a future",
    note = "write `|config: Inject<Config>| async move {{ .. }}`, with at most eight parameters, each an `Inject<S>` or a `Scope`"
)]
pub trait AsyncConstructor<Arguments>: Send + Sync + 'static {
    /// What it makes.
    type Made;

    /// Runs it.
    fn construct(&self, inputs: Inputs) -> Construction
    where
        Self::Made: Made;
}

/// A closure that makes a service out of services at once; `Arguments` is inferred.
#[diagnostic::on_unimplemented(
    message = "a layer cannot be made of this",
    label = "not a closure that takes services",
    note = "write `|config: Inject<Config>| ..`, with at most eight parameters, each an `Inject<S>` or a `Scope`"
)]
pub trait Constructor<Arguments>: Send + Sync + 'static {
    /// What it makes.
    type Made;

    /// Runs it.
    fn construct(&self, inputs: Inputs) -> Construction
    where
        Self::Made: Made;
}

/// A closure that does work with services; `Arguments` is inferred.
///
/// It is called once, so that what it captured may move into its future.
#[diagnostic::on_unimplemented(
    message = "this cannot be run with services",
    label = "not a closure that takes services and returns a future",
    note = "write `|config: Inject<Config>| async move {{ .. }}`, with at most eight parameters, each an `Inject<S>` or a `Scope`"
)]
pub trait Work<Arguments>: Send + 'static {
    /// What its future returns.
    type Output: Send + 'static;

    /// Begins the work.
    fn begin(self, inputs: &dyn Source) -> BoxFuture<Self::Output>;
}

/// A closure that makes something out of services at once; `Arguments` is inferred.
#[diagnostic::on_unimplemented(
    message = "this cannot be called with services",
    label = "not a closure that takes services",
    note = "write `|config: Inject<Config>| ..`, with at most eight parameters, each an `Inject<S>` or a `Scope`"
)]
pub trait Call<Arguments>: Send + Sync + 'static {
    /// What it returns.
    type Output;

    /// Calls it.
    fn call(&self, inputs: &dyn Source) -> Self::Output;
}

/// The parameters of a closure, as a tuple.
pub trait ArgumentList {
    /// The services they need.
    type Needs: Set;

    /// What they need, as a list.
    fn needs() -> Vec<Member>;
}

/// The union of what a list of arguments needs.
type NeedsOf<Argument, Others> = UnionOf<<Argument as self::Argument>::Needs, Others>;

macro_rules! needs {
    () => { Empty };
    ($first:ident $($other:ident)*) => { NeedsOf<$first, needs!($($other)*)> };
}

macro_rules! closures {
    ($($argument:ident)*) => {
        impl<$($argument: Argument),*> ArgumentList for ($($argument,)*) {
            type Needs = needs!($($argument)*);

            fn needs() -> Vec<Member> {
                #[allow(unused_mut, reason = "a closure without parameters needs nothing")]
                let mut list = Vec::new();
                $($argument::needs(&mut list);)*
                list
            }
        }

        impl<Run, Out, Fut, $($argument),*> AsyncConstructor<($($argument,)*)> for Run
        where
            Run: Fn($($argument),*) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = Out> + Send + 'static,
            $($argument: Argument,)*
        {
            type Made = Out;

            #[allow(unused_variables, reason = "a closure without parameters takes nothing")]
            fn construct(&self, inputs: Inputs) -> Construction
            where
                Out: Made,
            {
                let future = self($($argument::take(&inputs)),*);
                Construction::pending(async move { future.await.outputs() })
            }
        }

        impl<Run, Out, $($argument),*> Constructor<($($argument,)*)> for Run
        where
            Run: Fn($($argument),*) -> Out + Send + Sync + 'static,
            $($argument: Argument,)*
        {
            type Made = Out;

            #[allow(unused_variables, reason = "a closure without parameters takes nothing")]
            fn construct(&self, inputs: Inputs) -> Construction
            where
                Out: Made,
            {
                Construction::ready(self($($argument::take(&inputs)),*).outputs())
            }
        }

        impl<Run, Out, $($argument),*> Call<($($argument,)*)> for Run
        where
            Run: Fn($($argument),*) -> Out + Send + Sync + 'static,
            $($argument: Argument,)*
        {
            type Output = Out;

            #[allow(unused_variables, reason = "a closure without parameters takes nothing")]
            fn call(&self, inputs: &dyn Source) -> Out {
                self($($argument::take(inputs)),*)
            }
        }

        impl<Run, Fut, $($argument),*> Work<($($argument,)*)> for Run
        where
            Run: FnOnce($($argument),*) -> Fut + Send + 'static,
            Fut: Future<Output: Send + 'static> + Send + 'static,
            $($argument: Argument,)*
        {
            type Output = Fut::Output;

            #[allow(unused_variables, reason = "a closure without parameters takes nothing")]
            fn begin(self, inputs: &dyn Source) -> BoxFuture<Self::Output> {
                Box::pin(self($($argument::take(inputs)),*))
            }
        }
    };
}
closures!();
closures!(A);
closures!(A B);
closures!(A B C);
closures!(A B C D);
closures!(A B C D E);
closures!(A B C D E F);
closures!(A B C D E F G);
closures!(A B C D E F G H);
