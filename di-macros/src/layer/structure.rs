//! From a struct with `#[derive(Layer)]` to the model.

use proc_macro2::{Ident, TokenStream};
use quote::format_ident;
use syn::{Data, DeriveInput, Field, Member, Type, spanned::Spanned};

use super::{
    model::{Failure, Model, Origin, Recipe, Slot, Structure},
    outputs::Outputs,
};
use crate::{
    errors::Errors,
    options::{Allowed, Form, Options},
    params::Need,
    types::{last_segment, self_type, type_arguments},
};

const OPTIONS: [Allowed; 2] = [
    Allowed { name: "as", form: Form::Type, example: "as dyn Users" },
    Allowed { name: "memo", form: Form::Flag, example: "memo" },
];

const FIELD_OPTIONS: [Allowed; 1] = [Allowed { name: "default", form: Form::EqualsExpr, example: "default = value" }];

pub(crate) fn parse(item: TokenStream, errors: &mut Errors) -> Option<Model> {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    let options = Options::of_helper(&input.attrs, "layer", &OPTIONS, errors);
    let wrong = match &input.data {
        Data::Struct(_) => None,
        Data::Enum(data) => Some(data.enum_token.span),
        Data::Union(data) => Some(data.union_token.span),
    };
    let Data::Struct(data) = &input.data else {
        let message =
            "#[derive(Layer)] builds a struct from its fields; for anything else write a function with #[layer]";
        errors.at(wrong.unwrap_or_else(|| input.ident.span()), message);
        return None;
    };
    for parameter in input.generics.lifetimes() {
        errors.over(&parameter.lifetime, "a service owns what it has: lifetime parameters are not possible");
    }
    let members = data.fields.members();
    let fields = data.fields.iter().zip(members).enumerate();
    let fields: Vec<Slot> = fields.map(|(index, (field, member))| slot(field, member, index, errors)).collect();
    let needs = fields.iter().filter_map(|field| match &field.origin {
        Origin::Need(need) => Some((**need).clone()),
        _ => None,
    });
    let own = Type::Verbatim(self_type(&input.ident, &input.generics));
    Some(Model {
        needs: needs.collect(),
        outputs: Outputs::of_struct(own, options.ty("as"), errors),
        failure: Failure::Never,
        memo: options.has("memo"),
        recipe: Recipe::Struct(Structure { name: input.ident, vis: input.vis, generics: input.generics, fields }),
    })
}

fn slot(field: &Field, member: Member, index: usize, errors: &mut Errors) -> Slot {
    let options = Options::of_helper(&field.attrs, "layer", &FIELD_OPTIONS, errors);
    let origin = if let Some(value) = options.expr("default") {
        Origin::Expr(Box::new(value.clone()))
    } else if options.has("default") {
        Origin::Default
    } else {
        match injected(&field.ty, errors) {
            Some(service) => Origin::Need(Box::new(Need { service, injected: field.ty.clone() })),
            None => Origin::Argument(argument_name(&member, index)),
        }
    };
    Slot { member, ty: field.ty.clone(), origin }
}

/// The `S` of a field of type `Inject<S>`.
fn injected(ty: &Type, errors: &mut Errors) -> Option<Type> {
    if let Type::Reference(reference) = ty {
        let borrowed = last_segment(&reference.elem).is_some_and(|to| to.ident == "Inject");
        if borrowed {
            let inner = crate::types::written(&reference.elem);
            errors.over(ty, format!("write `{inner}`; it is a pointer already"));
        }
        return None;
    }
    let segment = last_segment(ty).filter(|segment| segment.ident == "Inject")?;
    match type_arguments(segment).as_slice() {
        [service] => Some((*service).clone()),
        // The compiler reports the missing argument at this very type.
        _ => None,
    }
}

fn argument_name(member: &Member, index: usize) -> Ident {
    match member {
        Member::Named(name) => name.clone(),
        Member::Unnamed(_) => format_ident!("field{}", index, span = member.span()),
    }
}
