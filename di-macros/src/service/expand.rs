//! From the model of a service to its implementations.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Type, parse_quote, spanned::Spanned};

use super::model::{Model, Tag, Trait, conditions};
use crate::{hygiene::at, key::Keyed, types::peel};

/// A type that names itself.
pub(crate) fn own(service: &Keyed) -> TokenStream {
    let (keyed, ty) = (service.expand(), &service.ty);
    let generics = service.generics();
    let (parameters, _, condition) = generics.split_for_impl();
    quote_spanned! {at(service.name.span())=>
        #keyed
        #[automatically_derived]
        impl #parameters ::di::__private::Service for #ty #condition {
            type Target = Self;
        }
    }
}

/// What `#[service]` makes of its item.
pub(crate) fn attribute(model: &Model) -> TokenStream {
    match model {
        Model::Trait(service) => of_trait(service),
        Model::Impl(implementation) => {
            let item = &implementation.item;
            let asynchronous = async_trait(implementation.is_async);
            quote!(#asynchronous #item)
        }
        Model::Tag(tag) => {
            let item = &tag.item;
            let code = tag.keyed.as_ref().map(|keyed| conditional(&item.attrs, of_tag(tag, keyed)));
            quote!(#item #code)
        }
        Model::Own(item, keyed) => {
            let code = conditional(&item.attrs, own(keyed));
            quote!(#item #code)
        }
    }
}

fn async_trait(needed: bool) -> Option<TokenStream> {
    needed.then(|| quote!(#[::di::__private::async_trait]))
}

fn of_trait(service: &Trait) -> TokenStream {
    let item = &service.item;
    let asynchronous = async_trait(service.is_async);
    let code = service.keyed.as_ref().map(|keyed| conditional(&item.attrs, of_object(keyed)));
    let mock = service.mock.as_ref().map(|mock| mock.expand(item, asynchronous.as_ref()));
    quote!(#asynchronous #item #mock #code)
}

/// The implementations for `dyn Users`.
///
/// The key and the target are those of `dyn Users` with any lifetime: inside of a future the compiler forgets that the
/// lifetime is `'static`, and asks for all of them when it wants to know whether the future is `Send`.
fn of_object(service: &Keyed) -> TokenStream {
    let (keyed, any, name) = (service.expand(), &service.ty, &service.name);
    let generics = service.generics();
    let (parameters, arguments, condition) = generics.split_for_impl();
    let object = quote!(dyn #name #arguments);
    let mut giving = generics.clone();
    giving.params.push(parse_quote!(__V: #name #arguments));
    let (giving, _, _) = giving.split_for_impl();
    quote_spanned! {at(name.span())=>
        #keyed
        #[automatically_derived]
        impl #parameters ::di::__private::Service for #any #condition {
            type Target = #object;
        }
        #[automatically_derived]
        impl #giving ::di::__private::Gives<__V> for #object #condition {
            fn give(value: __V) -> ::di::__private::Arc<#object> { ::di::__private::Arc::new(value) }
        }
    }
}

/// The implementations for a tag.
fn of_tag(tag: &Tag, service: &Keyed) -> TokenStream {
    let (keyed, ty, target) = (service.expand(), &service.ty, &tag.target);
    let mut generics = service.generics();
    let (parameters, _, condition) = generics.split_for_impl();
    let named = quote_spanned! {at(target.span())=>
        #[automatically_derived]
        impl #parameters ::di::__private::Service for #ty #condition {
            type Target = #target;
        }
    };
    let give = if let Type::TraitObject(_) = peel(target) {
        let gives = quote_spanned!(at(target.span())=> ::di::__private::Gives<__V>);
        generics.params.push(parse_quote!(__V));
        let predicate = parse_quote!(#target: #gives + ::di::__private::Service<Target = #target>);
        generics.make_where_clause().predicates.push(predicate);
        let (parameters, _, condition) = generics.split_for_impl();
        quote_spanned! {at(target.span())=>
            #[automatically_derived]
            impl #parameters #gives for #ty #condition {
                fn give(value: __V) -> ::di::__private::Arc<#target> { <#target as #gives>::give(value) }
            }
        }
    } else {
        quote_spanned! {at(target.span())=>
            #[automatically_derived]
            impl #parameters ::di::__private::Gives<#target> for #ty #condition {
                fn give(value: #target) -> ::di::__private::Arc<#target> { ::di::__private::Arc::new(value) }
            }
        }
    };
    quote!(#keyed #named #give)
}

/// The generated items under the `#[cfg]` of their item, each of them.
fn conditional(attrs: &[Attribute], code: TokenStream) -> TokenStream {
    let conditions: TokenStream = conditions(attrs).map(ToTokens::to_token_stream).collect();
    if conditions.is_empty() {
        return code;
    }
    quote! {
        #conditions
        const _: () = { #code };
    }
}
