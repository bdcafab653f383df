//! From the model of a list to the layer it is, and the constant that looks for mistakes in it.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Expr, ExprCall, Generics, PathArguments, Type, parse_quote, token::Paren};

use super::model::{Entry, Header, List};
use crate::{
    checks::Checks,
    errors::Errors,
    hygiene::{at, ends},
    sets,
    types::written,
};

/// The block that is the layer.
pub(crate) fn whole(list: &List) -> TokenStream {
    let (sides, check, layer) = (list.header.as_ref().map(sides), check(list), layer(list));
    quote!({ #sides #check #layer })
}

/// A layer of any type, for a list with mistakes.
pub(crate) fn stub(errors: Errors) -> TokenStream {
    let errors = errors.beside(TokenStream::new());
    quote!({ #errors ::core::unreachable!() })
}

/// The constant that looks for mistakes. What it calls is at the words to report at.
fn check(list: &List) -> TokenStream {
    let (entries, places): (Vec<_>, Vec<_>) = list.entries.iter().filter_map(known).unzip();
    let open = entries.len() < list.entries.len();
    if entries.is_empty() && (open || list.header.is_none()) {
        return TokenStream::new();
    }
    let header = match &list.header {
        None => quote!(::core::option::Option::None),
        Some(header) => {
            let (out_text, needs_text) = (texts(&header.out), texts(&header.needs));
            quote! {
                ::core::option::Option::Some(
                    &::di::__private::Header::new(__di_header, #out_text, #needs_text)
                )
            }
        }
    };
    let header_place = list.header.as_ref().map(|header| header.place);
    let reports = places.into_iter().chain(header_place).enumerate().map(|(number, place)| report(number, place));
    quote! {
        // A list of thousands of layers takes the compiler longer than it expects of a constant.
        #[allow(long_running_const_eval, clippy::large_const_arrays)]
        const _: () = {
            const __DI_ENTRIES: &[::di::__private::Entry] = &[#(#entries),*];
            const __DI_DIAGNOSIS: &::di::__private::Diagnosis = &::di::__private::diagnose::<
                { __DI_ENTRIES.len() },
                { ::di::__private::slots(__DI_ENTRIES) },
            >(__DI_ENTRIES, #header, #open);
            [#(#reports),*];
        };
    }
}

/// The call that reports at a place, if the report belongs there.
fn report(number: usize, (first, last): (Span, Span)) -> TokenStream {
    let function = quote_spanned!(at(first)=> ::di::__private::report_at);
    let arguments = quote_spanned!(at(last)=> __DI_DIAGNOSIS, #number);
    let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
    arguments.set_span(at(last));
    quote!(#function #arguments)
}

/// What a constant is told of an entry, and the place of the entry; nothing if it cannot know its types.
fn known(entry: &Entry) -> Option<(TokenStream, (Span, Span))> {
    match entry {
        Entry::Call(call) => {
            let place = ends(call);
            let (function, name) = (&call.func, name_of(call));
            let describe = format_ident!("entry{}", call.args.len(), span = at(place.0));
            Some((quote_spanned!(at(place.0)=> ::di::__private::#describe(#name, #function)), place))
        }
        Entry::Value(call, service) => {
            let (out, name) = (services(std::slice::from_ref(service)), name_of(call));
            let nothing = services(&[]);
            Some((quote!(::di::__private::entry::<#out, #nothing>(#name)), ends(call)))
        }
        Entry::List(List { header: Some(header), .. }, place) => {
            let (out, needs) = (services(&header.out), services(&header.needs));
            Some((quote!(::di::__private::entry::<#out, #needs>("layers![..]")), *place))
        }
        Entry::List(..) | Entry::Open(_) => None,
    }
}

/// The call as reports name it: arguments only if they are short.
fn name_of(call: &ExprCall) -> String {
    let (function, arguments) = (written(&call.func), written(&call.args));
    match arguments.len() {
        0 => function,
        1..=16 => format!("{function}({arguments})"),
        _ => format!("{function}(..)"),
    }
}

/// The layer itself.
fn layer(list: &List) -> TokenStream {
    let values = list.entries.iter().map(|entry| match entry {
        Entry::Call(call) => called(call),
        Entry::Value(call, service) => value(call, service),
        Entry::Open(expr) => expr.to_token_stream(),
        Entry::List(list, _) => whole(list),
    });
    let values: Vec<TokenStream> = values.collect();
    let is_known = list.entries.iter().all(|entry| !matches!(entry, Entry::Open(_)));
    match &list.header {
        _ if values.is_empty() && list.header.is_none() => quote!(::di::__private::Layer::empty()),
        Some(_) if is_known => {
            let parts = tree(&values, &|value| quote!(::di::__private::part(#value)), &quote!(both));
            quote!(::di::__private::assembled(__di_header, #parts))
        }
        Some(header) => {
            let parts = open_parts(&values);
            // The header is what does not fit, if something does not.
            let (first, last) = (at(header.place.0), at(header.place.1));
            let assemble = quote_spanned!(first=> ::di::__private::open_assembled_as);
            let (sides, ending) = (quote_spanned!(first=> __di_header), quote_spanned!(last=> as _));
            quote!(#assemble(#sides #ending, #parts))
        }
        None => {
            let parts = open_parts(&values);
            quote!(::di::__private::open_assembled(#parts))
        }
    }
}

fn open_parts(values: &[TokenStream]) -> TokenStream {
    tree(values, &|value| quote!(::di::__private::open_part(#value)), &quote!(open_both))
}

/// The function in whose signature the types of a header stand: a mistake in one of them is told once there.
fn sides(header: &Header) -> TokenStream {
    let (out, needs) = (services(&header.out), services(&header.needs));
    quote! {
        fn __di_header() -> ::di::__private::Sides<#out, #needs> {
            ::core::marker::PhantomData
        }
    }
}

/// The value's layer, which is what the constant was told of it. The service is known there only if it is one.
fn value(call: &ExprCall, service: &Type) -> TokenStream {
    let (out, nothing) = (services(std::slice::from_ref(service)), services(&[]));
    let mut call = call.clone();
    if let Expr::Path(path) = &mut *call.func
        && let Some(last) = path.path.segments.last_mut()
    {
        let checks = Checks::new(&Generics::default()).services(std::slice::from_ref(service));
        let checked: Type = Type::Verbatim(checks.around(&service.to_token_stream()));
        last.arguments = PathArguments::AngleBracketed(parse_quote!(::<#checked>));
    }
    quote!(::core::convert::identity::<::di::__private::Layer<#out, #nothing, #nothing>>(#call))
}

/// The call, whose function the compiler takes for a value here too: one that is not there is told of once.
fn called(call: &ExprCall) -> TokenStream {
    let mut tokens = TokenStream::new();
    Paren(ends(&call.func).0).surround(&mut tokens, |tokens| call.func.to_tokens(tokens));
    call.paren_token.surround(&mut tokens, |tokens| call.args.to_tokens(tokens));
    tokens
}

/// All values, two by two, as deep as a balanced tree: the compiler walks through types less often than in a chain.
fn tree(values: &[TokenStream], leaf: &impl Fn(&TokenStream) -> TokenStream, both: &TokenStream) -> TokenStream {
    match values {
        [] => quote!(::di::__private::Parts::none()),
        [one] => leaf(one),
        many => {
            let (left, right) = many.split_at(many.len() / 2);
            let (left, right) = (tree(left, leaf, both), tree(right, leaf, both));
            quote!(::di::__private::#both(#left, #right))
        }
    }
}

fn services(types: &[Type]) -> TokenStream {
    sets::services(types, &Generics::default())
}

/// Types as they were written.
fn texts(types: &[Type]) -> String {
    types.iter().map(written).collect::<Vec<_>>().join(", ")
}
