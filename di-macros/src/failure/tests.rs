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
                const NAME: P::Name = P::Name::item("DbError");
            }
            #[automatically_derived]
            impl P::Failure for DbError {}
        },
    );
}

#[test]
fn a_written_key_is_the_key() {
    assert_expands(
        derive(quote!(
            #[failure(key = "missing")]
            struct Missing(String);
        )),
        quote! {
            #[automatically_derived]
            impl P::Keyed for Missing {
                type Key = KEY;
                const NAME: P::Name = P::Name::item("Missing");
            }
            #[automatically_derived]
            impl P::Failure for Missing {}
        },
    );
}

#[test]
fn the_mistakes_of_a_failure() {
    assert_errors(
        derive(quote!(
            #[failure(name = "x")]
            struct Bad<'a, T, const N: u8>(&'a T);
        )),
        &[
            "unknown option `name`; #[failure] takes `key = \"...\"`",
            "a failure owns what it has: lifetime parameters are not possible",
            "a failure is one error with one name: parameters are not possible; write an error for each case, \
             or keep what differs in a field, such as a `String` or a `Box<dyn Error + Send + Sync>`",
            "a failure is one error with one name: parameters are not possible; write an error for each case, \
             or keep what differs in a field, such as a `String` or a `Box<dyn Error + Send + Sync>`",
        ],
    );
    assert_errors(derive(quote!(union U { a: u8 })), &["a failure is a struct or an enum; write one of these"]);
}
