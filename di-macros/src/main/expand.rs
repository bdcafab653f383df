//! From the model of `main` to the function that the program starts with.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::{Model, Program};
use crate::{
    checks::Checks,
    function::source,
    hygiene::{at, local},
    sets,
};

const MAIN: &str = "__main";

/// The function that builds the layer, runs the user's `main` and releases everything.
pub(crate) fn whole(model: &Model, program: &Program) -> TokenStream {
    let function = &model.function;
    let checks = Checks::new(function.generics()).needs(&function.needs());
    let alias = checks.alias();
    let inner = function.inner(MAIN, &checks);
    let source = source(function.name());
    let bindings = function.bindings(&checks);
    let call = function.call(MAIN);
    let (inputs, effect) = (local("__cx"), local("__di_effect"));
    let effect_type = {
        let (output, needs) = (&model.output, sets::needs(&function.needs(), function.generics()));
        quote_spanned!(at(output.span())=> ::di::__private::Effect<#output, #needs>)
    };
    let (layer, options) = (&program.layer, options(program));
    let body = quote_spanned! {at(function.name().span())=>
        #alias
        #inner
        let #effect: #effect_type = ::di::__private::effect(
            #source,
            move |#inputs: ::di::__private::EffectInputs| {
                #bindings
                ::di::__private::boxed(async move { #call })
            },
        );
        ::di::__private::run_main(#options, || #layer, #effect)
    };
    function.outer(&quote!(::std::process::ExitCode), &body)
}

fn options(program: &Program) -> TokenStream {
    let timeout = program
        .shutdown_milliseconds
        .map(|milliseconds| quote!(.shutdown_timeout(::core::time::Duration::from_millis(#milliseconds))));
    let threads = program.worker_threads.map(|threads| quote!(.worker_threads(#threads)));
    quote!(::di::__private::MainOptions::new() #timeout #threads)
}

/// A `main` for code with mistakes: the program has one, and the user's is checked.
pub(crate) fn stub(model: &Model) -> TokenStream {
    let body = model.function.stub(MAIN, &quote!(::std::process::ExitCode::FAILURE));
    let function = model.function.plain(&quote!(::std::process::ExitCode), &body);
    quote!(#[allow(dead_code)] #function)
}
