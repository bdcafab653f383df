//! From an error with `#[derive(Failure)]` to the model.

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput, GenericParam, Generics, ext::IdentExt};

use crate::{
    errors::Errors,
    key::Keyed,
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
    let possible = check_generics(&input.generics, errors);
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

/// Reports all parameters; `true` if there are none.
fn check_generics(generics: &Generics, errors: &mut Errors) -> bool {
    for parameter in &generics.params {
        match parameter {
            GenericParam::Lifetime(parameter) => {
                errors.over(&parameter.lifetime, "a failure owns what it has: lifetime parameters are not possible");
            }
            GenericParam::Type(parameter) => errors.over(&parameter.ident, ONE_ERROR),
            GenericParam::Const(parameter) => errors.over(&parameter.ident, ONE_ERROR),
        }
    }
    generics.params.is_empty()
}

const ONE_ERROR: &str = "a failure is one error with one name: parameters are not possible; write an error for each case, \
                         or keep what differs in a field, such as a `String` or a `Box<dyn Error + Send + Sync>`";
