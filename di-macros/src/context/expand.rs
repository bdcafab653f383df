//! From the model of a context to its implementations.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{parse_quote, spanned::Spanned};

use super::model::{Model, Named};
use crate::{
    checks::Checks,
    hygiene::{at, local},
    params::Need,
    sets,
};

pub(crate) fn whole(model: &Model) -> TokenStream {
    let context = local("__context");
    let fields = model.fields.iter().map(|Named { name, need }| {
        let service = &need.service;
        let service = Checks::new(&model.generics).needs(std::slice::from_ref(need)).around(&quote!(#service));
        quote_spanned! {at(need.service.span())=>
            #name: ::core::clone::Clone::clone(#context.get::<#service>())
        }
    });
    implementations(model, &quote!(Self { #(#fields),* }))
}

/// The implementations for code with mistakes.
pub(crate) fn stub(model: &Model) -> TokenStream {
    implementations(model, &quote!(::core::unreachable!()))
}

fn implementations(model: &Model, value: &TokenStream) -> TokenStream {
    let Model { name, generics, fields } = model;
    let needs: Vec<Need> = fields.iter().map(|field| field.need.clone()).collect();
    let (parameters, arguments, condition) = generics.split_for_impl();
    let from_context = from_context(model, &needs, value);
    let set = sets::needs(&needs, generics);
    let provides = fields.iter().map(|Named { name: field, need: Need { service, injected } }| {
        quote_spanned! {at(service.span())=>
            #[automatically_derived]
            impl #parameters ::di::__private::Provides<#service> for #name #arguments #condition {
                fn service(&self) -> &#injected { &self.#field }
            }
        }
    });
    quote! {
        #from_context
        #[automatically_derived]
        impl #parameters ::di::__private::NamedContext for #name #arguments #condition {
            type Services = #set;
        }
        #(#provides)*
    }
}

fn from_context(model: &Model, needs: &[Need], value: &TokenStream) -> TokenStream {
    let (name, context) = (&model.name, local("__context"));
    let mut generics = model.generics.clone();
    generics.params.push(parse_quote!(__Out));
    if !needs.is_empty() {
        let has = needs.iter().map(|need| {
            let service = &need.service;
            let checked = Checks::new(&model.generics).needs(std::slice::from_ref(need)).around(&quote!(#service));
            quote_spanned!(at(service.span())=> ::di::__private::Has<#checked>)
        });
        let predicate = parse_quote!(__Out: #(#has)+*);
        generics.make_where_clause().predicates.push(predicate);
    }
    let (parameters, _, condition) = generics.split_for_impl();
    let (_, arguments, _) = model.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #parameters ::di::__private::FromContext<__Out> for #name #arguments #condition {
            fn from_context(#context: &::di::__private::Context<__Out>) -> Self { #value }
        }
    }
}
