//! d
mod context;
mod duration;
mod effect;
mod errors;
mod failure;
mod function;
mod hygiene;
mod key;
mod layer;
mod main;
mod options;
mod params;
mod service;
mod sets;
mod types;

use proc_macro::TokenStream;

#[proc_macro_derive(Service, attributes(service))]
pub fn derive_service(item: TokenStream) -> TokenStream {
    service::derive(item.into()).into()
}

#[proc_macro_attribute]
pub fn service(args: TokenStream, item: TokenStream) -> TokenStream {
    service::attribute(args.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn layer(args: TokenStream, item: TokenStream) -> TokenStream {
    layer::attribute(args.into(), item.into()).into()
}

#[proc_macro_derive(Layer, attributes(layer))]
pub fn derive_layer(item: TokenStream) -> TokenStream {
    layer::derive(item.into()).into()
}

#[proc_macro_derive(Failure, attributes(failure))]
pub fn derive_failure(item: TokenStream) -> TokenStream {
    failure::derive(item.into()).into()
}

#[proc_macro_derive(Context)]
pub fn derive_context(item: TokenStream) -> TokenStream {
    context::derive(item.into()).into()
}

#[proc_macro_attribute]
pub fn effect(args: TokenStream, item: TokenStream) -> TokenStream {
    effect::attribute(&args.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    main::attribute(args.into(), item.into()).into()
}
