//! From the tokens in the brackets to the model of a list.

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Expr, ExprCall, GenericArgument, PathArguments, PathSegment, Token, Type,
    parse::{ParseStream, Parser},
};

use crate::{errors::Errors, hygiene::ends, types::find_word};

/// The list.
pub(crate) struct List {
    pub(crate) header: Option<Header>,
    pub(crate) entries: Vec<Entry>,
}

/// `<Out, .. needs In, ..>`
pub(crate) struct Header {
    pub(crate) out: Vec<Type>,
    pub(crate) needs: Vec<Type>,
    /// Where it begins and ends.
    pub(crate) place: (Span, Span),
}

/// One layer of the list.
pub(crate) enum Entry {
    /// The call of a function that a constant can name.
    Call(ExprCall),
    /// `Layer::succeed::<Service>(value)`: a constant could not name the function, of which the value's type is a part.
    Value(ExprCall, Type),
    /// A list with a header.
    List(List, (Span, Span)),
    /// Any other layer.
    Open(Expr),
}

syn::custom_keyword!(needs);

/// More parameters than a constant can tell of.
const MOST_ARGUMENTS: usize = 8;

pub(crate) fn parse(input: TokenStream, errors: &mut Errors) -> Option<List> {
    let parser = |input: ParseStream<'_>| list(input, errors);
    match parser.parse2(input) {
        Ok(list) => Some(list),
        Err(error) => {
            errors.push(error);
            None
        }
    }
}

fn list(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<List> {
    let header = begins_with_header(input).then(|| header(input)).transpose()?;
    let mut entries = Vec::new();
    while !input.is_empty() {
        if input.peek(Token![..]) {
            input.parse::<Token![..]>()?;
            entries.push(Entry::Open(input.parse()?));
        } else {
            entry(input.parse()?, &mut entries, errors);
        }
        if input.is_empty() {
            break;
        }
        input.parse::<Token![,]>()?;
    }
    Ok(List { header, entries })
}

/// Whether there is a header; `<Type as Trait>::layer()` is a call.
fn begins_with_header(input: ParseStream<'_>) -> bool {
    if !input.peek(Token![<]) {
        return false;
    }
    let ahead = input.fork();
    header(&ahead).is_ok() && !ahead.peek(Token![::]) || input.fork().parse::<Expr>().is_err()
}

fn header(input: ParseStream<'_>) -> syn::Result<Header> {
    let open = input.parse::<Token![<]>()?.span;
    let out = types(input)?;
    let asks = input.parse::<Option<needs>>()?.is_some();
    let needs = if asks { types(input)? } else { Vec::new() };
    let close = input.parse::<Token![>]>()?.span;
    Ok(Header { out, needs, place: (open, close) })
}

fn types(input: ParseStream<'_>) -> syn::Result<Vec<Type>> {
    let mut types = Vec::new();
    while !input.peek(Token![>]) && !input.peek(needs) {
        types.push(input.parse()?);
        if !input.peek(Token![,]) {
            break;
        }
        input.parse::<Token![,]>()?;
    }
    Ok(types)
}

/// Sorts an expression of the list.
fn entry(expr: Expr, entries: &mut Vec<Entry>, errors: &mut Errors) {
    if let Some(attribute) = attributes(&expr).first() {
        errors.over(attribute, "an entry has no attributes; write them on the layer's function");
        return;
    }
    match expr {
        Expr::Group(group) => entry(*group.expr, entries, errors),
        Expr::Call(call) if takes_closure(&call.func) => errors.over(
            &call,
            "a layer made of a closure is known by its types alone; write `..` before it: `..Layer::sync(|| Clock)`",
        ),
        Expr::Call(call) if is_path(&call.func) => {
            if let Some(service) = value(&call.func) {
                entries.push(Entry::Value(call, service));
                return;
            }
            let open = call.args.len() > MOST_ARGUMENTS || find_word(&call.func, "Self").is_some();
            entries.push(if open { Entry::Open(Expr::Call(call)) } else { Entry::Call(call) });
        }
        Expr::Macro(inner) if inner.mac.path.segments.last().is_some_and(|last| last.ident == "layers") => {
            let place = ends(&inner);
            let Some(list) = parse(inner.mac.tokens, errors) else { return };
            match list.header {
                // The layers of a list without a header are as good as in this one.
                None => entries.extend(list.entries),
                Some(_) => entries.push(Entry::List(list, place)),
            }
        }
        other => errors.over(
            &other,
            "an entry is the call of a layer function, such as `users()`; write `..` before any other layer: \
             `..users().fresh()`",
        ),
    }
}

fn attributes(expr: &Expr) -> &[Attribute] {
    match expr {
        Expr::Call(call) => &call.attrs,
        Expr::Macro(inner) => &inner.attrs,
        _ => &[],
    }
}

/// The service of a call of `Layer::succeed::<Service>` or `Layer::mock::<Service>`.
fn value(function: &Expr) -> Option<Type> {
    let last = of_layer(function).filter(|last| last.ident == "succeed" || last.ident == "mock")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match (arguments.args.len(), arguments.args.first()) {
        (1, Some(GenericArgument::Type(service))) => Some(service.clone()),
        _ => None,
    }
}

fn takes_closure(function: &Expr) -> bool {
    const TAKERS: [&str; 5] = ["sync", "from_fn", "scoped", "suspend", "unwrap"];
    of_layer(function).is_some_and(|last| TAKERS.iter().any(|taker| last.ident == taker))
}

/// The last segment of `Layer::function`.
fn of_layer(function: &Expr) -> Option<&PathSegment> {
    let Expr::Path(path) = function else { return None };
    let mut segments = path.path.segments.iter().rev();
    let (last, layer) = (segments.next()?, segments.next()?);
    (layer.ident == "Layer").then_some(last)
}

fn is_path(function: &Expr) -> bool {
    match function {
        Expr::Group(group) => is_path(&group.expr),
        Expr::Path(path) => path.attrs.is_empty(),
        _ => false,
    }
}
