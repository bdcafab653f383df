//! From the model of an effect to the function that makes it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::Model;
use crate::{
    checks::Checks,
    function::source,
    hygiene::{at, local},
    sets,
};

const RUN: &str = "__run";

/// The effect function, complete.
pub(crate) fn whole(model: &Model) -> TokenStream {
    let function = &model.function;
    let checks = Checks::new(function.generics()).needs(&function.needs());
    let alias = checks.alias();
    let inner = function.inner(RUN, &checks);
    let source = source(function.name());
    let bindings = function.bindings(&checks);
    let call = function.call(RUN);
    let inputs = local("__cx");
    let body = quote_spanned! {at(function.name().span())=>
        #alias
        #inner
        ::di::__private::effect(#source, move |#inputs: ::di::__private::EffectInputs| {
            #bindings
            ::di::__private::boxed(async move { #call })
        })
    };
    function.outer(&effect_type(model), &body)
}

/// The effect function for code with mistakes: everything that names it goes on compiling.
pub(crate) fn stub(model: &Model) -> TokenStream {
    let body = model.function.stub(RUN, &quote!(::core::unreachable!()));
    let function = model.function.outer(&effect_type(model), &body);
    quote!(#[allow(dead_code, unused_variables)] #function)
}

/// `Effect<Output, In>`
fn effect_type(model: &Model) -> TokenStream {
    let output = &model.output;
    let needs = sets::needs(&model.function.needs(), model.function.generics());
    quote_spanned!(at(output.span())=> ::di::__private::Effect<#output, #needs>)
}
