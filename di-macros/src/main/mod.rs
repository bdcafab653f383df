//! `#[main(layer)]` on `async fn main`.

mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// `#[main(args)] item`
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let (program, model) = model::parse(args, item.clone(), &mut errors);
    match (model, program) {
        (Some(model), Some(program)) if errors.is_empty() => expand::whole(&model, &program),
        (Some(model), _) => errors.beside(expand::stub(&model)),
        (None, _) => errors.beside(item),
    }
}
