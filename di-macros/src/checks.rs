//! Checks of the types a user wrote, by which a mistake in one of them is reported once.
//!
//! The types stand in generated code at many places, and each would be reported. Therefore they are written as
//! `Checked<OK, Type>`: if the constant `OK` does not compile, nothing is said about the type.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{GenericParam, Generics, Type, spanned::Spanned};

use crate::{
    hygiene::{at, local},
    params::Need,
    types::find_word,
};

/// The checks of one item.
#[derive(Default)]
pub(crate) struct Checks {
    /// The parameters of the item: a constant cannot name them.
    parameters: Vec<Ident>,
    /// The checks, each an expression.
    checks: Vec<TokenStream>,
}

/// The constant in a generated body that all checks of the body have part in.
const CONSTANT: &str = "__DI_CHECKED";

impl Checks {
    pub(crate) fn new(generics: &Generics) -> Self {
        let names = generics.params.iter().map(|parameter| match parameter {
            GenericParam::Type(parameter) => parameter.ident.clone(),
            GenericParam::Const(parameter) => parameter.ident.clone(),
            GenericParam::Lifetime(parameter) => parameter.lifetime.ident.clone(),
        });
        Self { parameters: names.collect(), checks: Vec::new() }
    }

    /// And each of these types is a service.
    pub(crate) fn services(self, types: &[Type]) -> Self {
        types.iter().fold(self, |checks, ty| checks.and(ty, |ty| quote!(::di::__private::is_service::<#ty>())))
    }

    /// And each of these services may stand in an `Inject`.
    pub(crate) fn needs(self, needs: &[Need]) -> Self {
        let check = |injected: &Type| quote!(::di::__private::is_type::<#injected>());
        needs.iter().fold(self, |checks, need| checks.and(&need.injected, check))
    }

    /// And this type is a failure.
    pub(crate) fn failure(self, error: &Type) -> Self {
        self.and(error, |error| quote!(::di::__private::is_failure::<#error>()))
    }

    fn and(mut self, ty: &Type, check: impl FnOnce(&Type) -> TokenStream) -> Self {
        let speakable = |name: &Ident| find_word(ty, &name.to_string()).is_none();
        if self.parameters.iter().all(speakable) && find_word(ty, "Self").is_none() {
            self.checks.push(check(ty));
        }
        self
    }

    /// The type, where the checks are to be written too.
    pub(crate) fn around(&self, ty: &TokenStream) -> TokenStream {
        match self.checks.as_slice() {
            [] => ty.clone(),
            checks => quote!(::di::__private::Checked<{ #(#checks)&&* }, #ty>),
        }
    }

    /// The constant for a body.
    pub(crate) fn constant(&self) -> Option<TokenStream> {
        let (name, checks) = (local(CONSTANT), &self.checks);
        (!checks.is_empty()).then(|| quote!(const #name: bool = #(#checks)&&*;))
    }

    /// The type, in a body that has the constant.
    pub(crate) fn in_body(&self, ty: &Type) -> TokenStream {
        let name = local(CONSTANT);
        if self.checks.is_empty() {
            quote!(#ty)
        } else {
            quote_spanned!(at(ty.span())=> ::di::__private::Checked<#name, #ty>)
        }
    }
}
