//! Sets of services and of failures, as types.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Generics, Type, spanned::Spanned};

use crate::{checks::Checks, hygiene::at, params::Need};

/// The set of the services `types`.
pub(crate) fn services(types: &[Type], generics: &Generics) -> TokenStream {
    let members = types.iter().map(|service| {
        let member = quote_spanned!(at(service.span())=> ::di::__private::Inject<#service>);
        (service, member)
    });
    let list = list(members, &Checks::new(generics).services(types));
    quote!(::di::__private::Services<#list>)
}

/// The set of the services that are asked for.
pub(crate) fn needs(needs: &[Need], generics: &Generics) -> TokenStream {
    let members = needs.iter().map(|Need { injected, .. }| (injected, injected.to_token_stream()));
    let list = list(members, &Checks::new(generics).needs(needs));
    quote!(::di::__private::Services<#list>)
}

/// The set of one failure.
pub(crate) fn failure(error: &Type, generics: &Generics) -> TokenStream {
    let member = quote_spanned!(at(error.span())=> ::di::__private::Raised<#error>);
    let list = list(std::iter::once((error, member)), &Checks::new(generics).failure(error));
    quote!(::di::__private::Failures<#list>)
}

/// The list of these members, each with its place; it is known only if the checks compile.
fn list<'a>(members: impl DoubleEndedIterator<Item = (&'a Type, TokenStream)>, checks: &Checks) -> TokenStream {
    let end = checks.around(&quote!(::di::__private::HNil));
    members
        .rev()
        .fold(end, |tail, (place, member)| quote_spanned!(at(place.span())=> ::di::__private::HCons<#member, #tail>))
}
