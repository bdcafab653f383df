//! The parameters of a function: which are injected, and which stay parameters.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, FnArg, Pat, PatType, Type, spanned::Spanned};

use crate::{
    checks::Checks,
    errors::Errors,
    hygiene::{at, local, numbered},
    types::{as_dyn, find_word, last_segment, peel, type_arguments, written},
};

/// The macro that looks at the parameters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Layer,
    LayerMap,
    Effect,
    Main,
    Test,
}

impl Place {
    /// Whether the library calls the function, with nothing but what it injects.
    pub(crate) fn is_called_by_us(self) -> bool {
        matches!(self, Self::Main | Self::Test)
    }
}

/// A service that is asked for.
#[derive(Clone)]
pub(crate) struct Need {
    /// `S`
    pub(crate) service: Type,
    /// `Inject<S>`, as the user wrote it: the compiler reports an `S` that is no service once for the same tokens, and
    /// once more for every copy that is ours.
    pub(crate) injected: Type,
}

/// What a parameter is for.
pub(crate) enum Role {
    /// `Inject<S>`: the service `S`.
    Need(Box<Need>),
    /// `Scope` or `&Scope`.
    Scope { borrowed: bool },
    /// `Shutdown`, in `main`.
    Shutdown,
    /// A parameter of the generated function too, by this name.
    Ordinary(Ident),
    /// A mistake that would be reported twice if the parameter stayed.
    Broken,
}

pub(crate) struct Param {
    pub(crate) role: Role,
    pub(crate) ty: Type,
}

impl Param {
    pub(crate) fn parse(input: &PatType, index: usize, place: Place, errors: &mut Errors) -> Self {
        check_attributes(&input.attrs, errors);
        Self { role: Role::parse(input, index, place, errors), ty: (*input.ty).clone() }
    }

