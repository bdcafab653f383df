//! `#[main(layer)]` on `async fn main`, and `#[test(layer)]` on a test: functions that are built, run and released.

mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::{errors::Errors, params::Place};

/// `#[main(args)] item`
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    called(Place::Main, args, item)
}

/// `#[test(args)] item`
pub(crate) fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    called(Place::Test, args, item)
}

fn called(place: Place, args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let (program, model) = model::parse(place, args, item.clone(), &mut errors);
    match (model, program) {
        (Some(model), Some(program)) if errors.is_empty() => expand::whole(&model, &program),
        (Some(model), _) => errors.beside(expand::stub(&model)),
        (None, _) => errors.beside(item),
    }
}
