//! `layers![<header> entries]`: a list of layers that becomes one.

mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// `layers![..]`
pub(crate) fn bang(input: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    match model::parse(input, &mut errors) {
        Some(list) if errors.is_empty() => expand::whole(&list),
        _ => expand::stub(errors),
    }
}
