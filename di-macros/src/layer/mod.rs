//! `#[layer]` on a function and `#[derive(Layer)]` on a struct: two ways to write one model.

mod expand;
mod function;
mod model;
mod outputs;
mod structure;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;

/// `#[layer(args)] item`
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    match function::parse(args, item.clone(), &mut errors) {
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

/// `#[derive(Layer)] item`
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    match structure::parse(item, &mut errors) {
        Some(model) if errors.is_empty() => expand::whole(&model),
        model => {
            let stub = model.as_ref().map(expand::stub);
            let errors = errors.into_tokens();
            quote!(#errors #stub)
        }
    }
}
