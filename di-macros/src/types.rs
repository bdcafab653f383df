//! Looking into the types a user wrote.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericArgument, PathArguments, PathSegment, Type, TypeParamBound, TypeTraitObject};

/// The type without parentheses and without the invisible group of a `$t:ty`.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        other => other,
    }
}

/// The last segment of a type that is a path.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match peel(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The type arguments of a path segment: `T` and `E` of `Result<T, E>`.
pub(crate) fn type_arguments(segment: &PathSegment) -> Vec<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(list) => list.args.iter().filter_map(type_argument).collect(),
        _ => Vec::new(),
    }
}

fn type_argument(argument: &GenericArgument) -> Option<&Type> {
    match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(peel(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// `dyn Users` for `impl Users`: what the user probably wants.
pub(crate) fn as_dyn(ty: &Type) -> Option<Type> {
    let Type::ImplTrait(opaque) = peel(ty) else {
        return None;
    };
    let named = |bound: &&TypeParamBound| matches!(bound, TypeParamBound::Trait(_));
    let bound = opaque.bounds.iter().find(named)?;
    Some(Type::TraitObject(TypeTraitObject {
        attrs: Vec::new(),
        dyn_token: Some(syn::Token![dyn](opaque.impl_token.span)),
        bounds: std::iter::once(bound.clone()).collect(),
    }))
}

/// The type as the user would write it, for a message.
pub(crate) fn written(tokens: impl ToTokens) -> String {
    let spaced = tokens.to_token_stream().to_string();
    spaced
        .replace(" :: ", "::")
        .replace(":: ", "::")
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace(" , ", ", ")
        .replace("& ", "&")
}

/// Where a word such as `Self` or `impl` stands in some tokens, however deep.
pub(crate) fn find_word(tokens: impl ToTokens, word: &str) -> Option<Span> {
    tokens.to_token_stream().into_iter().find_map(|tree| match tree {
        TokenTree::Ident(ident) if ident == word => Some(ident.span()),
        TokenTree::Group(group) => find_word(group.stream(), word),
        _ => None,
    })
}

/// `Config`, or `Cache<T>` with the item's own type parameters.
pub(crate) fn self_type(name: &Ident, generics: &syn::Generics) -> TokenStream {
    let (_, arguments, _) = generics.split_for_impl();
    quote!(#name #arguments)
}
