//! Spans and names of generated code.

use proc_macro2::{Ident, Span};
use quote::ToTokens;

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

/// Where some tokens of the user's begin and end.
pub(crate) fn ends(tokens: impl ToTokens) -> (Span, Span) {
    let mut spans = tokens.to_token_stream().into_iter().map(|tree| tree.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (first, spans.last().unwrap_or(first))
}
