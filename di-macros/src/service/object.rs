//! What a trait needs to be a service: it is used as `dyn Users`, shared between tasks.

use proc_macro2::Span;
use syn::{
    FnArg, Generics, ImplItem, ItemImpl, ItemTrait, ReturnType, Signature, TraitItem, TypeParamBound, WherePredicate,
    parse_quote,
};

use crate::{
    errors::Errors,
    types::{find_word, written},
};

/// Reports what is impossible in `dyn Users`, and takes it out of the trait object so that nothing follows from it.
pub(crate) fn check(item: &mut ItemTrait, errors: &mut Errors) {
    let object = format!("dyn {}", item.ident);
    for bound in &item.supertraits {
        if is_bound(bound, "Sized") {
            errors
                .over(bound, format!("a service trait is used as `{object}`, which is not `Sized`; remove this bound"));
        }
    }
    for member in &mut item.items {
        match member {
            TraitItem::Type(ty) if !is_for_sized(&ty.generics) => {
                errors.over(
                    &ty.ident,
                    format!("a service trait is used as `{object}`, so it cannot have associated types; use a type parameter"),
                );
                exclude(&mut ty.generics);
            }
            TraitItem::Const(constant) => errors.over(
                &constant.ident,
                format!(
                    "a service trait is used as `{object}`, so it cannot have associated constants; write a method"
                ),
            ),
            TraitItem::Fn(method) if !is_for_sized(&method.sig.generics) => {
                if let Some((place, message)) = obstacle(&method.sig, &object) {
                    errors.at(place, message);
                    exclude(&mut method.sig.generics);
                }
            }
            _ => {}
        }
    }
}

/// Why a method cannot be called through the trait object.
fn obstacle(sig: &Signature, object: &str) -> Option<(Span, String)> {
    let cure = "or exclude it with `where Self: Sized`";
    let intro = format!("a service trait is used as `{object}`");
    if sig.receiver().is_none() {
        let name = &sig.ident;
        let message = format!("{intro}, so `{name}` needs a receiver; add `&self`, {cure}");
        return Some((name.span(), message));
    }
    let mut parameters = sig.generics.type_params().map(|p| p.ident.span());
    let mut constants = sig.generics.const_params().map(|p| p.ident.span());
    if let Some(place) = parameters.next().or_else(|| constants.next()) {
        let message = format!("{intro}, so its methods cannot be generic; use a concrete type, or `dyn Trait`, {cure}");
        return Some((place, message));
    }
    let arguments = || sig.inputs.iter().filter_map(typed);
    if let Some(place) = arguments().find_map(|ty| find_word(ty, "impl")) {
        let message =
            format!("{intro}, so its methods cannot take `impl Trait`; take `Box<dyn Trait>` or `&dyn Trait`, {cure}");
        return Some((place, message));
    }
    if let Some(place) = arguments().find_map(|ty| find_word(ty, "Self")) {
        let message = format!("{intro}, so its methods cannot take `Self`; take `&{object}`, {cure}");
        return Some((place, message));
    }
    let ReturnType::Type(_, returned) = &sig.output else {
        return None;
    };
    if let Some(place) = find_word(returned, "impl") {
        let message = format!("{intro}, so its methods cannot return `impl Trait`; return `Box<dyn Trait>`, {cure}");
        return Some((place, message));
    }
    let place = find_word(returned, "Self")?;
    let message = format!("{intro}, so its methods cannot return `Self`; return `Box<{object}>`, {cure}");
    Some((place, message))
}

fn typed(argument: &FnArg) -> Option<&syn::Type> {
    match argument {
        FnArg::Typed(typed) => Some(&typed.ty),
        FnArg::Receiver(_) => None,
    }
}

/// Whether there is a `where Self: Sized`.
pub(crate) fn is_for_sized(generics: &Generics) -> bool {
    let Some(condition) = &generics.where_clause else {
        return false;
    };
    condition.predicates.iter().any(|predicate| match predicate {
        WherePredicate::Type(bounded) => {
            written(&bounded.bounded_ty) == "Self" && bounded.bounds.iter().any(|bound| is_bound(bound, "Sized"))
        }
        _ => false,
    })
}

fn exclude(generics: &mut Generics) {
    let predicates = &mut generics.make_where_clause().predicates;
    predicates.push(parse_quote!(Self: ::core::marker::Sized));
}

fn is_bound(bound: &TypeParamBound, name: &str) -> bool {
    match bound {
        TypeParamBound::Trait(bound) => {
            bound.maybe.is_none() && bound.path.segments.last().is_some_and(|segment| segment.ident == name)
        }
        _ => false,
    }
}

/// Adds `Send + Sync + 'static`, each unless it is written.
pub(crate) fn add_supertraits(item: &mut ItemTrait) {
    item.supertraits =
        std::mem::take(&mut item.supertraits).into_iter().filter(|bound| !is_bound(bound, "Sized")).collect();
    let written = |name: &str| item.supertraits.iter().any(|bound| is_bound(bound, name));
    let forever = item.supertraits.iter().any(|bound| match bound {
        TypeParamBound::Lifetime(lifetime) => lifetime.ident == "static",
        _ => false,
    });
    let (send, sync) = (written("Send"), written("Sync"));
    if !send {
        item.supertraits.push(parse_quote!(::core::marker::Send));
    }
    if !sync {
        item.supertraits.push(parse_quote!(::core::marker::Sync));
    }
    if !forever {
        item.supertraits.push(parse_quote!('static));
    }
}

pub(crate) fn has_async_method(item: &ItemTrait) -> bool {
    item.items.iter().any(|member| match member {
        TraitItem::Fn(method) => method.sig.asyncness.is_some(),
        _ => false,
    })
}

pub(crate) fn has_async_implementation(item: &ItemImpl) -> bool {
    item.items.iter().any(|member| match member {
        ImplItem::Fn(method) => method.sig.asyncness.is_some(),
        _ => false,
    })
}
