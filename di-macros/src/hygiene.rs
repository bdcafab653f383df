//! Spans and names of generated code.

use proc_macro2::{Ident, Span};

/// A place in the user's code for tokens that are ours: errors point there, names and lints do not belong to it.
pub(crate) fn at(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

/// A local variable that no name of the user's can be confused with.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The local variable for the parameter or value at `index`.
pub(crate) fn numbered(name: &str, index: usize) -> Ident {
    local(&format!("__di_{name}{index}"))
}
