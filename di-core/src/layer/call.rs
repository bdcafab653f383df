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
pub fn function_layer<How, Arguments, Out, In, Err, F>(source: Source, function: F) -> Layer<Out, In, Err>
where
    Out: MemberSet,
    F: Call<How, Arguments, Out>,
{
    constant_layer(source, &F::needs(), move |inputs| function.call(&inputs))
}

/// A function that makes what is in `Out` out of its arguments.
pub trait Call<How, Arguments, Out>: Send + Sync + 'static {
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

/// One way to call a function of some arguments: what the function returns, what holds of it, and what becomes of it.
macro_rules! call {
    ($how:ident [$($parameter:ident)*] $returned:ty [$($bounds:tt)*] |$result:ident| $wrapped:expr; $($argument:ident)*) => {
        impl<S, Value, Function, $($parameter,)* $($argument),*> Call<$how, ($($argument,)*), One<S>> for Function
        where
            S: Gives<Value> + ?Sized + 'static,
            Function: Fn($($argument),*) -> $returned + Send + Sync + 'static,
            $($argument: Argument,)*
            $($bounds)*
        {
            fn needs() -> Vec<Member> {
                #[allow(unused_mut, reason = "a function without parameters needs nothing")]
                let mut list = Vec::new();
                $($argument::needs(&mut list);)*
                list
            }

            #[allow(unused_variables, reason = "a function without parameters takes nothing")]
            fn call(&self, inputs: &Inputs) -> Construction {
                let $result = self($($argument::take(inputs)),*);
                $wrapped
            }
        }
    };
}

macro_rules! calls {
    ($($argument:ident)*) => {
        call! { Plain [] Value [] |value| Construction::ready(made::<S, Value>(value)); $($argument)* }
        call! {
            Fallible [E] Result<Value, E> [E: ConstructorError,]
            |value| Construction::ready(tried::<S, Value, E>(value)); $($argument)*
        }
        call! {
            Async [Fut] Fut [Fut: Future<Output = Value> + Send + 'static,]
            |future| Construction::pending(async move { made::<S, Value>(future.await) }); $($argument)*
        }
        call! {
            AsyncFallible [Fut E] Fut
            [Fut: Future<Output = Result<Value, E>> + Send + 'static, E: ConstructorError,]
            |future| Construction::pending(async move { tried::<S, Value, E>(future.await) }); $($argument)*
        }
    };
}
calls!();
calls!(A);
calls!(A B);
calls!(A B C);
calls!(A B C D);
calls!(A B C D E2);
calls!(A B C D E2 F);
calls!(A B C D E2 F G);
calls!(A B C D E2 F G H);
