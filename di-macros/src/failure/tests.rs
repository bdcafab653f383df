use quote::quote;

use super::derive;
use crate::testing::{assert_errors, assert_expands};

#[test]
fn an_error_becomes_a_failure() {
    assert_expands(
        derive(quote!(
            pub enum DbError {
                Gone,
            }
        )),
        quote! {
            #[automatically_derived]
            impl P::Keyed for DbError {
                type Key = KEY;
                const NAME: P::Name = P::Name::new("DbError");
            }
            #[automatically_derived]
            impl P::Failure for DbError {}
        },
    );
}

#[test]
fn a_generic_failure_is_one_for_each_argument() {
    assert_expands(
        derive(quote!(
            #[failure(key = "missing")]
            struct Missing<T>(T)
            where
                T: Debug;
        )),
        quote! {
            #[automatically_derived]
            impl<T> P::Keyed for Missing<T> where T: Debug, T: P::Keyed + 'static {
                type Key = P::Mixed<KEY, <T as P::Keyed>::Key>;
                const NAME: P::Name = P::Name::generic("Missing", &[&<T as P::Keyed>::NAME]);
            }
            #[automatically_derived]
            impl<T> P::Failure for Missing<T> where T: Debug, T: P::Keyed + 'static {}
        },
    );
}

#[test]
fn the_mistakes_of_a_failure() {
    assert_errors(
        derive(quote!(
            #[failure(name = "x")]
            struct Bad<'a, const N: u8>(&'a str);
        )),
        &[
            "unknown option `name`; #[failure] takes `key = \"...\"`",
            "a failure owns what it has: lifetime parameters are not possible",
            "constant parameters cannot be part of a failure's key; use a type parameter, with a type for each value",
        ],
    );
    assert_errors(derive(quote!(union U { a: u8 })), &["a failure is a struct or an enum; write one of these"]);
}
