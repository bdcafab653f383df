//! `#[derive(Context)]` on a struct.

mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;

/// `#[derive(Context)] item`
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    match model::parse(item, &mut errors) {
        Some(model) if errors.is_empty() => expand::whole(&model),
        model => {
            let stub = model.as_ref().map(expand::stub);
            let errors = errors.into_tokens();
            quote!(#errors #stub)
        }
    }
}
