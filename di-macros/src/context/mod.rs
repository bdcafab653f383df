//! `#[derive(Context)]` on a struct.

mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// `#[derive(Context)] item`
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let model = model::parse(item, &mut errors);
    errors.expand(model, expand::whole, expand::stub, TokenStream::new())
}