    /// `id: u32`, for the generated function.
    pub(crate) fn outer(&self) -> Option<TokenStream> {
        let Role::Ordinary(name) = &self.role else {
            return None;
        };
        let ty = &self.ty;
        Some(quote!(#name: #ty))
    }

    /// A copy of an ordinary parameter, for a run of the closure that keeps it.
    pub(crate) fn copy(&self) -> Option<TokenStream> {
        let Role::Ordinary(name) = &self.role else {
            return None;
        };
        Some(copy(name, &self.ty))
    }

    /// The statement that puts the argument into a local variable.
    pub(crate) fn binding(&self, index: usize, checks: &Checks) -> Option<TokenStream> {
        let inputs = local("__cx");
        let variable = numbered("arg", index);
        let span = at(self.ty.span());
        let value = match &self.role {
            Role::Need(need) => {
                let service = checks.in_body(&need.service);
                quote_spanned!(span=> #inputs.inject::<#service>())
            }
            Role::Scope { .. } => quote_spanned!(span=> #inputs.scope()),
            Role::Shutdown => quote_spanned!(span=> #inputs.shutdown()),
            Role::Ordinary(_) => self.copy()?,
            Role::Broken => return None,
        };
        Some(quote_spanned!(span=> let #variable = #value;))
    }

    /// The argument for the user's function.
    pub(crate) fn argument(&self, index: usize) -> TokenStream {
        let variable = numbered("arg", index);
        match self.role {
            Role::Scope { borrowed: true } => quote!(&#variable),
            _ => quote!(#variable),
        }
    }
}

/// `copied(&id)`, its errors at the type of `id`.
pub(crate) fn copy(name: &Ident, ty: &Type) -> TokenStream {
    let mut name = name.clone();
    name.set_span(name.span().located_at(ty.span()));
    quote_spanned!(at(ty.span())=> ::di::__private::copied(&#name))
}

impl Role {
    fn parse(input: &PatType, index: usize, place: Place, errors: &mut Errors) -> Self {
        let ty = peel(&input.ty);
        if let Type::Reference(reference) = ty {
            let target = last_segment(&reference.elem);
            match target.map(|segment| segment.ident.to_string()).as_deref() {
                Some("Inject") => {
                    let written = written(&reference.elem);
                    errors.over(ty, format!("write `{written}`; it is a pointer already"));
                    return need(&reference.elem, errors);
                }
                Some("Scope") if target.is_some_and(|segment| segment.arguments.is_none()) => {
                    if reference.mutability.is_some() {
                        errors.over(ty, "write `&Scope`; a scope is shared");
                    }
                    return Self::Scope { borrowed: true };
                }
                _ => {}
            }
        } else if let Some(segment) = last_segment(ty) {
            match segment.ident.to_string().as_str() {
                "Inject" => return need(ty, errors),
                "Scope" if segment.arguments.is_none() => return Self::Scope { borrowed: false },
                "Shutdown" if place.is_called_by_us() && segment.arguments.is_none() => {
                    return Self::Shutdown;
                }
                _ => {}
            }
        }
        check_ordinary(ty, place, errors);
        Self::Ordinary(outer_name(&input.pat, index))
    }
}

/// The need behind `Inject<S>`.
fn need(inject: &Type, errors: &mut Errors) -> Role {
    let arguments = last_segment(inject).map(type_arguments).unwrap_or_default();
    let [service] = arguments.as_slice() else {
        errors.over(
            inject,
            "write `Inject<S>` with the one service `S` to inject, for example `Inject<Config>` or `Inject<dyn Users>`",
        );
        return Role::Broken;
    };
    match as_dyn(service) {
        None => Role::Need(Box::new(Need { service: (*service).clone(), injected: inject.clone() })),
        Some(named) => {
            let written = written(&named);
            errors.over(service, format!("a service needs a name; write `Inject<{written}>`"));
            Role::Need(Box::new(Need {
                injected: Type::Verbatim(quote!(::di::__private::Inject<#named>)),
                service: named,
            }))
        }
    }
}

fn check_ordinary(ty: &Type, place: Place, errors: &mut Errors) {
    if place.is_called_by_us() {
        let what = place.noun();
        let message = format!(
            "nobody can pass this to {what}; write `Inject<S>` for a service, or take `Scope`, `&Scope` or `Shutdown`"
        );
        errors.over(ty, message);
        return;
    }
    if let Some(span) = find_word(ty, "impl") {
        errors.at(
            span,
            "`impl Trait` is not possible in a parameter here; write a type parameter: `fn name<T: Trait>(value: T)`",
        );
    }
    let Type::Reference(reference) = ty else {
        return;
    };
    let forever = |lifetime: &syn::Lifetime| lifetime.ident == "static";
    if !reference.lifetime.as_ref().is_some_and(forever) {
        let keeper = match place {
            Place::Layer | Place::LayerMap => "a layer",
            Place::Effect | Place::Main | Place::Test => "an effect",
        };
        let owned = owned(&reference.elem);
        errors.over(ty, format!("{keeper} keeps its parameters, so it cannot borrow them; write {owned}"));
    }
}

/// What to write instead of a reference to the type.
fn owned(ty: &Type) -> String {
    match peel(ty) {
        Type::Slice(slice) => format!("`Vec<{}>`", written(&slice.elem)),
        Type::Path(path) if path.path.is_ident("str") => "`String`".to_owned(),
        Type::Path(path) => format!("`{}`", written(path)),
        _ => "an owned type".to_owned(),
    }
}

/// The user's name for the parameter, or one of ours for a pattern.
fn outer_name(pattern: &Pat, index: usize) -> Ident {
    match pattern {
        Pat::Ident(name) => name.ident.clone(),
        other => Ident::new(&format!("__p{index}"), at(other.span())),
    }
}

/// A parameter that `#[cfg]` takes away would still be passed.
fn check_attributes(attrs: &[Attribute], errors: &mut Errors) {
    for attr in attrs {
        if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
            errors.over(
                attr,
                "a parameter cannot be conditional here; write the function twice and put `#[cfg(..)]` on each",
            );
        }
    }
}

/// The parameters of a function, `None` where there is a `self`.
pub(crate) fn parse<'a>(
    inputs: impl Iterator<Item = &'a FnArg>,
    place: Place,
    errors: &mut Errors,
) -> Option<Vec<Param>> {
    let mut params = Vec::new();
    let mut receiver: Option<Span> = None;
    for (index, input) in inputs.enumerate() {
        match input {
            FnArg::Receiver(found) => receiver = Some(found.self_token.span),
            FnArg::Typed(typed) => params.push(Param::parse(typed, index, place, errors)),
        }
    }
    match receiver {
        None => Some(params),
        Some(span) => {
            errors.at(span, "`self` is not possible here; take what the function needs as `Inject<S>` parameters");
            None
        }
    }
}
