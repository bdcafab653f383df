//! The function behind `#[layer]`, `#[effect]` and `#[main]`: the user's own, moved into a generated one.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute, FnArg, Generics, ReturnType, Safety, Signature, Token, Type, Visibility, WherePredicate,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    parse_quote,
};

use crate::{
    checks::Checks,
    errors::Errors,
    hygiene::{at, local},
    params::{self, Need, Param, Place, Role},
    types::find_word,
};

/// A function as the user wrote it. The body stays tokens: nothing looks into it, and what is wrong in it is the
/// compiler's to say.
pub(crate) struct Written {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    body: Group,
}

impl Parse for Written {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig: Signature = input.parse()?;
        match input.parse() {
            Ok(TokenTree::Group(body)) if input.is_empty() => Ok(Self { attrs, vis, sig, body }),
            _ => Err(syn::Error::new(sig.ident.span(), "write the function with a body: `{ .. }`")),
        }
    }
}

/// A function that passed the checks every place has in common.
pub(crate) struct Function {
    pub(crate) written: Written,
    pub(crate) params: Vec<Param>,
    /// The user's function would not compile as an inner one; it is left out where mistakes are reported.
    hollow: bool,
}

impl Function {
    /// `None` if the item is no function, or one that can only stand as it is.
    pub(crate) fn parse(item: TokenStream, place: Place, errors: &mut Errors) -> Option<Self> {
        if !is_function(item.clone()) {
            errors.at(first_word(item), misplaced(place));
            return None;
        }
        let written: Written = match syn::parse2(item) {
            Ok(written) => written,
            Err(error) => {
                errors.push(error);
                return None;
            }
        };
        let sig = &written.sig;
        check_qualifiers(sig, place, errors);
        check_generics(&sig.generics, place, errors);
        let params = params::parse(sig.inputs.iter(), place, errors);
        if let Some(variadic) = &sig.variadic {
            errors.over(variadic, "write the parameters one by one; `...` is not possible here");
            return None;
        }
        let params = params?;
        let selfish = find_word(&sig.inputs, "Self").or_else(|| find_word(&sig.output, "Self"));
        if let Some(span) = selfish {
            errors.at(span, "`Self` is not known here; write the name of the type");
        }
        let broken = params.iter().any(|param| matches!(param.role, Role::Broken));
        Some(Self { hollow: broken || selfish.is_some(), params, written })
    }

    pub(crate) fn name(&self) -> &Ident {
        &self.written.sig.ident
    }

    pub(crate) fn generics(&self) -> &Generics {
        &self.written.sig.generics
    }

