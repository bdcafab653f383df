//! `#[layer_map(Name, policy)]` on the function that makes the layer of a key: the map as a service.

mod expand;
mod model;
mod policy;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// `#[layer_map(args)] item`
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let model = model::parse(args, item.clone(), &mut errors);
    errors.expand(model, expand::whole, expand::stub, item)
}
