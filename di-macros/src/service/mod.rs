//! `#[derive(Service)]` on a type, `#[service]` on a trait, on an implementation of one, or on a tag.

mod expand;
mod mock;
mod model;
pub(crate) use model::conditions;
mod object;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// `#[derive(Service)] item`
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let model = model::parse_derive(item, &mut errors);
    let code = model.as_ref().map(expand::own);
    errors.beside(code)
}

/// `#[service(args)] item`
///
/// The model of code with mistakes is complete enough to be expanded: what was wrong is left out of it.
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let model = model::parse_attribute(args, item.clone(), &mut errors);
    let code = model.as_ref().map_or(item, expand::attribute);
    errors.beside(code)
}
