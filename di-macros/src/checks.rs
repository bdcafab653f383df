//! Checks of the types a user wrote, by which a mistake in one of them is reported once.
//!
//! The types stand in generated code at many places, and each would be reported. Therefore they are written as
//! `Checked<OK, Type>`: if the constant `OK` does not compile, nothing is said about the type.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
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
    /// What has to be a service.
    services: Vec<Type>,
    /// What may stand as it is.
    types: Vec<Type>,
    /// What has to be a failure.
    failures: Vec<Type>,
    /// Other checks, each an expression.
    others: Vec<TokenStream>,
}

/// The most types that one call checks: every call costs compile time.
const MOST: usize = 8;

/// What the types of a generated body are written with.
const ALIAS: &str = "__DiChecked";

impl Checks {
    pub(crate) fn new(generics: &Generics) -> Self {
        let names = generics.params.iter().map(|parameter| match parameter {
            GenericParam::Type(parameter) => parameter.ident.clone(),
            GenericParam::Const(parameter) => parameter.ident.clone(),
            GenericParam::Lifetime(parameter) => parameter.lifetime.ident.clone(),
        });
        Self { parameters: names.collect(), ..Self::default() }
    }

    /// And each of these types is a service.
    pub(crate) fn services(mut self, types: &[Type]) -> Self {
        let speakable: Vec<Type> = types.iter().filter(|ty| self.can_name(ty)).cloned().collect();
        self.services.extend(speakable);
        self
    }

    /// And each of these services may stand in an `Inject`.
    pub(crate) fn needs(self, needs: &[Need]) -> Self {
        self.types(needs.iter().map(|need| &need.injected))
    }

    /// And each of these types may be written as it is.
    pub(crate) fn types<'a>(mut self, types: impl Iterator<Item = &'a Type>) -> Self {
        let speakable: Vec<Type> = types.filter(|ty| self.can_name(ty)).cloned().collect();
        self.types.extend(speakable);
        self
    }

    /// And this type is a failure.
    pub(crate) fn failure(mut self, error: &Type) -> Self {
        if self.can_name(error) {
            self.failures.push(error.clone());
        }
        self
    }

    /// And this type is a layer.
    pub(crate) fn layer(mut self, ty: &Type) -> Self {
        self.others.push(quote!(::di::__private::is_layer::<#ty>()));
        self
    }

    /// And this type is the key of a map.
    pub(crate) fn key(mut self, ty: &Type) -> Self {
        self.others.push(quote!(::di::__private::is_layer_key::<#ty>()));
        self
    }

    /// Whether a constant can name the type.
    fn can_name(&self, ty: &Type) -> bool {
        let absent = |name: &Ident| find_word(ty, &name.to_string()).is_none();
        self.parameters.iter().all(absent) && find_word(ty, "Self").is_none()
    }

    /// The checks as one expression; nothing if there are none.
    fn expression(&self) -> Option<TokenStream> {
        let Self { services, types, failures, .. } = self;
        // A layer of a function gives one service, and is fed by some: that is one call.
        let (services, types) = match services.split_first() {
            Some((first, others)) if types.len() <= MOST => {
                let made = format_ident!("is_made_of{}", types.len());
                let call = quote!(::di::__private::#made::<#first, #(#types),*>());
                (others.iter().map(is_service).chain([call]).collect::<Vec<_>>(), &[][..])
            }
            _ => (services.iter().map(is_service).collect(), types.as_slice()),
        };
        let types = types.chunks(MOST).map(|types| {
            let are = format_ident!("are_types{}", types.len());
            quote!(::di::__private::#are::<#(#types),*>())
        });
        let failures = failures.iter().map(|error| quote!(::di::__private::is_failure::<#error>()));
        let calls: Vec<TokenStream> =
            services.into_iter().chain(types).chain(failures).chain(self.others.iter().cloned()).collect();
        (!calls.is_empty()).then(|| quote!(#(#calls)&&*))
    }

    /// The checks as a type of their own, for types that are all guarded by it.
    pub(crate) fn guard(&self) -> TokenStream {
        let checks = self.expression().unwrap_or_else(|| quote!(true));
        quote!(::di::__private::Check<{ #checks }>)
    }

    /// The type, where the checks are to be written too.
    pub(crate) fn around(&self, ty: &TokenStream) -> TokenStream {
        match self.expression() {
            None => ty.clone(),
            Some(checks) => quote!(::di::__private::Checked<{ #checks }, #ty>),
        }
    }

    /// The statement for a body by which the checks are written once: every mention of a constant costs compile time.
    pub(crate) fn alias(&self) -> Option<TokenStream> {
        let (name, checks) = (local(ALIAS), self.expression()?);
        Some(quote!(type #name<__T> = ::di::__private::Checked<{ #checks }, __T>;))
    }

    /// The type, in a body that has the alias.
    pub(crate) fn in_body(&self, ty: &Type) -> TokenStream {
        let name = local(ALIAS);
        let unchecked = self.services.is_empty() && self.types.is_empty() && self.failures.is_empty();
        if unchecked { quote!(#ty) } else { quote_spanned!(at(ty.span())=> #name<#ty>) }
    }
}

fn is_service(ty: &Type) -> TokenStream {
    quote!(::di::__private::is_made_of0::<#ty>())
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
        assert_eq!(around, "Checked<{is_made_of0::<dynUsers>()&&is_made_of0::<Pool,>()},HNil>");
        assert_eq!(written(checks.in_body(&parse_quote!(Pool))), "__DiChecked<Pool>");
        let alias = "type__DiChecked<__T>=Checked<{is_made_of0::<dynUsers>()&&is_made_of0::<Pool,>()},__T>;";
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
