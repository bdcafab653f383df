//! From an item that is a service to the model.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Item, ItemImpl, ItemStruct, ItemTrait, LitStr, Type, ext::IdentExt};

use super::{mock::Mock, object};
use crate::{
    errors::Errors,
    function::first_word,
    key::{Keyed, check_generics},
    options::{Allowed, Form, Options},
    types::self_type,
};

pub(crate) enum Model {
    Trait(Box<Trait>),
    Impl(Box<Implementation>),
    Tag(Box<Tag>),
    /// A struct that should have derived `Service`.
    Own(Box<ItemStruct>, Box<Keyed>),
}

/// A trait: the service is the trait object.
pub(crate) struct Trait {
    /// The trait as it will stand, its supertraits complete.
    pub(crate) item: ItemTrait,
    pub(crate) is_async: bool,
    /// `None` if it cannot have a key.
    pub(crate) keyed: Option<Keyed>,
    /// The trait for partial implementations, if one is asked for.
    pub(crate) mock: Option<Mock>,
}

/// The implementation of a service trait.
pub(crate) struct Implementation {
    pub(crate) item: ItemImpl,
    pub(crate) is_async: bool,
}

/// A name for a type of somebody else.
pub(crate) struct Tag {
    pub(crate) item: ItemStruct,
    pub(crate) target: Type,
    /// `None` if it cannot have a key.
    pub(crate) keyed: Option<Keyed>,
}

const KEY: Allowed = Allowed { name: "key", form: Form::EqualsText, example: "key = \"...\"" };

const MOCK: Allowed = Allowed { name: "mock", form: Form::EqualsType, example: "mock = MockUsers" };

const FOR: Allowed = Allowed { name: "for", form: Form::EqualsType, example: "for = Type" };

const NOT_A_TAG: &str =
    "#[service] on a struct needs `for = Type`; for a service that names itself write #[derive(Service)]";

pub(crate) fn parse_derive(item: TokenStream, errors: &mut Errors) -> Option<Keyed> {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    let options = Options::of_helper(&input.attrs, "service", &[KEY], errors);
    let possible = check_generics(&input.generics, errors);
    if let Data::Union(data) = &input.data {
        errors.at(data.union_token.span, "a service is a struct or an enum; write one of these");
    }
    possible.then(|| own(&input.ident, &input.generics, options.text("key")))
}

pub(crate) fn parse_attribute(args: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Model> {
    match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Trait(item)) => Some(Model::Trait(Box::new(parse_trait(args, item, errors)))),
        Ok(Item::Impl(item)) => Some(Model::Impl(Box::new(parse_impl(args, item, errors)))),
        Ok(Item::Struct(item)) => Some(parse_struct(args, item, errors)),
        Ok(Item::Enum(item)) => {
            errors.at(item.enum_token.span, "for a service that names itself write #[derive(Service)]");
            None
        }
        Ok(_) => {
            errors.at(
                first_word(item),
                "#[service] goes on a trait, on an `impl` of it, or on a unit struct with `for = Type`",
            );
            None
        }
        Err(error) => {
            errors.push(error);
            None
        }
    }
}

fn parse_trait(args: TokenStream, mut item: ItemTrait, errors: &mut Errors) -> Trait {
    let options = Options::parse(args, "service", &[KEY, MOCK], errors);
    let possible = check_generics(&item.generics, errors);
    object::check(&mut item, errors);
    object::add_supertraits(&mut item);
    let own = self_type(&item.ident, &item.generics);
    let keyed = possible.then(|| Keyed {
        ty: quote!(dyn #own + '_),
        printed: format!("dyn {}", item.ident.unraw()),
        name: item.ident.clone(),
        generics: item.generics.clone(),
        text: options.text("key").cloned(),
    });
    let mock = options.ty("mock").and_then(|ty| Mock::parse(ty, &item, errors));
    Trait { is_async: object::has_async_method(&item), keyed, mock, item }
}

fn parse_impl(args: TokenStream, item: ItemImpl, errors: &mut Errors) -> Implementation {
    crate::options::refuse(&args, "service", errors);
    if item.trait_.is_none() {
        errors.at(
            item.impl_token.span,
            "#[service] goes on the implementation of a trait: `impl Users for SqliteUsers { .. }`",
        );
    }
    let is_async = item.trait_.is_some() && object::has_async_implementation(&item);
    Implementation { item, is_async }
}

fn parse_struct(args: TokenStream, item: ItemStruct, errors: &mut Errors) -> Model {
    let before = errors.is_empty();
    let options = Options::parse(args, "service", &[FOR, KEY], errors);
    let possible = check_generics(&item.generics, errors);
    let key = options.text("key");
    let keyed = possible.then(|| own(&item.ident, &item.generics, key));
    match (options.ty("for"), keyed) {
        (Some(target), keyed) => {
            if !matches!(item.fields, syn::Fields::Unit) {
                errors.over(&item.fields, "a tag is only a name, without fields; write `struct Name;`");
            }
            Model::Tag(Box::new(Tag { target: target.clone(), keyed, item }))
        }
        (None, keyed) => {
            // A `for` that is written wrongly has been reported.
            if before && errors.is_empty() {
                errors.at(item.struct_token.span, NOT_A_TAG);
            }
            match keyed {
                Some(keyed) => Model::Own(Box::new(item), Box::new(keyed)),
                None => Model::Tag(Box::new(Tag { target: Type::Verbatim(quote!(())), keyed: None, item })),
            }
        }
    }
}

/// A type that names itself, or a tag.
fn own(name: &syn::Ident, generics: &syn::Generics, text: Option<&LitStr>) -> Keyed {
    Keyed {
        name: name.clone(),
        ty: self_type(name, generics),
        printed: name.unraw().to_string(),
        generics: generics.clone(),
        text: text.cloned(),
    }
}

/// The conditions of an item, for what is generated beside it.
pub(crate) fn conditions(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
}
