//! `#[effect]` on a function.

mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// `#[effect(args)] item`
pub(crate) fn attribute(args: &TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let model = model::parse(args, item.clone(), &mut errors);
    errors.expand(model, expand::whole, expand::stub, item)
}
