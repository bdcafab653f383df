//! From the model of a layer to the function that makes it.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{
    model::{Failure, Model, Origin, Recipe, Slot, Structure},
    outputs::{Outputs, Shape},
};
use crate::{
    checks::Checks,
    function::{Function, source},
    hygiene::{at, ends, local, numbered},
    params::{Need, Param, Role, copy},
    sets,
};

const CONSTRUCT: &str = "__construct";

/// The layer function, complete.
pub(crate) fn whole(model: &Model) -> TokenStream {
    let checks = checks(model);
    let alias = checks.alias();
    match &model.recipe {
        Recipe::Function(function) if is_called_once(model, function) => {
            let needs = Checks::new(model.generics()).needs(&model.needs);
            let (inner, layer) = (function.inner_of_tuple(CONSTRUCT, &needs), call_once(model, function));
            function.outer(&layer_type(model), &quote!(#inner #layer))
        }
        Recipe::Function(function) => {
            let inner = function.inner(CONSTRUCT, &checks);
            let copies: Vec<TokenStream> = function.params.iter().filter_map(Param::copy).collect();
            let construction = construction_of_call(model, function, &checks);
            let layer = layer(model, function.name(), &copies, &construction, &checks);
            function.outer(&layer_type(model), &quote!(#alias #inner #layer))
        }
        Recipe::Struct(structure) => {
            let copies: Vec<TokenStream> = structure.fields.iter().filter_map(argument).collect();
            let construction = construction_of_fields(model, structure, &checks);
            let layer = layer(model, &structure.name, &copies, &construction, &checks);
            method(structure, &layer_type(model), &quote!(#alias #layer))
        }
    }
}

/// The layer function for code with mistakes: everything that names it goes on compiling.
pub(crate) fn stub(model: &Model) -> TokenStream {
    let never = quote!(::core::unreachable!());
    let ty = layer_type(model);
    match &model.recipe {
        Recipe::Function(function) => {
            let function = function.outer(&ty, &function.stub(CONSTRUCT, &never));
            quote!(#[allow(dead_code, unused_variables)] #function)
        }
        Recipe::Struct(structure) => method(structure, &ty, &never),
    }
}

/// The checks of all types that the layer's body names.
fn checks(model: &Model) -> Checks {
    let checks = Checks::new(model.generics()).services(&model.outputs.services).needs(&model.needs);
    match &model.failure {
        Failure::Named(error) => checks.failure(error),
        Failure::Any(_) | Failure::Never => checks,
    }
}

/// `Layer<Out, In, Err>`
fn layer_type(model: &Model) -> TokenStream {
    let place = at(model.outputs.place);
    match (model.outputs.services.as_slice(), model.needs.len()) {
        ([service], count @ ..=MOST_NEEDS) => {
            let (guard, failures) = (checks(model).guard(), failures(model));
            let needs = model.needs.iter().map(|need| &need.service);
            let layer = format_ident!("Layer{}", count, span = place);
            quote_spanned! {place=>
                ::di::__private::#layer<#guard, ::di::__private::One<#service>, #failures, #(#needs),*>
            }
        }
        _ => layer_of_lists(model),
    }
}

/// The largest number of needs for which there is a type of its own.
const MOST_NEEDS: usize = 8;

/// The set of what can go wrong.
fn failures(model: &Model) -> TokenStream {
    match &model.failure {
        Failure::Never => quote!(::di::__private::Empty),
        Failure::Any(_) => quote!(::di::__private::One<::di::__private::AnyFailure>),
        Failure::Named(error) => quote_spanned!(at(error.span())=> ::di::__private::One<#error>),
    }
}

/// The type of a layer of any number of services.
fn layer_of_lists(model: &Model) -> TokenStream {
    let generics = model.generics();
    let out = sets::services(&model.outputs.services, generics);
    let needs = sets::needs(&model.needs, generics);
    let failures = match &model.failure {
        Failure::Named(error) => sets::failure(error, generics),
        Failure::Any(_) | Failure::Never => failures(model),
    };
    quote_spanned!(at(model.outputs.place)=> ::di::__private::Layer<#out, #needs, #failures>)
}

/// The call that makes the layer: a constant, a factory, or one by key.
fn layer(
    model: &Model,
    name: &Ident,
    copies: &[TokenStream],
    construction: &TokenStream,
    checks: &Checks,
) -> TokenStream {
    let source = source(name);
    let needs = model.needs.iter().map(|Need { service, .. }| {
        let checked = checks.in_body(service);
        quote_spanned!(at(service.span())=> ::di::__private::Need::of::<#checked>())
    });
    let needs = quote!(&[#(#needs),*]);
    let inputs = local("__cx");
    let span = at(name.span());
    if model.memo {
        quote_spanned! {span=>
            ::di::__private::keyed_layer(#source, (#(#copies,)*), #needs, move |#inputs| { #construction })
        }
    } else if copies.is_empty() {
        quote_spanned!(span=> ::di::__private::constant_layer(#source, #needs, |#inputs| { #construction }))
    } else {
        quote_spanned!(span=> ::di::__private::factory_layer(#source, #needs, move |#inputs| { #construction }))
    }
}

/// Whether one call of the library's makes the layer: it says what the closure would say, and costs the compiler less.
fn is_called_once(model: &Model, function: &Function) -> bool {
    let injected = |param: &Param| matches!(param.role, Role::Need(_));
    let takes_services = function.params.iter().all(injected) && !function.has_attributes_on_parameters();
    let fails = !matches!(model.failure, Failure::Named(_));
    takes_services && fails && !model.memo && model.outputs.shape == Shape::One && model.needs.len() <= MOST_NEEDS
}

/// The call that makes the layer of a function that takes services only.
fn call_once(model: &Model, function: &Function) -> TokenStream {
    // What is wrong with the error's type, or with the service's, is reported at the argument.
    let place = match &model.failure {
        Failure::Any(error) => *error,
        Failure::Named(_) | Failure::Never => model.outputs.place,
    };
    let how = match (&model.failure, function.is_async()) {
        (Failure::Never, false) => quote!(Plain),
        (Failure::Never, true) => quote!(Async),
        (_, false) => quote!(Fallible),
        (_, true) => quote!(AsyncFallible),
    };
    let (source, called) = (source(function.name()), function.item(CONSTRUCT));
    quote_spanned! {at(place)=>
        ::di::__private::function_layer::<::di::__private::#how, _, _, _, _, _>(#source, #called)
    }
}

/// Builds by calling the user's function.
fn construction_of_call(model: &Model, function: &Function, checks: &Checks) -> TokenStream {
    let bindings = function.bindings(checks);
    let call = function.call(CONSTRUCT);
    let pattern = pattern(&model.outputs);
    let outputs = outputs(&model.outputs, checks);
    let built = quote!(::core::result::Result::Ok(#outputs));
    let raised = match &model.failure {
        Failure::Never => None,
        Failure::Any(place) => {
            // What is wrong with the error's type is reported at the argument.
            let error = Ident::new("__di_error", at(*place));
            let raise = quote_spanned!(at(*place)=> ::di::__private::Raise::any(#error));
            Some((error, raise))
        }
        Failure::Named(ty) => {
            let error = local("__di_error");
            let checked = checks.in_body(ty);
            let raise = quote_spanned!(at(ty.span())=> ::di::__private::Raise::named::<#checked>(#error));
            Some((error, raise))
        }
    };
    let span = at(function.name().span());
    let (steps, result) = match raised {
        None => (quote!(let #pattern = #call;), built),
        Some((error, raise)) => {
            let result = quote! {
                match #call {
                    ::core::result::Result::Ok(#pattern) => #built,
                    ::core::result::Result::Err(#error) => ::core::result::Result::Err(#raise),
                }
            };
            (TokenStream::new(), result)
        }
    };
    if function.is_async() {
        quote_spanned!(span=> #bindings ::di::__private::Construction::pending(async move { #steps #result }))
    } else {
        quote_spanned!(span=> #bindings #steps ::di::__private::Construction::ready(#result))
    }
}

/// Takes the returned value apart.
fn pattern(outputs: &Outputs) -> TokenStream {
    let count = outputs.services.len();
    let values = (0..count).map(|index| numbered("value", index));
    match outputs.shape {
        Shape::Unit => quote!(()),
        Shape::One => quote!(#(#values)*),
        Shape::Tuple => quote!((#(#values,)*)),
        Shape::List => values.rev().fold(
            quote!(::di::__private::HNil),
            |tail, head| quote!(::di::__private::HCons { head: #head, tail: #tail }),
        ),
    }
}

/// Puts the values under their names.
fn outputs(outputs: &Outputs, checks: &Checks) -> TokenStream {
    let place = at(outputs.place);
    let value = |index| numbered("value", index);
    match outputs.services.as_slice() {
        [] => quote!(::di::__private::Outputs::none()),
        [one] => {
            let value = value(0);
            let one = checks.in_body(one);
            quote_spanned!(place=> ::di::__private::Outputs::one::<#one, _>(#value))
        }
        many => {
            let none = quote!(::di::__private::Outputs::none());
            many.iter().enumerate().fold(none, |all, (index, service)| {
                let value = value(index);
                let checked = checks.in_body(service);
                quote_spanned!(at(service.span())=> #all.and::<#checked, _>(#value))
            })
        }
    }
}

/// Builds by filling in the fields.
fn construction_of_fields(model: &Model, structure: &Structure, checks: &Checks) -> TokenStream {
    let (bindings, fields): (Vec<_>, Vec<_>) =
        structure.fields.iter().enumerate().map(|(index, field)| filled(index, field, checks)).unzip();
    let service = model.outputs.services.iter().map(|service| checks.in_body(service));
    let span = at(structure.name.span());
    quote_spanned! {span=>
        #(#bindings)*
        ::di::__private::Construction::ready(::core::result::Result::Ok(
            ::di::__private::Outputs::one::<#(#service)*, _>(Self { #(#fields),* })
        ))
    }
}

/// The statement for a field's value, if it needs one, and the field.
///
/// A wrong type is reported again at a value that is put into its field, here at the very words of the type, where the
/// two reports are one: therefore the value is an expression of two tokens, at the first and the last word.
fn filled(index: usize, field: &Slot, checks: &Checks) -> (Option<TokenStream>, TokenStream) {
    let (member, value) = (&field.member, value(field, checks));
    let Origin::Need(need) = &field.origin else {
        return (None, quote!(#member: #value));
    };
    let (first, last) = ends(&need.injected);
    let name = Ident::new(&format!("__di_field{index}"), first);
    let place = syn::Index { index: 0, span: last };
    (Some(quote!(let #name = (#value,);)), quote!(#member: #name.#place))
}

fn value(field: &Slot, checks: &Checks) -> TokenStream {
    let inputs = local("__cx");
    let span = at(field.ty.span());
    match &field.origin {
        Origin::Need(need) => {
            let service = checks.in_body(&need.service);
            quote_spanned!(span=> #inputs.inject::<#service>())
        }
        Origin::Argument(name) => copy(name, &field.ty),
        Origin::Default => quote_spanned!(span=> ::core::default::Default::default()),
        Origin::Expr(value) => quote!(#value),
    }
}

fn argument(field: &Slot) -> Option<TokenStream> {
    match &field.origin {
        Origin::Argument(name) => Some(copy(name, &field.ty)),
        _ => None,
    }
}

/// `impl AuditLog { pub fn layer(..) -> Layer<..> { .. } }`
fn method(structure: &Structure, output: &TokenStream, body: &TokenStream) -> TokenStream {
    let Structure { name, vis, generics, fields } = structure;
    let (parameters, arguments, condition) = generics.split_for_impl();
    let params = fields.iter().filter_map(|field| match &field.origin {
        Origin::Argument(name) => {
            let ty = &field.ty;
            Some(quote!(#name: #ty))
        }
        _ => None,
    });
    let doc = format!("A layer that builds [`{name}`] from the services it needs.");
    quote! {
        #[automatically_derived]
        impl #parameters #name #arguments #condition {
            #[doc = #doc]
            #[allow(dead_code, unused_variables)]
            #[must_use]
            #vis fn layer(#(#params),*) -> #output { #body }
        }
    }
}
