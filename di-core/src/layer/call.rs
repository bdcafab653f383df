//! Functions as constructors: one call makes a layer of a function that takes services and nothing else.
//!
//! The macros write it where they can. Whatever a call of a function needs, the compiler proves once, as one bound; the
//! code that takes the arguments and wraps what comes back is here, and not once in each layer.

use super::construct::{Construction, Inputs, Outputs, Raise};
use super::function::Argument;
use super::{Layer, Source, constant_layer};
use crate::set::{Member, MemberSet, One};
use crate::{ConstructorError, Gives};

/// The function returns its value.
#[derive(Debug)]
pub struct Plain;
/// The function returns a `Result` with its value, whose error will be forgotten.
#[derive(Debug)]
pub struct Fallible;
/// The function is async, and returns its value.
#[derive(Debug)]
pub struct Async;
/// The function is async, and returns a `Result` with its value, whose error will be forgotten.
#[derive(Debug)]
pub struct AsyncFallible;

/// The layer of a function that takes services only: the function is its identity.
#[track_caller]
pub fn function_layer<How, Out, In, Err, Arguments, F>(source: Source, function: F) -> Layer<Out, In, Err>
where
    Out: MemberSet,
    F: FunctionCall<How, Arguments, Out>,
{
    constant_layer(source, &F::needs(), move |inputs| function.call(&inputs))
}

/// A function that makes what is in `Out` out of its arguments.
pub trait FunctionCall<How, Arguments, Out>: Send + Sync + 'static {
    /// What it needs.
    fn needs() -> Vec<Member>;

    /// Calls it.
    fn call(&self, inputs: &Inputs) -> Construction;
}

fn made<S: Gives<Value> + ?Sized + 'static, Value>(value: Value) -> Result<Outputs, Raise> {
    Ok(Outputs::one::<S, Value>(value))
}

fn tried<S: Gives<Value> + ?Sized + 'static, Value, E: ConstructorError>(
    value: Result<Value, E>,
) -> Result<Outputs, Raise> {
    value.map_err(Raise::any).and_then(made::<S, Value>)
}

impl<S, Value, Arguments, Function> FunctionCall<Plain, Arguments, One<S>> for Function
where
    S: Gives<Value> + ?Sized + 'static,
    Arguments: Injected,
    Function: Fn(Arguments) -> Value + Send + Sync + 'static,
{
    fn needs() -> Vec<Member> {
        Arguments::needs()
    }

    fn call(&self, inputs: &Inputs) -> Construction {
        Construction::ready(made::<S, Value>(self(Arguments::take(inputs))))
    }
}

impl<S, Value, E, Arguments, Function> FunctionCall<Fallible, Arguments, One<S>> for Function
where
    S: Gives<Value> + ?Sized + 'static,
    E: ConstructorError,
    Arguments: Injected,
    Function: Fn(Arguments) -> Result<Value, E> + Send + Sync + 'static,
{
    fn needs() -> Vec<Member> {
        Arguments::needs()
    }

    fn call(&self, inputs: &Inputs) -> Construction {
        Construction::ready(tried::<S, Value, E>(self(Arguments::take(inputs))))
    }
}

impl<S, Value, Arguments, Function, Fut> FunctionCall<Async, Arguments, One<S>> for Function
where
    S: Gives<Value> + ?Sized + 'static,
    Arguments: Injected,
    Function: Fn(Arguments) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Value> + Send + 'static,
{
    fn needs() -> Vec<Member> {
        Arguments::needs()
    }

    fn call(&self, inputs: &Inputs) -> Construction {
        let future = self(Arguments::take(inputs));
        Construction::pending(async move { made::<S, Value>(future.await) })
    }
}

impl<S, Value, E, Arguments, Function, Fut> FunctionCall<AsyncFallible, Arguments, One<S>> for Function
where
    S: Gives<Value> + ?Sized + 'static,
    E: ConstructorError,
    Arguments: Injected,
    Function: Fn(Arguments) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Value, E>> + Send + 'static,
{
    fn needs() -> Vec<Member> {
        Arguments::needs()
    }

    fn call(&self, inputs: &Inputs) -> Construction {
        let future = self(Arguments::take(inputs));
        Construction::pending(async move { tried::<S, Value, E>(future.await) })
    }
}

/// The arguments of a function, as a tuple.
pub trait Injected {
    /// What they need.
    fn needs() -> Vec<Member>;

    /// Takes them out of what the constructor is handed.
    fn take(inputs: &Inputs) -> Self;
}

macro_rules! injected {
    ($($argument:ident)*) => {
        impl<$($argument: Argument),*> Injected for ($($argument,)*) {
            fn needs() -> Vec<Member> {
                #[allow(unused_mut, reason = "a function without parameters needs nothing")]
                let mut list = Vec::new();
                $($argument::needs(&mut list);)*
                list
            }

            #[allow(unused_variables, clippy::unused_unit, reason = "a function without parameters takes nothing")]
            fn take(inputs: &Inputs) -> Self {
                ($($argument::take(inputs),)*)
            }
        }
    };
}
injected!();
injected!(A);
injected!(A B);
injected!(A B C);
injected!(A B C D);
injected!(A B C D E);
injected!(A B C D E F);
injected!(A B C D E F G);
injected!(A B C D E F G H);
