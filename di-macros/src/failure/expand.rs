//! From the model of a failure to its implementations.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use crate::{hygiene::at, key::Keyed};

pub(crate) fn whole(failure: &Keyed) -> TokenStream {
    let keyed = failure.expand();
    let ty = &failure.ty;
    let generics = failure.generics();
    let (parameters, _, condition) = generics.split_for_impl();
    quote_spanned! {at(failure.name.span())=>
        #keyed
        #[automatically_derived]
        impl #parameters ::di::__private::Failure for #ty #condition {}
    }
}
