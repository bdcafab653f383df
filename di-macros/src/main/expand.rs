//! From the model to the function that the program starts with, or that the test is.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::{Model, Program};
use crate::{
    checks::Checks,
    function::source,
    hygiene::{at, local},
    params::Place,
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
    let layer = &program.layer;
    let run = match model.place {
        Place::Test => {
            let options = options_of_test(program);
            quote!(::di::__private::run_test(#options, || #layer, #effect))
        }
        _ => {
            let options = options(program);
            quote!(::di::__private::run_main(#options, || #layer, #effect))
        }
    };
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
        #run
    };
    let function = function.outer(&returned(model), &body);
    let attribute = attribute(model);
    quote!(#attribute #function)
}

/// What the generated function returns.
fn returned(model: &Model) -> TokenStream {
    match model.place {
        Place::Test => model.output.to_token_stream(),
        _ => quote!(::std::process::ExitCode),
    }
}

fn attribute(model: &Model) -> Option<TokenStream> {
    (model.place == Place::Test).then(|| quote!(#[::core::prelude::v1::test]))
}

fn timeout(program: &Program) -> Option<TokenStream> {
    program.shutdown_milliseconds.map(|milliseconds| {
        let time = duration(milliseconds);
        quote!(.shutdown_timeout(#time))
    })
}

fn duration(milliseconds: u64) -> TokenStream {
    quote!(::core::time::Duration::from_millis(#milliseconds))
}

fn options_of_test(program: &Program) -> TokenStream {
    let timeout = timeout(program);
    let real_time = program.real_time.then(|| quote!(.real_time()));
    quote!(::di::__private::TestOptions::new() #timeout #real_time)
}

fn options(program: &Program) -> TokenStream {
    let timeout = timeout(program);
    let release = program.release_milliseconds.map(|milliseconds| {
        let time = duration(milliseconds);
        quote!(.release_timeout(#time))
    });
    let threads = program.worker_threads.map(|threads| quote!(.worker_threads(#threads)));
    quote!(::di::__private::MainOptions::new() #timeout #release #threads)
}

/// A `main` for code with mistakes: the program has one, and the user's is checked.
pub(crate) fn stub(model: &Model) -> TokenStream {
    let result = match model.place {
        Place::Test => quote!(::core::unreachable!()),
        _ => quote!(::std::process::ExitCode::FAILURE),
    };
    let body = model.function.stub(MAIN, &result);
    let function = model.function.plain(&returned(model), &body);
    quote!(#[allow(dead_code)] #function)
}
