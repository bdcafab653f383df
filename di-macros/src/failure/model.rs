//! From an error with `#[derive(Failure)]` to the model.

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput, ext::IdentExt};

use crate::{
    errors::Errors,
    key::{Keyed, check_generics},
    options::{Allowed, Form, Options},
    types::self_type,
};

const OPTIONS: [Allowed; 1] = [Allowed { name: "key", form: Form::EqualsText, example: "key = \"...\"" }];

/// The failure; it has nothing but its key.
pub(crate) fn parse(item: TokenStream, errors: &mut Errors) -> Option<Keyed> {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    let options = Options::of_helper(&input.attrs, "failure", &OPTIONS, errors);
    let possible = check_generics(&input.generics, "failure", errors);
    if let Data::Union(data) = &input.data {
        errors.at(data.union_token.span, "a failure is a struct or an enum; write one of these");
    }
    possible.then(|| Keyed {
        ty: self_type(&input.ident, &input.generics),
        printed: input.ident.unraw().to_string(),
        name: input.ident,
        generics: input.generics,
        text: options.text("key").cloned(),
    })
}
