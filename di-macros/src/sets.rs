//! Sets of services and of failures, as types.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use crate::{hygiene::at, params::Need};

/// The set of the services `types`.
pub(crate) fn services(types: &[Type]) -> TokenStream {
    let empty = quote!(::di::__private::HNil);
    let list = types.iter().rev().fold(empty, |tail, service| {
        quote_spanned!(at(service.span())=>
            ::di::__private::HCons<::di::__private::Inject<#service>, #tail>)
    });
    quote!(::di::__private::Services<#list>)
}

/// The set of the services that are asked for.
pub(crate) fn needs(needs: &[Need]) -> TokenStream {
    let empty = quote!(::di::__private::HNil);
    let list = needs.iter().rev().fold(
        empty,
        |tail, Need { injected, .. }| quote_spanned!(at(injected.span())=> ::di::__private::HCons<#injected, #tail>),
    );
    quote!(::di::__private::Services<#list>)
}

/// The set of the failures `types`.
pub(crate) fn failures(types: &[Type]) -> TokenStream {
    let empty = quote!(::di::__private::HNil);
    let list = types.iter().rev().fold(empty, |tail, failure| {
        quote_spanned!(at(failure.span())=>
            ::di::__private::HCons<::di::__private::Raised<#failure>, #tail>)
    });
    quote!(::di::__private::Failures<#list>)
}
