//! Sets of services and of failures, as types.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Generics, Type, spanned::Spanned};

use crate::{checks::Checks, hygiene::at, params::Need};

/// How long a list may be: the compiler goes down it step by step, 128 of them by default.
const LONGEST: usize = 64;

/// The set of the services `types`; a long list is the union of short ones.
pub(crate) fn services(types: &[Type], generics: &Generics) -> TokenStream {
    if types.len() > LONGEST {
        let (left, right) = types.split_at(types.len() / 2);
        let (left, right) = (services(left, generics), services(right, generics));
        return quote!(::di::__private::UnionOf<#left, #right>);
    }
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

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn a_long_list_is_a_union_of_short_ones() {
        let types = |count| vec![parse_quote!(S); count];
        let written = |count| services(&types(count), &Generics::default()).to_string().replace(' ', "");
        assert_eq!(written(64).matches("UnionOf").count(), 0);
        assert_eq!(written(65).matches("UnionOf").count(), 1);
        assert_eq!(written(200).matches("::di::__private::Services<").count(), 4);
        assert_eq!(written(200).matches("::di::__private::Inject<S>").count(), 200);
    }
}
