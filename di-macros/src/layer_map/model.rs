//! From `#[layer_map(Name, policy)]` and its function to the model.

use proc_macro2::{Ident, TokenStream};
use syn::{
    Token, Type,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    spanned::Spanned,
};

use super::policy::{OPTIONS, Policy};
use crate::{
    errors::Errors,
    function::Function,
    layer::{function::model, model as layer},
    options::Options,
    params::{Place, Role},
    types::{find_word, last_segment, written},
};

pub(crate) struct Model {
    /// `None` if it is not written, which is a mistake; so are the others.
    pub(crate) name: Option<Ident>,
    pub(crate) policy: Policy,
    pub(crate) key: Option<Type>,
    pub(crate) lookup: Lookup,
}

/// How the layer of a key comes about.
pub(crate) enum Lookup {
    /// The function makes what the layer gives, as with `#[layer]`.
    Builds(Box<layer::Model>),
    /// The function returns the layer.
    Composes(Box<Composition>),
}

/// A function that returns a layer, as it stands.
pub(crate) struct Composition {
    pub(crate) item: TokenStream,
    pub(crate) function: Function,
    pub(crate) layer: Type,
}

impl Lookup {
    pub(crate) fn function(&self) -> &Function {
        match self {
            Self::Composes(composition) => &composition.function,
            Self::Builds(model) => match &model.recipe {
                layer::Recipe::Function(function) => function,
                layer::Recipe::Struct(_) => unreachable!("the model was made of a function"),
            },
        }
    }
}

pub(crate) fn parse(args: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Model> {
    let place = args.span();
    let (name, rest) = name(args, errors);
    let before = errors.count();
    let options = Options::parse(rest, "layer_map", &OPTIONS, errors);
    let complete = errors.count() == before;
    let policy = Policy::parse(&options, name.as_ref().map_or(place, Ident::span), complete, errors);
    let function = Function::parse(item.clone(), Place::LayerMap, errors)?;
    if !function.generics().params.is_empty() && function.generics().lifetimes().next().is_none() {
        errors.over(
            &function.generics().params,
            "a map is one service, so its function cannot be generic; write the types, and a function for each",
        );
    }
    let key = key(&function, errors);
    let returned = function.returned().filter(|ty| composes(ty)).cloned();
    let lookup = match returned {
        None => {
            if let Some(returned) = function.returned()
                && let Some(span) = find_word(returned, "impl")
                && !options.has("as")
            {
                errors.at(
                    span,
                    "a service needs a name; write `as dyn Trait` among the options, or return a type with a name",
                );
                return None;
            }
            Lookup::Builds(Box::new(model(function, &options, errors)))
        }
        Some(layer) => {
            check_composition(&function, &options, errors);
            Lookup::Composes(Box::new(Composition { item, function, layer }))
        }
    };
    Some(Model { name, policy, key, lookup })
}

/// Takes the name from the options behind it.
fn name(args: TokenStream, errors: &mut Errors) -> (Option<Ident>, TokenStream) {
    let place = args.span();
    let split = |input: ParseStream<'_>| {
        // An option in the place of the name is none.
        let option = |input: ParseStream<'_>| {
            OPTIONS.iter().any(|option| input.fork().call(Ident::parse_any).is_ok_and(|word| word == option.name))
        };
        if !input.peek(syn::Ident) || input.peek2(Token![=]) || option(input) {
            return Ok((None, input.parse::<TokenStream>()?));
        }
        let name: Ident = input.parse()?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        Ok((Some(name), input.parse::<TokenStream>()?))
    };
    match split.parse2(args) {
        Ok((Some(name), rest)) => (Some(name), rest),
        Ok((None, rest)) => {
            errors.at(
                place,
                "a map needs a name first, which becomes a service; write `#[layer_map(TenantDatabases, keep)]`",
            );
            (None, rest)
        }
        Err(error) => {
            errors
                .at(error.span(), "write the name of the map, then its options: `#[layer_map(TenantDatabases, keep)]`");
            (None, TokenStream::new())
        }
    }
}

/// The type of the one ordinary parameter.
fn key(function: &Function, errors: &mut Errors) -> Option<Type> {
    let mut ordinary = function.params.iter().filter(|param| matches!(param.role, Role::Ordinary(_)));
    let Some(key) = ordinary.next() else {
        // A parameter that could not be read may have been the key.
        if !function.params.iter().any(|param| matches!(param.role, Role::Broken)) {
            errors.at(
                function.name().span(),
                "a map makes a layer of a key; write the key as the first parameter, for example `tenant: TenantId`",
            );
        }
        return None;
    };
    for other in ordinary {
        let (first, second) = (written(&key.ty), written(&other.ty));
        errors.over(
            &other.ty,
            format!("a map has one key; write both parameters as one, `({first}, {second})` or a struct of yours"),
        );
    }
    Some(key.ty.clone())
}

/// Whether a function that returns this returns a layer: the name of the type is `Layer`, or ends with it.
fn composes(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident.to_string().ends_with("Layer"))
}

fn check_composition(function: &Function, options: &Options, errors: &mut Errors) {
    if let Some(token) = &function.written.sig.asyncness {
        errors.over(
            token,
            "this function returns a layer, and the layer is what is built; remove `async`, or wait inside of the layer with `Layer::unwrap`",
        );
    }
    for param in &function.params {
        match &param.role {
            Role::Need(_) => errors.over(
                &param.ty,
                "this function returns a layer, which says itself what it needs; take this in a `#[layer]` function, or with `Layer::unwrap`",
            ),
            Role::Scope { .. } => errors.over(
                &param.ty,
                "this function returns a layer, and only what builds has a scope; take it in a `#[layer]` function",
            ),
            Role::Shutdown | Role::Ordinary(_) | Role::Broken => {}
        }
    }
    for name in ["as", "fails"] {
        if let Some(span) = options.span(name) {
            errors.at(span, format!("this function returns a layer, whose type says it; remove `{name}`"));
        }
    }
}
