//! From `#[main(layer)]` to the model.

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

const OPTIONS: [Allowed; 2] = [
    Allowed { name: "shutdown_timeout", form: Form::EqualsText, example: "shutdown_timeout = \"25 seconds\"" },
    Allowed { name: "worker_threads", form: Form::EqualsNumber, example: "worker_threads = 4" },
];

/// The user's `main`.
pub(crate) struct Model {
    pub(crate) function: Function,
    pub(crate) output: Type,
}

/// What to run it with.
pub(crate) struct Program {
    pub(crate) layer: Expr,
    pub(crate) shutdown_milliseconds: Option<u64>,
    pub(crate) worker_threads: Option<usize>,
}

pub(crate) fn parse(args: TokenStream, item: TokenStream, errors: &mut Errors) -> (Option<Program>, Option<Model>) {
    let program = program(args, errors);
    let model = Function::parse(item, Place::Main, errors).map(|function| {
        let sig = &function.written.sig;
        if !function.is_async() {
            errors.over(sig.fn_token, "`main` is run by the library; write `async fn main`");
        }
        let output = output(&sig.output, errors);
        Model { function, output }
    });
    (program, model)
}

fn output(output: &ReturnType, errors: &mut Errors) -> Type {
    let ReturnType::Type(_, ty) = output else {
        return parse_quote!(());
    };
    if let Some(span) = find_word(ty, "impl") {
        errors.at(span, "the result of `main` needs a name; write its type instead of `impl Trait`");
        return parse_quote!(());
    }
    (**ty).clone()
}

/// Parses `layer, option = value, ..`.
fn program(args: TokenStream, errors: &mut Errors) -> Option<Program> {
    let place = args.span();
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
            errors
                .at(error.span(), "write the layer to run, then the options: `#[di::main(app(), worker_threads = 4)]`");
            return None;
        }
    };
    if layer.is_none() {
        errors.at(place, "#[main] needs the layer to run; write `#[di::main(app())]`");
    }
    let options = Options::parse(rest, "main", &OPTIONS, errors);
    let shutdown = options.text("shutdown_timeout");
    let threads = options.number("worker_threads");
    Some(Program {
        shutdown_milliseconds: shutdown.and_then(|text| milliseconds(text, errors)),
        worker_threads: threads.and_then(|number| worker_threads(number, errors)),
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
