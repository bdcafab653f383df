use proc_macro2::TokenStream;
use quote::quote;

use super::{attribute, derive};
use crate::testing::{assert_errors, assert_expands, code};

fn plain(item: TokenStream) -> TokenStream {
    attribute(TokenStream::new(), item)
}

#[test]
fn a_function_without_parameters_is_a_constant() {
    assert_expands(
        plain(quote! {
            /// The pool.
            pub async fn pool(config: Inject<Config>, scope: &Scope) -> Result<Pool, sqlx::Error> { connect().await }
        }),
        quote! {
            /// The pool.
            pub fn pool() -> P::Layer1<P::One<Pool>, P::One<P::AnyFailure>, Config> {
                #[cfg_attr(clippy, allow(clippy::missing_const_for_fn, clippy::needless_pass_by_value, clippy::too_many_arguments, clippy::unused_async))]
                async fn __construct(config: Inject<Config>, scope: &Scope) -> Result<Pool, sqlx::Error> { connect().await }
                P::constant_layer(
                    P::Source::of("pool", ::core::module_path!()),
                    &[P::Need::of::<Config>()],
                    |__cx| {
                        let __di_arg0 = __cx.inject::<Config>();
                        let __di_arg1 = __cx.scope();
                        P::Construction::pending(async move {
                            match __construct(__di_arg0, &__di_arg1).await {
                                ::core::result::Result::Ok(__di_value0) =>
                                    ::core::result::Result::Ok(P::Outputs::one::<Pool, _>(__di_value0)),
                                ::core::result::Result::Err(__di_error) =>
                                    ::core::result::Result::Err(P::Raise::any(__di_error)),
                            }
                        })
                    }
                )
            }
        },
    );
}

#[test]
fn a_function_that_takes_services_only_is_handed_over_as_it_is() {
    assert_expands(
        plain(quote!(
            fn users(pool: Inject<Pool>, mut clock: Inject<dyn Clock>) -> io::Result<Users> {
                body()
            }
        )),
        quote! {
            fn users() -> P::Layer2<P::One<Users>, P::One<P::AnyFailure>, Pool, dyn Clock> {
                #[cfg_attr(clippy, allow(clippy::missing_const_for_fn, clippy::needless_pass_by_value, clippy::too_many_arguments, clippy::unused_async))]
                fn __construct((pool, mut clock,): (Inject<Pool>, Inject<dyn Clock>,)) -> io::Result<Users> { body() }
                P::function_layer::<P::Fallible, _, _, _, _, _>(P::Source::of("users", ::core::module_path!()), __construct)
            }
        },
    );
    let with_attribute = code(plain(quote!(
        fn users(#[allow(unused)] pool: Inject<Pool>) -> Users {}
    )));
    assert!(with_attribute.contains("P::constant_layer("), "{with_attribute}");
}

#[test]
fn ordinary_parameters_make_a_factory() {
    assert_expands(
        plain(quote!(
            fn shard<T: Clone>(id: u32, mut seed: T, (a, _): (u8, u8)) -> Shard
            where
                T: X,
            {
                body()
            }
        )),
        quote! {
            fn shard<T: Clone + 'static>(id: u32, seed: T, __p2: (u8, u8)) -> P::Layer0<P::One<Shard>, P::Empty, > where T: X, {
                #[cfg_attr(clippy, allow(clippy::missing_const_for_fn, clippy::needless_pass_by_value, clippy::too_many_arguments, clippy::unused_async))]
                fn __construct<T: Clone + 'static>(id: u32, mut seed: T, (a, _): (u8, u8)) -> Shard where T: X, { body() }
                P::factory_layer(
                    P::Source::of("shard", ::core::module_path!()),
                    &[],
                    move |__cx| {
                        let __di_arg0 = P::copied(&id);
                        let __di_arg1 = P::copied(&seed);
                        let __di_arg2 = P::copied(&__p2);
                        let __di_value0 = __construct::<T>(__di_arg0, __di_arg1, __di_arg2);
                        P::Construction::ready(::core::result::Result::Ok(P::Outputs::one::<Shard, _>(__di_value0)))
                    }
                )
            }
        },
    );
}

#[test]
fn memo_makes_the_arguments_a_key() {
    let with = code(attribute(
        quote!(memo),
        quote!(
            fn shard(id: u32, name: String) -> Shard {}
        ),
    ));
    assert!(with.contains("::core::module_path!()),(P::copied(&id),P::copied(&name),),&[],move|__cx|{"), "{with}");
    let without = code(attribute(
        quote!(memo),
        quote!(
            fn shard() -> Shard {}
        ),
    ));
    assert!(
        without.contains("P::keyed_layer(") && without.contains("::core::module_path!()),(),&[],move|__cx|{"),
        "{without}"
    );
}

#[test]
fn fails_names_the_failure() {
    let code = code(attribute(
        quote!(fails),
        quote!(
            async fn migrated() -> Result<Migrated, DbError> {}
        ),
    ));
    assert!(code.contains("->P::Layer0<P::One<Migrated>,P::One<DbError>,>"), "{code}");
    assert!(code.contains("Err(P::Raise::named::<DbError>(__di_error))"), "{code}");
}

