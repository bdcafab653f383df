use proc_macro2::TokenStream;
use quote::quote;

use super::attribute;
use crate::testing::{assert_errors, assert_expands, code};

fn plain(item: TokenStream) -> TokenStream {
    attribute(&TokenStream::new(), item)
}

#[test]
fn an_effect_keeps_its_ordinary_parameters() {
    assert_expands(
        plain(quote! {
            /// Greets.
            pub async fn greet(users: Inject<dyn Users>, scope: &Scope, id: i64) -> Result<String, DbError> { users.greet(id) }
        }),
        quote! {
            /// Greets.
            pub fn greet(id: i64) -> P::Effect<Result<String, DbError>, P::Services<P::HCons<Inject<dyn Users>, P::HNil>>> {
                #[cfg_attr(clippy, allow(clippy::missing_const_for_fn, clippy::needless_pass_by_value, clippy::too_many_arguments, clippy::unused_async))]
                async fn __run(users: Inject<dyn Users>, scope: &Scope, id: i64) -> Result<String, DbError> { users.greet(id) }
                P::effect(
                    P::Source::of("greet", ::core::module_path!()),
                    move |__cx: P::EffectInputs| {
                        let __di_arg0 = __cx.inject::<dyn Users>();
                        let __di_arg1 = __cx.scope();
                        let __di_arg2 = P::copied(&id);
                        P::boxed(async move { __run(__di_arg0, &__di_arg1, __di_arg2).await })
                    }
                )
            }
        },
    );
}

#[test]
fn an_effect_may_be_sync_generic_and_without_a_result() {
    let code = code(plain(quote!(
        fn put<T: Clone>(value: T)
        where
            T: X,
        {
        }
    )));
    assert!(
        code.starts_with("fnput<T:Clone+'static>(value:T)->P::Effect<(),P::Services<P::HNil>>whereT:X,{"),
        "{code}"
    );
    assert!(code.contains("P::boxed(asyncmove{__run::<T>(__di_arg0)})"), "{code}");
}

#[test]
fn the_mistakes_of_an_effect() {
    let expansion = attribute(
        &quote!(memo),
        quote!(
            const unsafe extern "C" fn bad<'a>(users: &Inject<Users>, name: &'a str, f: impl Fn()) -> impl Sized {}
        ),
    );
    assert!(code(expansion.clone()).contains("fnbad<'a>(name:&'astr,f:implFn())->P::Effect<(),"));
    assert_errors(
        expansion,
        &[
            "#[effect] takes no options here; write `#[effect]`",
            "an effect runs later; remove `const`",
            "an effect is run by the library; remove `unsafe` and write an `unsafe` block in the body",
            "an effect is no foreign function; remove `extern`",
            "an effect owns what it keeps: lifetime parameters are not possible; use owned types",
            "write `Inject<Users>`; it is a pointer already",
            "an effect keeps its parameters, so it cannot borrow them; write `String`",
            "`impl Trait` is not possible in a parameter here; write a type parameter: `fn name<T: Trait>(value: T)`",
            "the result of an effect needs a name; write its type instead of `impl Trait`",
        ],
    );
    assert_errors(
        plain(quote!(
            struct X;
        )),
        &["#[effect] goes on a function"],
    );
}
