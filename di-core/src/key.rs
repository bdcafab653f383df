//! Type-level keys: the digits by which a set finds its members.

#![allow(missing_debug_implementations, reason = "these types are names; they have no values")]

use std::marker::PhantomData;

use crate::set::{InsertAt, PartFrom, RemoveAt, WithoutKey};

/// Something that a [`Set`](crate::Set) can hold: a service or a failure.
///
/// The derive macros write this. A key is a hash of the crate's name and version, the source file and the item's
/// name, as 16 digits of radix 4; a generic item [mixes](Mixed) the keys of its arguments into its own. The
/// compiler tells different types apart by their keys alone, since Rust has no `T != U`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service [DI0006]",
    label = "this type has no name that a layer could give or need",
    note = "write `#[derive(Service)]` above the type (`#[derive(Failure)]` if it is an error), or `#[service]` above the trait",
    note = "for a type that is not yours, or an `Arc<Foo>`: inject `Foo` itself (it is shared already), or name it with a tag: `#[service(for = Foo)] struct MyFoo;`"
)]
pub trait Keyed {
    /// Where in a set this member has its place.
    type Key: Mix;
    /// What reports and messages call it.
    const NAME: Name;
}

/// A key: [`Digits`] down to the [`End`]. Each supertrait is one function on sets, seen from the key's side.
pub trait Key: InsertAt + PartFrom + RemoveAt + WithoutKey {
    /// What is left after the first digit.
    type Tail: Key;
}

/// A digit and what follows it.
pub struct Digits<Head, Tail>(PhantomData<(Head, Tail)>);

/// The end of a key.
pub struct End;

/// The digit 0.
pub struct D0;
/// The digit 1.
pub struct D1;
/// The digit 2.
pub struct D2;
/// The digit 3.
pub struct D3;

impl Key for End {
    type Tail = End;
}

macro_rules! digits {
    ($($digit:ident)*) => {
        $(impl<Tail: Key> Key for Digits<$digit, Tail> {
            type Tail = Tail;
        })*
    };
}
digits!(D0 D1 D2 D3);

pub mod fours;

mod mix;
mod name;
pub use mix::{Digit, Mix, Mixed};
pub use name::Name;
