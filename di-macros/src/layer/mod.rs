//! `#[layer]` on a function and `#[derive(Layer)]` on a struct: two ways to write one model.

pub(crate) mod expand;
pub(crate) mod function;
pub(crate) mod model;
mod outputs;
mod structure;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// `#[layer(args)] item`
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let model = function::parse(args, item.clone(), &mut errors);
    errors.expand(model, expand::whole, expand::stub, item)
}

/// `#[derive(Layer)] item`
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let model = structure::parse(item, &mut errors);
    errors.expand(model, expand::whole, expand::stub, TokenStream::new())
}
