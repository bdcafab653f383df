//! From a function with `#[effect]` to the model.

use proc_macro2::TokenStream;
use syn::{ReturnType, Type, parse_quote};

use crate::{errors::Errors, function::Function, options, params::Place, types::find_word};

pub(crate) struct Model {
    pub(crate) function: Function,
    /// What the effect results in.
    pub(crate) output: Type,
}

pub(crate) fn parse(args: &TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Model> {
    options::refuse(args, "effect", errors);
    let function = Function::parse(item, Place::Effect, errors)?;
    let output = match &function.written.sig.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => match find_word(ty, "impl") {
            None => (**ty).clone(),
            Some(span) => {
                errors.at(span, "the result of an effect needs a name; write its type instead of `impl Trait`");
                parse_quote!(())
            }
        },
    };
    Some(Model { function, output })
}
