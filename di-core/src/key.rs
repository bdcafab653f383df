//! Type-level keys: the digits by which a set finds its members.

#![allow(missing_debug_implementations, reason = "these types are names; they have no values")]

use std::fmt;
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

/// A printable name that is known at compile time: `Config`, `dyn Users`, `Cache<User>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    base: &'static str,
    arguments: &'static [&'static Name],
}

impl Name {
    /// The name of an item without type arguments.
    pub const fn new(base: &'static str) -> Self {
        Self { base, arguments: &[] }
    }

    /// The name of a generic item: `base` followed by its arguments in angle brackets.
    pub const fn generic(base: &'static str, arguments: &'static [&'static Self]) -> Self {
        Self { base, arguments }
    }

    /// The name without its type arguments.
    pub const fn base(&self) -> &'static str {
        self.base
    }

    /// The names of the type arguments.
    pub const fn arguments(&self) -> &'static [&'static Self] {
        self.arguments
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base)?;
        for (index, argument) in self.arguments.iter().enumerate() {
            let opening = if index == 0 { "<" } else { ", " };
            write!(f, "{opening}{argument}")?;
        }
        if self.arguments.is_empty() { Ok(()) } else { f.write_str(">") }
    }
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

mod mix;
pub use mix::{Digit, Mix, Mixed};