#[test]
fn several_outputs_are_taken_apart() {
    let tuple = code(attribute(
        quote!(as (dyn A, B)),
        quote!(
            fn both() -> anyhow::Result<(X, B)> {}
        ),
    ));
    assert!(tuple.contains("P::Services<P::HCons<P::Inject<dynA>,P::HCons<P::Inject<B>,P::HNil>>>"), "{tuple}");
    assert!(tuple.contains("Ok((__di_value0,__di_value1,))=>"), "{tuple}");
    assert!(tuple.contains("P::Outputs::none().and::<dynA,_>(__di_value0).and::<B,_>(__di_value1)"), "{tuple}");
    let list = code(plain(quote!(
        fn both() -> HList![A, B] {}
    )));
    assert!(
        list.contains("letP::HCons{head:__di_value0,tail:P::HCons{head:__di_value1,tail:P::HNil}}=__construct();"),
        "{list}"
    );
}

#[test]
fn a_layer_may_give_nothing() {
    let plainly = code(plain(quote!(
        fn log(config: Inject<Config>) {}
    )));
    assert!(
        plainly.contains(
            "let()=__construct(__di_arg0);P::Construction::ready(::core::result::Result::Ok(P::Outputs::none()))"
        ),
        "{plainly}"
    );
    let fallibly = code(plain(quote!(
        async fn log() -> Result<(), E> {}
    )));
    assert!(fallibly.contains("Ok(())=>::core::result::Result::Ok(P::Outputs::none()),"), "{fallibly}");
    let trait_named = code(attribute(
        quote!(as dyn Users),
        quote!(
            async fn users() -> impl Users {}
        ),
    ));
    assert!(trait_named.contains("->P::Layer0<P::One<dynUsers>,P::Empty,>{"), "{trait_named}");
}

#[test]
fn a_struct_is_built_from_its_fields() {
    assert_expands(
        derive(quote! {
            #[layer(as dyn Audit)]
            pub struct AuditLog<T> where T: X {
                pool: Inject<Pool>,
                size: usize,
                #[layer(default)] buffer: Vec<T>,
                #[layer(default = size * 2)] limit: usize,
            }
        }),
        quote! {
            #[automatically_derived]
            impl<T> AuditLog<T> where T: X {
                #[doc = "A layer that builds [`AuditLog`] from the services it needs."]
                #[allow(dead_code, unused_variables)]
                #[must_use]
                pub fn layer(size: usize) -> P::Layer1<P::One<dyn Audit>, P::Empty, Pool> {
                    P::factory_layer(
                        P::Source::of("AuditLog", ::core::module_path!()),
                        &[P::Need::of::<Pool>()],
                        move |__cx| {
                            let __di_field0 = (__cx.inject::<Pool>(),);
                            P::Construction::ready(::core::result::Result::Ok(P::Outputs::one::<dyn Audit, _>(Self {
                                pool: __di_field0.0,
                                size: P::copied(&size),
                                buffer: ::core::default::Default::default(),
                                limit: size * 2
                            })))
                        }
                    )
                }
            }
        },
    );
}

#[test]
fn tuple_structs_and_unit_structs_are_built_too() {
    let tuple = code(derive(quote!(
        #[layer(memo)]
        struct Pair<T>(Inject<A>, T);
    )));
    assert!(tuple.contains("fnlayer(field1:T)->P::Layer1<P::One<Pair<T>>,P::Empty,A>"), "{tuple}");
    assert!(tuple.contains("P::keyed_layer("), "{tuple}");
    assert!(tuple.contains("Self{0:__di_field0.0,1:P::copied(&field1)}"), "{tuple}");
    let unit = code(derive(quote!(
        struct Clock;
    )));
    assert!(unit.contains("P::constant_layer(") && unit.contains("P::Outputs::one::<Clock,_>(Self{})"), "{unit}");
}

#[test]
fn the_mistakes_in_the_options_of_a_layer() {
    let menu = "#[layer] takes `as dyn Users`, `fails` and `memo`";
    let expansion = attribute(
        quote!(as, memo = 3, fails fails, nam, 17, memo, memo),
        quote!(
            fn pool() -> Result<Pool, E> {}
        ),
    );
    assert!(code(expansion.clone()).starts_with("#[allow(dead_code,unused_variables)]fnpool()->P::Layer0<"));
    assert_errors(
        expansion,
        &[
            "write `as dyn Users`",
            "write `memo` alone, without a value",
            "write a comma between two options",
            "`fails` is written twice; remove one of the two",
            &format!("unknown option `nam`; {menu}"),
            &format!("write an option here; {menu}"),
            "`memo` is written twice; remove one of the two",
        ],
    );
}

