//! The key of a service or failure: 16 type-level digits.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Generics, LitStr, TypeParam, ext::IdentExt, parse_quote};

use crate::{errors::Errors, hygiene::at};

/// What gets a key: a service or a failure.
pub(crate) struct Keyed {
    /// The item's name.
    pub(crate) name: Ident,
    /// The type that carries the key: `Config`, `dyn Users + '_`, `Cache<T>`.
    pub(crate) ty: TokenStream,
    /// The name to print: `Config`, `dyn Users`, `Cache`.
    pub(crate) printed: String,
    /// The item's own parameters.
    pub(crate) generics: Generics,
    /// `key = "..."`, if written.
    pub(crate) text: Option<LitStr>,
}

impl Keyed {
    /// The item's parameters, each type among them bound to have a key too, and to own what it has.
    pub(crate) fn generics(&self) -> Generics {
        let mut generics = self.generics.clone();
        let names: Vec<Ident> = generics.type_params().map(|p| p.ident.clone()).collect();
        if !names.is_empty() {
            let predicates = &mut generics.make_where_clause().predicates;
            for name in names {
                predicates.push(parse_quote!(#name: ::di::__private::Keyed + 'static));
            }
        }
        generics
    }

    /// `impl Keyed for ..`.
    pub(crate) fn expand(&self) -> TokenStream {
        let Self { ty, printed, text, .. } = self;
        let parameters: Vec<&TypeParam> = self.generics.type_params().collect();
        let hash = match text {
            Some(text) => hash_of(&[&text.value()]),
            None => hash_of(&[&file_of(self.name.span()), &self.name.unraw().to_string()]),
        };
        let own = digits(hash);
        let key = parameters.iter().fold(own, |key, parameter| {
            let parameter = &parameter.ident;
            quote!(::di::__private::Mixed<#key, <#parameter as ::di::__private::Keyed>::Key>)
        });
        let arguments = parameters.iter().map(|parameter| &parameter.ident);
        let arguments =
            (!parameters.is_empty()).then(|| quote!(.of(&[#(&<#arguments as ::di::__private::Keyed>::NAME),*])));
        let name = quote!(::di::__private::Name::item(#printed, ::core::module_path!(), #hash) #arguments);
        let generics = self.generics();
        let (parameters, _, condition) = generics.split_for_impl();
        quote_spanned! {at(self.name.span())=>
            #[automatically_derived]
            impl #parameters ::di::__private::Keyed for #ty #condition {
                type Key = #key;
                const NAME: ::di::__private::Name = #name;
            }
        }
    }
}

/// Reports the parameters that cannot be part of a key; `true` if there are none.
pub(crate) fn check_generics(generics: &Generics, errors: &mut Errors) -> bool {
    for parameter in generics.lifetimes() {
        errors.over(&parameter.lifetime, "a service owns what it has: lifetime parameters are not possible");
    }
    for parameter in generics.const_params() {
        let message =
            "constant parameters cannot be part of a service's key; use a type parameter, with a type for each value";
        errors.over(&parameter.ident, message);
    }
    generics.lifetimes().next().is_none() && generics.const_params().next().is_none()
}

/// The key of what these words name in the crate that is being compiled: a file and a name, or a text.
fn hash_of(words: &[&str]) -> u64 {
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    hash(&[&[package.as_str(), version.as_str()], words].concat())
}

/// The source file of a token; empty outside of a compiler.
fn file_of(span: Span) -> String {
    if proc_macro::is_available() {
        // In a compiler every span is one of the compiler's, so this conversion cannot fail.
        span.unwrap().file()
    } else {
        String::new()
    }
}

/// FNV-1a over the parts, each after its length, then mixed so that every bit depends on every other.
pub(crate) fn hash(parts: &[&str]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        let length = (part.len() as u64).to_le_bytes();
        for byte in length.iter().chain(part.as_bytes()) {
            state = (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// The highest 16 of the hash's digits of radix 4 as a type, the highest first.
///
/// Four digits at a time have one name, since every token costs the compiler time.
pub(crate) fn digits(hash: u64) -> TokenStream {
    (4..8).fold(quote!(::di::__private::End), |tail, place| {
        let four = format_ident!("X{:02X}", (hash >> (8 * place)) & 0xff);
        quote!(::di::__private::key::#four<#tail>)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_never_changes() {
        assert_eq!(hash(&[]), 0xf52a_15e9_a9b5_e89b);
        assert_eq!(hash(&["users"]), 0xcd90_324b_a0e4_d7ea);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["ab"]), hash(&["ab", ""]));
    }

    #[test]
    fn a_hash_is_its_sixteen_highest_digits() {
        let text = digits(0xE4 << 56 | 0x01 << 32).to_string().replace(' ', "");
        assert_eq!(text.replace("::di::__private::", ""), "key::XE4<key::X00<key::X00<key::X01<End>>>>");
    }
}
