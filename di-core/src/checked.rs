//! Types in generated code that have nothing to say when a check of theirs fails.
//!
//! A mistake in a type that a user wrote once would be reported at each place to which a macro copied it. The macros
//! write `Checked<{ are_types1::<Inject<Foo>>() }, Inject<Foo>>` instead. If `Foo` is no service, the compiler says so of the constant
//! (once: equal words at one place are printed once), takes the whole type for one that it could not find out, and is
//! silent about everything that follows from it.

use crate::layer::AnyLayer;
use crate::set::{Empty, One, UnionOf};
use crate::{Failure, Layer, Service};

/// `Type`, if the checks in `OK` compile.
pub type Checked<const OK: bool, Type> = Known<Check<OK>, Type>;

/// A constant whose evaluation is the check.
#[derive(Debug)]
pub struct Check<const OK: bool>;

/// What a [`Check`] lets through.
pub trait Checks {
    /// The type as it is.
    type Of<Type: ?Sized>: ?Sized;
}

impl<const OK: bool> Checks for Check<OK> {
    type Of<Type: ?Sized> = Type;
}

/// `Type`, if the check compiles.
type Known<Check, Type> = <Check as Checks>::Of<Type>;

/// Layers that give one set and need so many services: the check is written once and guards each of the types, since every
/// constant costs compile time.
macro_rules! aliases {
    ($($name:ident: $($need:ident)*;)*) => {
        $(
            /// A layer that gives `Out`, can fail with `Err`, and needs the services that follow.
            pub type $name<Check, Out, Err, $($need),*> = Layer<Known<Check, Out>, needs!(Check $($need)*), Known<Check, Err>>;
        )*
    };
}

macro_rules! needs {
    ($check:ident) => { Empty };
    ($check:ident $one:ident) => { Known<$check, One<$one>> };
    ($check:ident $one:ident $($other:ident)+) => { UnionOf<Known<$check, One<$one>>, needs!($check $($other)+)> };
}

aliases! {
    Layer0: ;
    Layer1: A;
    Layer2: A B;
    Layer3: A B C;
    Layer4: A B C D;
    Layer5: A B C D E;
    Layer6: A B C D E F;
    Layer7: A B C D E F G;
    Layer8: A B C D E F G H;
}

// Written one by one: the compiler shows a bound that is not met where it stands, and a macro as a whole.

/// Checks that the type is a service.
pub const fn is_made_of0<S: Service + ?Sized>() -> bool {
    true
}

/// Checks that `S` is a service, and that the other type may be written as it is: `is_made_of1::<Pool, Inject<Config>>()`.
pub const fn is_made_of1<S: Service + ?Sized, A>() -> bool {
    true
}

/// Checks that `S` is a service, and that the other types may be written as they are.
pub const fn is_made_of2<S: Service + ?Sized, A, B>() -> bool {
    true
}

/// Checks that `S` is a service, and that the other types may be written as they are.
pub const fn is_made_of3<S: Service + ?Sized, A, B, C>() -> bool {
    true
}

/// Checks that `S` is a service, and that the other types may be written as they are.
pub const fn is_made_of4<S: Service + ?Sized, A, B, C, D>() -> bool {
    true
}

/// Checks that `S` is a service, and that the other types may be written as they are.
pub const fn is_made_of5<S: Service + ?Sized, A, B, C, D, E>() -> bool {
    true
}

/// Checks that `S` is a service, and that the other types may be written as they are.
pub const fn is_made_of6<S: Service + ?Sized, A, B, C, D, E, F>() -> bool {
    true
}

/// Checks that `S` is a service, and that the other types may be written as they are.
pub const fn is_made_of7<S: Service + ?Sized, A, B, C, D, E, F, G>() -> bool {
    true
}

/// Checks that `S` is a service, and that the other types may be written as they are.
pub const fn is_made_of8<S: Service + ?Sized, A, B, C, D, E, F, G, H>() -> bool {
    true
}

/// Checks that the type may be written as it is: `are_types1::<Inject<Config>>()`.
pub const fn are_types1<A>() -> bool {
    true
}

/// Checks that these types may be written as they are.
pub const fn are_types2<A, B>() -> bool {
    true
}

/// Checks that these types may be written as they are.
pub const fn are_types3<A, B, C>() -> bool {
    true
}

/// Checks that these types may be written as they are.
pub const fn are_types4<A, B, C, D>() -> bool {
    true
}

/// Checks that these types may be written as they are.
pub const fn are_types5<A, B, C, D, E>() -> bool {
    true
}

/// Checks that these types may be written as they are.
pub const fn are_types6<A, B, C, D, E, F>() -> bool {
    true
}

/// Checks that these types may be written as they are.
pub const fn are_types7<A, B, C, D, E, F, G>() -> bool {
    true
}

/// Checks that these types may be written as they are.
pub const fn are_types8<A, B, C, D, E, F, G, H>() -> bool {
    true
}

/// Checks that the type is a layer.
pub const fn is_layer<L: AnyLayer>() -> bool {
    true
}

/// Checks that the type is a failure.
pub const fn is_failure<E: Failure>() -> bool {
    true
}