    /// The type that is written behind the arrow.
    pub(crate) fn returned(&self) -> Option<&Type> {
        match &self.written.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ty),
        }
    }

    pub(crate) fn is_async(&self) -> bool {
        self.written.sig.asyncness.is_some()
    }

    /// Whether a parameter has an attribute, which can stand nowhere else.
    pub(crate) fn has_attributes_on_parameters(&self) -> bool {
        self.written.sig.inputs.iter().any(|input| matches!(input, FnArg::Typed(input) if !input.attrs.is_empty()))
    }

    /// The services that the parameters ask for, in order.
    pub(crate) fn needs(&self) -> Vec<Need> {
        let needs = self.params.iter().filter_map(|param| match &param.role {
            Role::Need(need) => Some((**need).clone()),
            _ => None,
        });
        needs.collect()
    }

    /// The user's function under another name, without what belongs to the generated one and without the qualifiers
    /// that were reported. What is injected is known only if the checks compile.
    pub(crate) fn inner(&self, name: &str, checks: &Checks) -> TokenStream {
        let mut sig = self.written.sig.clone();
        for (input, param) in sig.inputs.iter_mut().zip(&self.params) {
            if let (FnArg::Typed(input), Role::Need(need)) = (input, &param.role) {
                // `Inject<impl Users>` has been reported, and is taken for what should have been written.
                let ty = if find_word(&input.ty, "impl").is_some() { &need.injected } else { &*input.ty };
                *input.ty = Type::Verbatim(checks.in_body(ty));
            }
        }
        self.renamed(sig, name)
    }

    /// The user's function under another name, its parameters in one tuple, so that the checks are written once.
    /// All of them are injected.
    pub(crate) fn inner_of_tuple(&self, name: &str, checks: &Checks) -> TokenStream {
        let mut sig = self.written.sig.clone();
        let (patterns, types): (Vec<_>, Vec<_>) = sig
            .inputs
            .iter()
            .filter_map(|input| match input {
                FnArg::Typed(input) => Some((&input.pat, &input.ty)),
                FnArg::Receiver(_) => None,
            })
            .unzip();
        let checked = checks.around(&quote!((#(#types,)*)));
        let tuple: FnArg = FnArg::Typed(syn::PatType {
            attrs: Vec::new(),
            pat: Box::new(syn::Pat::Verbatim(quote!((#(#patterns,)*)))),
            colon_token: Token![:](at(self.name().span())),
            ty: Box::new(Type::Verbatim(checked)),
        });
        sig.inputs = std::iter::once(tuple).collect();
        self.renamed(sig, name)
    }

    fn renamed(&self, mut sig: Signature, name: &str) -> TokenStream {
        own_parameters(&mut sig.generics);
        sig.ident = local(name);
        sig.constness = None;
        sig.abi = None;
        sig.ident.set_span(at(self.name().span()));
        let body = &self.written.body;
        quote! {
            #[cfg_attr(
                clippy,
                allow(
                    clippy::missing_const_for_fn,
                    clippy::needless_pass_by_value,
                    clippy::too_many_arguments,
                    clippy::unused_async
                )
            )]
            #sig #body
        }
    }

    /// The statements that gather the arguments from `__cx` and from the ordinary parameters.
    pub(crate) fn bindings(&self, checks: &Checks) -> TokenStream {
        let params = self.params.iter().enumerate();
        params.filter_map(|(index, param)| param.binding(index, checks)).collect()
    }

    /// The call of the user's function, awaited if it is async.
    pub(crate) fn call(&self, name: &str) -> TokenStream {
        let inner = self.item(name);
        let params = self.params.iter().enumerate();
        let arguments = params.map(|(index, param)| param.argument(index));
        let wait = self.is_async().then(|| quote!(.await));
        quote_spanned!(at(self.name().span())=> #inner (#(#arguments),*) #wait)
    }

    /// The user's function, with the parameters of the generated one.
    pub(crate) fn item(&self, name: &str) -> TokenStream {
        let inner = local(name);
        let generics = &self.written.sig.generics;
        let parameters =
            (!generics.params.is_empty()).then(|| generics.split_for_impl().1.as_turbofish().to_token_stream());
        quote!(#inner #parameters)
    }

    /// The generated function.
    pub(crate) fn outer(&self, output: &TokenStream, body: &TokenStream) -> TokenStream {
        let Written { attrs, vis, sig, .. } = &self.written;
        let name = &sig.ident;
        let mut generics = sig.generics.clone();
        own_parameters(&mut generics);
        let condition = &generics.where_clause;
        let params = self.params.iter().filter_map(Param::outer);
        quote! {
            #(#attrs)*
            #vis fn #name #generics (#(#params),*) -> #output #condition { #body }
        }
    }

    /// The generated function without parameters, whatever the user wrote.
    pub(crate) fn plain(&self, output: &TokenStream, body: &TokenStream) -> TokenStream {
        let Written { attrs, vis, .. } = &self.written;
        let name = self.name();
        quote!(#(#attrs)* #vis fn #name() -> #output { #body })
    }

    /// The body of the generated function when mistakes were found: the names resolve, the user's code is checked.
    pub(crate) fn stub(&self, name: &str, result: &TokenStream) -> TokenStream {
        let inner = (!self.hollow).then(|| self.inner(name, &Checks::default()));
        quote!(#inner #result)
    }
}

/// Where the code of a layer or effect came from, for reports.
pub(crate) fn source(name: &Ident) -> TokenStream {
    let printed = name.unraw().to_string();
    quote_spanned!(name.span()=> ::di::__private::Source::of(#printed, ::core::module_path!()))
}

fn check_qualifiers(sig: &Signature, place: Place, errors: &mut Errors) {
    let what = place.noun();
    if let Some(token) = &sig.constness {
        errors.over(token, format!("{what} runs later; remove `const`"));
    }
    if let Safety::Unsafe(token) = &sig.safety {
        errors.over(
            token,
            format!("{what} is run by the library; remove `unsafe` and write an `unsafe` block in the body"),
        );
    }
    if let Some(abi) = &sig.abi {
        errors.over(abi, format!("{what} is no foreign function; remove `extern`"));
    }
}

/// What a layer or an effect keeps, it owns: each type parameter is `'static`, which is said where its other bounds are.
fn own_parameters(generics: &mut Generics) {
    let (mut inline, mut after) = (Vec::new(), Vec::new());
    for parameter in generics.type_params() {
        let name = &parameter.ident;
        let only_after = parameter.bounds.is_empty()
            && generics
                .where_clause
                .as_ref()
                .is_some_and(|clause| find_word(&clause.predicates, &name.to_string()).is_some());
        if only_after { after.push(name.clone()) } else { inline.push(name.clone()) }
    }
    for parameter in generics.type_params_mut().filter(|parameter| inline.contains(&parameter.ident)) {
        parameter.bounds.push(parse_quote!('static));
    }
    if !after.is_empty() {
        let predicates = &mut generics.make_where_clause().predicates;
        predicates.extend(after.iter().map(|name| -> WherePredicate { parse_quote!(#name: 'static) }));
    }
}

fn check_generics(generics: &Generics, place: Place, errors: &mut Errors) {
    let what = place.noun();
    if place.is_called_by_us() {
        if !generics.params.is_empty() {
            errors.over(&generics.params, format!("{what} cannot be generic; write the types"));
        }
        return;
    }
    for parameter in generics.lifetimes() {
        errors.over(
            &parameter.lifetime,
            format!("{what} owns what it keeps: lifetime parameters are not possible; use owned types"),
        );
    }
}

impl Place {
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Place::Layer | Place::LayerMap => "a layer",
            Place::Effect => "an effect",
            Place::Main => "`main`",
            Place::Test => "a test",
        }
    }
}

fn misplaced(place: Place) -> &'static str {
    match place {
        Place::Layer => "#[layer] goes on a function; on a struct write `#[derive(Layer)]` above it",
        Place::LayerMap => "#[layer_map] goes on the function that makes the layer of a key",
        Place::Effect => "#[effect] goes on a function",
        Place::Main => "#[main] goes on the function `async fn main()`",
        Place::Test => "#[test] goes on an `async fn`",
    }
}

/// Whether the item is a function, whatever is wrong with it.
fn is_function(item: TokenStream) -> bool {
    let function = |input: ParseStream<'_>| {
        input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        while !input.is_empty() && !input.peek(Token![fn]) {
            let qualifies = input.peek(Token![const])
                || input.peek(Token![async])
                || input.peek(Token![unsafe])
                || input.peek(Token![extern])
                || input.peek(syn::LitStr);
            if !qualifies {
                break;
            }
            input.parse::<TokenTree>()?;
        }
        let found = input.peek(Token![fn]);
        input.parse::<TokenStream>()?;
        Ok(found)
    };
    syn::parse::Parser::parse2(function, item).unwrap_or(false)
}

/// The first word of an item, so that a mistake of the whole item marks no more than that.
pub(crate) fn first_word(item: TokenStream) -> Span {
    let mut trees = item.into_iter();
    let word = trees.find(|tree| matches!(tree, TokenTree::Ident(_)));
    word.map_or_else(Span::call_site, |word| word.span())
}
