//! `#[effect]` on a function.

mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;

/// `#[effect(args)] item`
pub(crate) fn attribute(args: &TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    match model::parse(args, item.clone(), &mut errors) {
        Some(model) if errors.is_empty() => expand::whole(&model),
        Some(model) => {
            let stub = expand::stub(&model);
            let errors = errors.into_tokens();
            quote!(#errors #stub)
        }
        None => {
            let errors = errors.into_tokens();
            quote!(#errors #item)
        }
    }
}
