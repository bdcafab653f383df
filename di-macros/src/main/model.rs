//! From `#[main(layer)]` and `#[test(layer)]` to the model.

use proc_macro2::TokenStream;
use syn::{
    Expr, LitInt, LitStr, ReturnType, Token, Type,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    parse_quote,
    spanned::Spanned,
};

use crate::{
    duration,
    errors::Errors,
    function::Function,
    options::{Allowed, Form, Options},
    params::Place,
    types::find_word,
};

const OF_MAIN: [Allowed; 3] = [
    Allowed { name: "shutdown_timeout", form: Form::EqualsText, example: "shutdown_timeout = \"25 seconds\"" },
    Allowed { name: "release_timeout", form: Form::EqualsText, example: "release_timeout = \"5 seconds\"" },
    Allowed { name: "worker_threads", form: Form::EqualsNumber, example: "worker_threads = 4" },
];

const OF_TEST: [Allowed; 2] = [
    Allowed { name: "shutdown_timeout", form: Form::EqualsText, example: "shutdown_timeout = \"25 seconds\"" },
    Allowed { name: "real_time", form: Form::Flag, example: "real_time" },
];

/// The user's function.
pub(crate) struct Model {
    pub(crate) place: Place,
    pub(crate) function: Function,
    pub(crate) output: Type,
}

/// What to run it with.
pub(crate) struct Program {
    pub(crate) layer: Expr,
    pub(crate) shutdown_milliseconds: Option<u64>,
    pub(crate) release_milliseconds: Option<u64>,
    pub(crate) worker_threads: Option<usize>,
    pub(crate) real_time: bool,
}

pub(crate) fn parse(
    place: Place,
    args: TokenStream,
    item: TokenStream,
    errors: &mut Errors,
) -> (Option<Program>, Option<Model>) {
    let program = program(place, args, errors);
    let model = Function::parse(item, place, errors).map(|function| {
        let sig = &function.written.sig;
        if !function.is_async() {
            let (what, name) = (place.noun(), &sig.ident);
            errors.over(sig.fn_token, format!("{what} is run by the library; write `async fn {name}`"));
        }
        let output = output(place, &sig.output, errors);
        Model { place, function, output }
    });
    (program, model)
}

fn output(place: Place, output: &ReturnType, errors: &mut Errors) -> Type {
    let ReturnType::Type(_, ty) = output else {
        return parse_quote!(());
    };
    if let Some(span) = find_word(ty, "impl") {
        let what = place.noun();
        errors.at(span, format!("the result of {what} needs a name; write its type instead of `impl Trait`"));
        return parse_quote!(());
    }
    (**ty).clone()
}

/// Parses `layer, option = value, ..`.
fn program(place: Place, args: TokenStream, errors: &mut Errors) -> Option<Program> {
    let (owner, options) = match place {
        Place::Test => ("test", &OF_TEST[..]),
        _ => ("main", &OF_MAIN[..]),
    };
    let span = args.span();
    let split = |input: ParseStream<'_>| {
        let option_first = input.peek(syn::Ident::peek_any) && input.peek2(Token![=]);
        if input.is_empty() || option_first && !input.peek2(Token![==]) {
            return Ok((None, input.parse::<TokenStream>()?));
        }
        let layer: Expr = input.parse()?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        Ok((Some(layer), input.parse::<TokenStream>()?))
    };
    let (layer, rest) = match split.parse2(args) {
        Ok(parts) => parts,
        Err(error) => {
            let example = options[options.len() - 1].example;
            let message = format!("write the layer to run, then the options: `#[di::{owner}(app(), {example})]`");
            errors.at(error.span(), message);
            return None;
        }
    };
    if layer.is_none() {
        errors.at(span, format!("#[{owner}] needs the layer to run; write `#[di::{owner}(app())]`"));
    }
    let options = Options::parse(rest, owner, options, errors);
    let shutdown = options.text("shutdown_timeout");
    let release = options.text("release_timeout");
    let threads = options.number("worker_threads");
    Some(Program {
        shutdown_milliseconds: shutdown.and_then(|text| milliseconds(text, errors)),
        release_milliseconds: release.and_then(|text| milliseconds(text, errors)),
        worker_threads: threads.and_then(|number| worker_threads(number, errors)),
        real_time: options.has("real_time"),
        layer: layer?,
    })
}

fn milliseconds(text: &LitStr, errors: &mut Errors) -> Option<u64> {
    let parsed = duration::milliseconds(&text.value());
    if parsed.is_none() {
        errors.at(text.span(), duration::HINT);
    }
    parsed
}

fn worker_threads(number: &LitInt, errors: &mut Errors) -> Option<usize> {
    let parsed = number.base10_parse::<usize>().ok().filter(|&count| count > 0);
    if parsed.is_none() {
        errors.at(number.span(), "write a number of threads from 1 on: `worker_threads = 4`");
    }
    parsed
}
