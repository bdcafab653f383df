//! What a layer gives: from the return type, and from `as`.

use proc_macro2::Span;
use syn::{Token, Type, parse::Parser, punctuated::Punctuated, spanned::Spanned};

use crate::{
    errors::Errors,
    types::{as_dyn, is_unit, peel, written},
};

/// The services a layer gives, and how the value that holds them is taken apart.
pub(crate) struct Outputs {
    pub(crate) shape: Shape,
    pub(crate) services: Vec<Type>,
    pub(crate) place: Span,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `()`
    Unit,
    /// The one value.
    One,
    /// `(A, B)`
    Tuple,
    /// `HList![A, B]`
    List,
}

impl Outputs {
    /// The return type `ty`, given under the names of `named`.
    pub(crate) fn parse(ty: Option<&Type>, named: Option<&Type>, errors: &mut Errors) -> Self {
        let (shape, returned) = ty.map_or((Shape::Unit, Vec::new()), |ty| split(ty, errors));
        let place = ty.map_or_else(Span::call_site, Spanned::span);
        let services = match named {
            None => returned.iter().map(|ty| own_name(ty, errors)).collect(),
            Some(named) => {
                let names = names(named);
                if names.len() != returned.len() {
                    errors.over(named, mismatch(names.len(), returned.len()));
                }
                names
            }
        };
        Self { shape, services, place }
    }

    /// What a struct gives: itself, or what `as` says.
    pub(crate) fn of_struct(own: Type, named: Option<&Type>, errors: &mut Errors) -> Self {
        let place = own.span();
        let service = match named.map(|named| (named, names(named))) {
            None => own,
            Some((named, names)) => match <[Type; 1]>::try_from(names) {
                Ok([name]) => name,
                Err(names) => {
                    errors.over(named, mismatch(names.len(), 1));
                    own
                }
            },
        };
        Self { shape: Shape::One, services: vec![service], place }
    }
}

/// The returned type as the types in it.
fn split(ty: &Type, errors: &mut Errors) -> (Shape, Vec<Type>) {
    match peel(ty) {
        unit if is_unit(unit) => (Shape::Unit, Vec::new()),
        Type::Tuple(tuple) => (Shape::Tuple, tuple.elems.iter().cloned().collect()),
        Type::Macro(list) if is_list(&list.mac.path) => {
            let types = Punctuated::<Type, Token![,]>::parse_terminated;
            match types.parse2(list.mac.tokens.clone()) {
                Ok(types) => (Shape::List, types.into_iter().collect()),
                Err(_) => {
                    errors.over(list, "write the types of the list one by one: `HList![A, B]`");
                    (Shape::Unit, Vec::new())
                }
            }
        }
        one => (Shape::One, vec![one.clone()]),
    }
}

fn is_list(path: &syn::Path) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == "HList")
}

/// The types of `as Type` or `as (TypeA, TypeB)`.
fn names(named: &Type) -> Vec<Type> {
    match peel(named) {
        Type::Tuple(tuple) => tuple.elems.iter().cloned().collect(),
        one => vec![one.clone()],
    }
}

/// The service that a returned type is, without `as`.
fn own_name(ty: &Type, errors: &mut Errors) -> Type {
    match as_dyn(ty) {
        None => ty.clone(),
        Some(named) => {
            let option = written(&named);
            errors.over(
                ty,
                format!("a service needs a name; write `#[layer(as {option})]`, or return a type with a name"),
            );
            named
        }
    }
}

fn mismatch(named: usize, returned: usize) -> String {
    let services = |count| match count {
        0 => "nothing".to_owned(),
        1 => "1 service".to_owned(),
        many => format!("{many} services"),
    };
    let cure = match returned {
        0 => "remove `as`, or return the service",
        1 => "write one type: `as Type`",
        _ => "write one type for each, in order: `as (TypeA, TypeB)`",
    };
    let (named, returned) = (services(named), services(returned));
    format!("`as` names {named}, but the layer gives {returned}; {cure}")
}
