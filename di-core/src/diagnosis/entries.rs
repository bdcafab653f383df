//! What is known of the entries of a list.

use crate::Layer;
use crate::layer::Sides;
use crate::set::{MemberSet, Members};

/// A layer of a list: as it was written, and what it gives and needs.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub(super) name: &'static str,
    pub(super) gives: &'static Members,
    pub(super) needs: &'static Members,
}

/// What a list is to come to.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    pub(super) out: &'static Members,
    pub(super) needs: &'static Members,
    pub(super) out_text: &'static str,
    pub(super) needs_text: &'static str,
}

impl Header {
    /// The two sets, and the types between the angle brackets as they were written.
    pub const fn new<Out: MemberSet, In: MemberSet>(
        _: fn() -> Sides<Out, In>,
        out_text: &'static str,
        needs_text: &'static str,
    ) -> Self {
        Self { out: Out::MEMBERS, needs: In::MEMBERS, out_text, needs_text }
    }
}

/// An entry with these sets.
pub const fn entry<Out: MemberSet, In: MemberSet>(name: &'static str) -> Entry {
    Entry { name, gives: Out::MEMBERS, needs: In::MEMBERS }
}

macro_rules! functions {
    ($($function:ident($($argument:ident)*))*) => {
        $(
            /// The entry that calls this function.
            #[allow(clippy::too_many_arguments, reason = "the parameters are those of a pointer to a function")]
            pub const fn $function<$($argument,)* Out: MemberSet, In: MemberSet, Err>(
                name: &'static str,
                _: fn($($argument),*) -> Layer<Out, In, Err>,
            ) -> Entry {
                entry::<Out, In>(name)
            }
        )*
    };
}
functions! {
    entry0()
    entry1(A)
    entry2(A B)
    entry3(A B C)
    entry4(A B C D)
    entry5(A B C D E)
    entry6(A B C D E F)
    entry7(A B C D E F G)
    entry8(A B C D E F G H)
}
