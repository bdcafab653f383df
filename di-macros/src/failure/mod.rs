//! `#[derive(Failure)]` on an error.

mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// `#[derive(Failure)] item`
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let model = model::parse(item, &mut errors);
    let code = model.as_ref().map(expand::whole);
    errors.beside(code)
}