#[test]
fn the_mistakes_in_the_result_of_a_layer() {
    let cases = [
        (
            quote!(),
            quote!(impl Users + Clone),
            "a service needs a name; write `#[layer(as dyn Users)]`, or return a type with a name",
        ),
        (
            quote!(as (A, B)),
            quote!(A),
            "`as` names 2 services, but the layer gives 1 service; write one type: `as Type`",
        ),
        (
            quote!(as A),
            quote!(Result<(A, B), E>),
            "`as` names 1 service, but the layer gives 2 services; write one type for each, in order: `as (TypeA, TypeB)`",
        ),
        (
            quote!(as A),
            quote!(Result<(), E>),
            "`as` names 1 service, but the layer gives nothing; remove `as`, or return the service",
        ),
        (
            quote!(fails),
            quote!(Pool),
            "`fails` names the error of a `Result`; return `Result<T, E>`, or remove `fails`",
        ),
        (quote!(fails), quote!(anyhow::Result<Pool>), "`fails` needs the error written out: `Result<Pool, E>`"),
        (quote!(), quote!(io::Result), "write out what the layer gives and how it fails: `Result<T, E>`"),
        (quote!(), quote!(HList![A, ...B]), "write the types of the list one by one: `HList![A, B]`"),
        (quote!(), quote!(Self), "`Self` is not known here; write the name of the type"),
    ];
    for (args, output, message) in cases {
        let expansion = attribute(args, quote!(pub fn pool() -> #output { body() }));
        assert!(code(expansion.clone()).contains("pubfnpool()->P::Layer"));
        assert_errors(expansion, &[message]);
    }
}

#[test]
fn the_mistakes_in_the_parameters_of_a_layer() {
    let expansion = plain(quote! {
        const unsafe extern "C" fn pool<'a>(
            a: &Inject<Config>, b: Inject, c: Inject<impl Users>, d: &mut Scope, e: &'a [u8], f: &mut dyn X,
            g: Vec<impl X>, #[cfg(unix)] h: u8, i: &'static str,
        ) -> Pool {}
    });
    assert_errors(
        expansion,
        &[
            "a layer runs later; remove `const`",
            "a layer is run by the library; remove `unsafe` and write an `unsafe` block in the body",
            "a layer is no foreign function; remove `extern`",
            "a layer owns what it keeps: lifetime parameters are not possible; use owned types",
            "write `Inject<Config>`; it is a pointer already",
            "write `Inject<S>` with the one service `S` to inject, for example `Inject<Config>` or `Inject<dyn Users>`",
            "a service needs a name; write `Inject<dyn Users>`",
            "write `&Scope`; a scope is shared",
            "a layer keeps its parameters, so it cannot borrow them; write `Vec<u8>`",
            "a layer keeps its parameters, so it cannot borrow them; write an owned type",
            "`impl Trait` is not possible in a parameter here; write a type parameter: `fn name<T: Trait>(value: T)`",
            "a parameter cannot be conditional here; write the function twice and put `#[cfg(..)]` on each",
        ],
    );
}

#[test]
fn what_cannot_be_moved_stands_as_it_is() {
    let method = plain(quote!(
        fn pool(&self, config: Inject<Config>) -> Pool {
            body()
        }
    ));
    assert_eq!(
        code(plain(quote!(
            fn pool(self) {}
        ))),
        "fnpool(self){}"
    );
    assert_errors(method, &["`self` is not possible here; take what the function needs as `Inject<S>` parameters"]);
    assert_errors(
        plain(quote!(
            unsafe extern "C" fn pool(a: u8, ...) {}
        )),
        &[
            "a layer is run by the library; remove `unsafe` and write an `unsafe` block in the body",
            "a layer is no foreign function; remove `extern`",
            "write the parameters one by one; `...` is not possible here",
        ],
    );
    assert_errors(
        plain(quote!(
            fn pool() -> Pool;
        )),
        &["write the function with a body: `{ .. }`"],
    );
    assert_errors(
        plain(quote!(
            struct Pool;
        )),
        &["#[layer] goes on a function; on a struct write `#[derive(Layer)]` above it"],
    );
}

#[test]
fn the_mistakes_of_a_struct() {
    let expansion = derive(quote! {
        #[layer(as (A, B), fails)]
        struct Pool<'a> { a: &'a Inject<A>, #[layer(defualt)] b: u8, #[layer(default = )] c: u8 }
    });
    assert!(code(expansion.clone()).contains("fnlayer(a:&'aInject<A>,b:u8,c:u8)->P::Layer"));
    assert_errors(
        expansion,
        &[
            "unknown option `fails`; #[layer] takes `as dyn Users` and `memo`",
            "a service owns what it has: lifetime parameters are not possible",
            "write `Inject<A>`; it is a pointer already",
            "unknown option `defualt`; #[layer] takes `default = value`",
            "write `default = value`",
            "`as` names 2 services, but the layer gives 1 service; write one type: `as Type`",
        ],
    );
    for item in [
        quote!(
            enum E {
                A,
            }
        ),
        quote!(union U { a: u8 }),
    ] {
        assert_errors(
            derive(item),
            &["#[derive(Layer)] builds a struct from its fields; for anything else write a function with #[layer]"],
        );
    }
}
