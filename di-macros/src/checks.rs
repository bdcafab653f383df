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

/// What the types of a generated body are written with.
const ALIAS: &str = "__DiChecked";

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
        self.types(needs.iter().map(|need| &need.injected))
    }

    /// And each of these types may be written as it is.
    pub(crate) fn types<'a>(self, types: impl Iterator<Item = &'a Type>) -> Self {
        types.fold(self, |checks, ty| checks.and(ty, |ty| quote!(::di::__private::is_type::<#ty>())))
    }

    /// And this type is a failure.
    pub(crate) fn failure(self, error: &Type) -> Self {
        self.and(error, |error| quote!(::di::__private::is_failure::<#error>()))
    }

    /// And this type is a layer.
    pub(crate) fn layer(self, ty: &Type) -> Self {
        self.and(ty, |ty| quote!(::di::__private::is_layer::<#ty>()))
    }

    /// And this type is the key of a map.
    pub(crate) fn key(self, ty: &Type) -> Self {
        self.and(ty, |ty| quote!(::di::__private::is_layer_key::<#ty>()))
    }

    fn and(mut self, ty: &Type, check: impl FnOnce(&Type) -> TokenStream) -> Self {
        let speakable = |name: &Ident| find_word(ty, &name.to_string()).is_none();
        if self.parameters.iter().all(speakable) && find_word(ty, "Self").is_none() {
            self.checks.push(check(ty));
        }
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// The type, where the checks are to be written too.
    pub(crate) fn around(&self, ty: &TokenStream) -> TokenStream {
        match self.checks.as_slice() {
            [] => ty.clone(),
            checks => quote!(::di::__private::Checked<{ #(#checks)&&* }, #ty>),
        }
    }

    /// The statement for a body by which the checks are written once: every mention of a constant costs compile time.
    pub(crate) fn alias(&self) -> Option<TokenStream> {
        let (name, checks) = (local(ALIAS), &self.checks);
        (!checks.is_empty()).then(|| quote!(type #name<__T> = ::di::__private::Checked<{ #(#checks)&&* }, __T>;))
    }

    /// The type, in a body that has the alias.
    pub(crate) fn in_body(&self, ty: &Type) -> TokenStream {
        let name = local(ALIAS);
        if self.checks.is_empty() { quote!(#ty) } else { quote_spanned!(at(ty.span())=> #name<#ty>) }
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn written(tokens: impl quote::ToTokens) -> String {
        tokens.to_token_stream().to_string().replace([' ', '\n'], "").replace("::di::__private::", "")
    }

    #[test]
    fn a_type_is_known_if_all_checks_compile() {
        let checks = Checks::new(&Generics::default()).services(&[parse_quote!(Pool), parse_quote!(dyn Users)]);
        let around = written(checks.around(&quote!(HNil)));
        assert_eq!(around, "Checked<{is_service::<Pool>()&&is_service::<dynUsers>()},HNil>");
        assert_eq!(written(checks.in_body(&parse_quote!(Pool))), "__DiChecked<Pool>");
        let alias = "type__DiChecked<__T>=Checked<{is_service::<Pool>()&&is_service::<dynUsers>()},__T>;";
        assert_eq!(written(checks.alias()), alias);
    }

    #[test]
    fn a_type_that_a_constant_cannot_name_is_not_checked() {
        let checks = Checks::new(&parse_quote!(<T, const N: usize>));
        let checks = checks.services(&[parse_quote!(Cache<T>), parse_quote!(Row<N>), parse_quote!(Self)]);
        assert_eq!(written(checks.around(&quote!(HNil))), "HNil");
        assert!(checks.alias().is_none());
        let checks = checks.failure(&parse_quote!(DbError));
        assert_eq!(written(checks.in_body(&parse_quote!(Cache<T>))), "__DiChecked<Cache<T>>");
    }
}
