//! The trait for partial implementations: `#[service(mock = MockUsers)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    Attribute, FnArg, Ident, ItemTrait, Pat, PatIdent, ReceiverKind, Safety, Signature, TraitItem, TraitItemFn, Type,
    ext::IdentExt, parse_quote,
};

use super::{model::conditions, object};
use crate::{
    errors::Errors,
    hygiene::{at, numbered},
    types::{last_segment, written},
};

/// The trait for partial implementations of another one.
pub(crate) struct Mock {
    pub(crate) name: Ident,
}

const NOT_A_NAME: &str = "write the name of the trait that is to be made: `mock = MockUsers`";

impl Mock {
    /// Reads the name, and reports what nothing can stand in for.
    pub(crate) fn parse(ty: &Type, item: &ItemTrait, errors: &mut Errors) -> Option<Self> {
        let name = last_segment(ty).filter(|segment| segment.arguments.is_none()).map(|segment| segment.ident.clone());
        let Some(name) = name.filter(|name| *name == written(ty)) else {
            errors.over(ty, NOT_A_NAME);
            return None;
        };
        if name == item.ident {
            errors.over(ty, format!("`{name}` is the service itself; {NOT_A_NAME}"));
            return None;
        }
        let unknown = item.items.iter().find_map(|member| match member {
            TraitItem::Type(ty) => Some(&ty.ident),
            TraitItem::Const(constant) => Some(&constant.ident),
            _ => None,
        });
        if let Some(unknown) = unknown {
            errors.over(unknown, "a mock can give methods only; take this out of the trait, or remove `mock`");
        }
        unknown.is_none().then_some(Self { name })
    }

    /// The trait, and how it becomes a service.
    pub(crate) fn expand(&self, service: &ItemTrait, asynchronous: Option<&TokenStream>) -> TokenStream {
        let (name, own, vis) = (&self.name, &service.ident, &service.vis);
        let conditions: Vec<&Attribute> = conditions(&service.attrs).collect();
        let methods: Vec<&TraitItemFn> = service
            .items
            .iter()
            .filter_map(|member| match member {
                TraitItem::Fn(method) => Some(method),
                _ => None,
            })
            .collect();
        let defaulted = methods.iter().filter(|method| is_mockable(&method.sig)).map(|method| defaulted(own, method));
        let (supertraits, condition) = (&service.supertraits, &service.generics.where_clause);
        let doc = format!("A part of [`{own}`], for tests: a method that is not given panics when it is called.");
        let parameters = &service.generics.params;
        let written = quote_spanned! {at(name.span())=>
            #(#conditions)*
            #[doc = #doc]
            #asynchronous
            #vis trait #name <#parameters>: #supertraits #condition {
                #(#defaulted)*
            }
        };
        let mut generics = service.generics.clone();
        let (_, arguments, _) = service.generics.split_for_impl();
        generics.params.push(parse_quote!(__M: #name #arguments));
        let (parameters, _, condition) = generics.split_for_impl();
        let forwarded = methods.iter().filter_map(|method| forwarded(own, &quote!(#name #arguments), method));
        quote_spanned! {at(name.span())=>
            #written
            #(#conditions)*
            #[automatically_derived]
            #[allow(deprecated)]
            #asynchronous
            impl #parameters #own #arguments for ::di::__private::Mock<__M> #condition {
                #(#forwarded)*
            }
        }
    }
}

/// Whether a method can be called through the trait object with nothing but a reference.
fn is_mockable(sig: &Signature) -> bool {
    let by_reference = sig.receiver().is_some_and(|receiver| match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_none(),
        ReceiverKind::Typed(_, ty) => written(ty) == "&Self",
        _ => false,
    });
    by_reference && matches!(sig.safety, Safety::Default) && !object::is_for_sized(&sig.generics)
}

/// The method of the mock's trait: as it is, with a panic for a missing body.
fn defaulted(own: &Ident, method: &TraitItemFn) -> TokenStream {
    let mut method = method.clone();
    if method.default.is_none() {
        let called = called(own, &method.sig);
        method.attrs.push(parse_quote!(#[allow(unused_variables)]));
        method.default = Some(parse_quote!({ ::di::__private::not_given::<Self>(#called) }));
        method.semi_token = None;
    }
    quote!(#method)
}

/// The method of the service: what the mock gives for it. One that cannot be asked of a mock keeps its body, if it has one.
fn forwarded(own: &Ident, mock: &TokenStream, method: &TraitItemFn) -> Option<TokenStream> {
    let mockable = is_mockable(&method.sig);
    if !mockable && method.default.is_some() {
        return None;
    }
    let mut sig = method.sig.clone();
    let mut names = Vec::new();
    for (index, argument) in sig.inputs.iter_mut().enumerate() {
        if let FnArg::Typed(typed) = argument {
            let name = numbered("argument", index);
            *typed.pat = plain(name.clone());
            names.push(name);
        }
    }
    let (name, awaited) = (&sig.ident, sig.asyncness.map(|_| quote!(.await)));
    let body = if mockable {
        quote!(<__M as #mock>::#name(::di::__private::Mock::fake(self), #(#names),*) #awaited)
    } else {
        let called = called(own, &sig);
        quote!(::di::__private::not_given::<__M>(#called))
    };
    let conditions = conditions(&method.attrs);
    let unused = (!mockable).then(|| quote!(#[allow(unused_variables)]));
    Some(quote!(#(#conditions)* #unused #sig { #body }))
}

/// The pattern of a parameter that has a name and nothing else.
fn plain(ident: Ident) -> Pat {
    Pat::Ident(PatIdent { attrs: Vec::new(), by_ref: None, mutability: None, ident, subpat: None })
}

/// The method as people call it.
fn called(own: &Ident, sig: &Signature) -> String {
    format!("{}::{}", own.unraw(), sig.ident.unraw())
}
