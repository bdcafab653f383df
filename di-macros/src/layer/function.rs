//! From a function with `#[layer]` to the model.

use proc_macro2::{Span, TokenStream};
use syn::{Type, spanned::Spanned};

use super::{
    model::{Failure, Model, Recipe},
    outputs::Outputs,
};
use crate::{
    errors::Errors,
    function::Function,
    options::{Allowed, Form, Options},
    params::Place,
    types::{last_segment, type_arguments, written},
};

const OPTIONS: [Allowed; 3] = [
    Allowed { name: "as", form: Form::Type, example: "as dyn Users" },
    Allowed { name: "fails", form: Form::Flag, example: "fails" },
    Allowed { name: "memo", form: Form::Flag, example: "memo" },
];

pub(crate) fn parse(args: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Model> {
    let options = Options::parse(args, "layer", &OPTIONS, errors);
    let function = Function::parse(item, Place::Layer, errors)?;
    Some(model(function, &options, errors))
}

/// The layer that a function makes, with the options `as`, `fails` and `memo`.
pub(crate) fn model(function: Function, options: &Options, errors: &mut Errors) -> Model {
    let (value, failure) = fallible(function.returned(), options.span("fails"), errors);
    Model {
        needs: function.needs(),
        outputs: Outputs::parse(value, options.ty("as"), errors),
        failure,
        memo: options.has("memo"),
        recipe: Recipe::Function(Box::new(function)),
    }
}

/// Takes `Result<T, E>` apart.
fn fallible<'a>(returned: Option<&'a Type>, fails: Option<Span>, errors: &mut Errors) -> (Option<&'a Type>, Failure) {
    let result = returned.and_then(last_segment).filter(|segment| segment.ident == "Result");
    let (Some(segment), Some(returned)) = (result, returned) else {
        if let Some(fails) = fails {
            errors.at(fails, "`fails` names the error of a `Result`; return `Result<T, E>`, or remove `fails`");
        }
        return (returned, Failure::Never);
    };
    let arguments = type_arguments(segment);
    match (arguments.as_slice(), fails) {
        ([], _) => {
            errors.over(returned, "write out what the layer gives and how it fails: `Result<T, E>`");
            (None, Failure::Any(returned.span()))
        }
        ([value], None) => (Some(value), Failure::Any(returned.span())),
        ([value], Some(_)) => {
            let value_written = written(value);
            errors.over(returned, format!("`fails` needs the error written out: `Result<{value_written}, E>`"));
            (Some(value), Failure::Any(returned.span()))
        }
        ([value, error, ..], None) => (Some(value), Failure::Any(error.span())),
        ([value, error, ..], Some(_)) => (Some(value), Failure::Named(Box::new((*error).clone()))),
    }
}
