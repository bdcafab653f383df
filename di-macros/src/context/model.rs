//! From a struct with `#[derive(Context)]` to the model.

use proc_macro2::{Ident, TokenStream};
use syn::{Data, DeriveInput, Field, Fields, Generics};

use crate::{
    errors::Errors,
    params::Need,
    types::{last_segment, type_arguments, written},
};

pub(crate) struct Model {
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
    pub(crate) fields: Vec<Named>,
}

/// `users: Inject<dyn Users>`
pub(crate) struct Named {
    pub(crate) name: Ident,
    pub(crate) need: Need,
}

pub(crate) fn parse(item: TokenStream, errors: &mut Errors) -> Option<Model> {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    let Data::Struct(data) = &input.data else {
        errors.at(input.ident.span(), WRONG_ITEM);
        return None;
    };
    let Fields::Named(fields) = &data.fields else {
        errors.at(input.ident.span(), WRONG_ITEM);
        return None;
    };
    let mut named: Vec<Named> = Vec::new();
    for field in &fields.named {
        let Some(found) = parse_field(field, errors) else {
            continue;
        };
        let service = written(&found.need.service);
        match named.iter().find(|other| written(&other.need.service) == service) {
            None => named.push(found),
            Some(first) => errors
                .over(&field.ty, format!("`{service}` is the field `{}` already; remove one of the two", first.name)),
        }
    }
    Some(Model { name: input.ident, generics: input.generics, fields: named })
}

const WRONG_ITEM: &str = "a context is a struct with named fields: `struct App { users: Inject<dyn Users> }`";

fn parse_field(field: &Field, errors: &mut Errors) -> Option<Named> {
    let segment = last_segment(&field.ty).filter(|segment| segment.ident == "Inject");
    let arguments = segment.map(type_arguments).unwrap_or_default();
    let ([service], Some(name)) = (arguments.as_slice(), &field.ident) else {
        let hint = "a field of a context is a service; write `Inject<S>`, for example `Inject<dyn Users>`";
        errors.over(&field.ty, hint);
        return None;
    };
    Some(Named { name: name.clone(), need: Need { service: (*service).clone(), injected: field.ty.clone() } })
}
