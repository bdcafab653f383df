//! What `#[layer_map]` makes of a function.

use proc_macro2::TokenStream;
use quote::quote;

use super::attribute;
use crate::testing::{assert_errors, code, errors};

fn building(args: TokenStream) -> TokenStream {
    attribute(
        args,
        quote!(
            pub async fn tenant_database(
                tenant: TenantId,
                config: Inject<Config>,
                scope: &Scope,
            ) -> Result<TenantDb, E> {
            }
        ),
    )
}

fn composing(args: TokenStream) -> TokenStream {
    attribute(
        args,
        quote!(
            fn tenant_users(tenant: TenantId) -> UsersLayer {
                users().provide(TenantDatabases::get(tenant))
            }
        ),
    )
}

/// What is in the braces behind this.
fn body<'a>(code: &'a str, signature: &str) -> &'a str {
    let rest = &code[code.find(signature).unwrap_or_else(|| panic!("no {signature} in {code}")) + signature.len()..];
    &rest[rest.find('{').expect("a body follows") + 1..rest.find('}').expect("a body ends")]
}

#[test]
fn a_function_that_builds_stays_a_layer_function_and_its_map_is_a_service() {
    let expansion = building(quote!(TenantDatabases, idle_time_to_live = "2 minutes"));
    assert_eq!(errors(expansion.clone()), [""; 0]);
    let code = code(expansion);
    for part in [
        "pubfntenant_database(tenant:TenantId)->P::Layer1<P::One<TenantDb>,P::One<P::AnyFailure>,Config>{",
        "pubstructTenantDatabases;",
        "implP::KeyedforTenantDatabases{",
        "implP::ServiceforTenantDatabases{typeTarget=\
         P::LayerMap<TenantId,P::Services<P::HCons<P::Inject<TenantDb>,P::HNil>>>;}",
        "pubfnget(key:TenantId)->P::Layer<P::Services<P::HCons<P::Inject<TenantDb>,P::HNil>>,\
         P::One<Self>,",
        "pubfnlayer()->P::Layer<P::One<Self>,\
         P::Services<P::HCons<Inject<Config>,P::HNil>>,P::Empty>{",
    ] {
        assert!(code.contains(part), "no {part}\nin {code}");
    }
    let made = "::new(tenant_database).idle_time_to_live(P::Duration::from_millis(120000u64))\
                .constant_layer::<Self>()";
    assert!(body(&code, "P::Empty>").ends_with(&made.replace(' ', "")), "{code}");
}

#[test]
fn a_function_that_composes_stays_as_it_is_and_its_type_says_what_the_map_gives() {
    let expansion = composing(quote!(TenantUsers, keep));
    assert_eq!(errors(expansion.clone()), [""; 0]);
    let code = code(expansion);
    for part in [
        "fntenant_users(tenant:TenantId)->UsersLayer{users().provide(TenantDatabases::get(tenant))}",
        "typeTarget=P::LayerMap<TenantId,<UsersLayerasP::AnyLayer>::Out>;",
        "fnget(key:TenantId)->P::Layer<<UsersLayerasP::AnyLayer>::Out,",
        "fnlayer()->P::Layer<P::One<Self>,<UsersLayerasP::AnyLayer>::In,",
        "::new(|__key:TenantId|->UsersLayer{tenant_users(__key)}).keep().constant_layer::<Self>()",
    ] {
        assert!(code.contains(part), "no {part}\nin {code}");
    }
}

#[test]
fn each_option_is_a_choice_of_the_builder() {
    let expansion = building(quote!(
        Maps,
        idle_time_to_live_by = time_of,
        capacity = 64,
        when_full = "wait",
        exclusive,
        cache_failures = "1.5 s",
        preload = [1, 2],
        as dyn Db,
        fails
    ));
    assert_eq!(errors(expansion.clone()), [""; 0]);
    let code = code(expansion);
    let made = "::new(tenant_database).idle_time_to_live_by(time_of).capacity(64usize,P::WhenFull::Wait)\
                .exclusive().cache_failures(P::Duration::from_millis(1500u64)).preload([1,2]).constant_layer::<Self>()";
    assert!(code.contains(&made.replace(' ', "")), "{code}");
    assert!(code.contains("P::LayerMap<TenantId,P::Services<P::HCons<P::Inject<dynDb>,P::HNil>>>"), "{code}");
    // A map that is built with keys can fail.
    assert!(
        code.contains(
            "P::One<P::AnyFailure>>{<P::LayerMap<TenantId,P::Services<P::HCons<P::Inject<dynDb>,P::HNil>>>>::new"
        ),
        "{code}"
    );
    let code = self::code(building(quote!(Maps, release_immediately, capacity = 1)));
    let made = "::new(tenant_database).release_immediately().capacity(1usize,P::WhenFull::Reject)";
    assert!(code.contains(made), "{code}");
}

#[test]
fn what_is_conditional_is_conditional_as_a_whole() {
    let expansion = attribute(
        quote!(Maps, keep),
        quote!(
            #[cfg(unix)]
            fn cache(key: u8) -> Cache {}
        ),
    );
    let code = code(expansion);
    assert!(code.contains("#[cfg(unix)]structMaps;#[cfg(unix)]const_:()={"), "{code}");
}

#[test]
fn the_mistakes_in_the_name_and_the_policy() {
    let question = "how long does a resource stay that nobody uses? write one of `idle_time_to_live = \"2 minutes\"`, \
                    `idle_time_to_live_by = function`, `release_immediately` and `keep`";
    let name = "a map needs a name first, which becomes a service; write `#[layer_map(TenantDatabases, keep)]`";
    let name_first = "write the name of the map, then its options: `#[layer_map(TenantDatabases, keep)]`";
    let said =
        |first: &str| format!("`{first}` has said how long a resource stays that nobody uses; remove one of the two");
    let hint = crate::duration::HINT;
    let full = "`when_full` says what happens when there is no room; write `capacity = 64` too, or remove it";
    let cases: [(TokenStream, Vec<String>); 10] = [
        (quote!(), vec![name.into(), question.into()]),
        (quote!(keep), vec![name.into()]),
        (quote!(Maps), vec![question.into()]),
        (quote!(Maps keep), vec![name_first.into(), question.into()]),
        (quote!(Maps, keep, release_immediately), vec![said("keep")]),
        (quote!(Maps, idle_time_to_live = "1 s", keep, release_immediately), vec![said("idle_time_to_live"); 2]),
        (quote!(Maps, idle_time_to_live = "soon"), vec![hint.into()]),
        (quote!(Maps, idle_time_to_live_by), vec!["write `idle_time_to_live_by = function`".into()]),
        (quote!(Maps, keep, when_full = "wait"), vec![full.into()]),
        (
            quote!(Maps, keep, capacity = 0, when_full = "grow", preload, cache_failures = "x"),
            vec![
                "write \"reject\", \"evict_idle\" or \"wait\"".into(),
                "write a number of resources from 1 on: `capacity = 64`".into(),
                hint.into(),
                "write `preload = [first, second]`".into(),
            ],
        ),
    ];
    for (args, expected) in cases {
        let text = args.to_string();
        let expansion = building(args);
        assert!(code(expansion.clone()).contains("pubfntenant_database(tenant:TenantId)->P::Layer1<"), "{text}");
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        let mut actual = errors(expansion);
        let mut wanted = expected.clone();
        actual.sort();
        wanted.sort_unstable();
        assert_eq!(actual, wanted, "{text}");
    }
}

#[test]
fn an_option_that_is_not_known_is_no_missing_policy() {
    let [error] = <[String; 1]>::try_from(errors(building(quote!(Maps, ttl = "1 s")))).expect("it is one mistake");
    assert!(
        error.starts_with("unknown option `ttl`; #[layer_map] takes `idle_time_to_live = \"2 minutes\"`, "),
        "{error}"
    );
}

#[test]
fn the_mistakes_in_the_key() {
    let map = |function: TokenStream| attribute(quote!(Maps, keep), function);
    assert_errors(
        map(quote!(
            fn cache(config: Inject<Config>) -> Cache {}
        )),
        &["a map makes a layer of a key; write the key as the first parameter, for example `tenant: TenantId`"],
    );
    assert_errors(
        map(quote!(
            fn cache(tenant: TenantId, region: Region, shard: u8) -> Cache {}
        )),
        &[
            "a map has one key; write both parameters as one, `(TenantId, Region)` or a struct of yours",
            "a map has one key; write both parameters as one, `(TenantId, u8)` or a struct of yours",
        ],
    );
    assert_errors(
        map(quote!(
            fn cache(tenant: &str) -> Cache {}
        )),
        &["a layer keeps its parameters, so it cannot borrow them; write `String`"],
    );
    assert_errors(
        map(quote!(
            fn cache<T: Clone>(key: T) -> Cache {}
        )),
        &["a map is one service, so its function cannot be generic; write the types, and a function for each"],
    );
    assert_errors(
        map(quote!(
            struct Cache;
        )),
        &["#[layer_map] goes on the function that makes the layer of a key"],
    );
    assert_errors(
        map(quote!(
            fn cache(key: u8) -> impl Cache {}
        )),
        &["a service needs a name; write `as dyn Trait` among the options, or return a type with a name"],
    );
}

#[test]
fn the_mistakes_of_a_function_that_composes() {
    let expansion = attribute(
        quote!(Maps, keep, as dyn Users, fails),
        quote!(
            async fn users(key: u8, config: Inject<Config>, scope: &Scope) -> di::Layer<services![Users]> {}
        ),
    );
    assert!(code(expansion.clone()).contains("asyncfnusers(key:u8,config:Inject<Config>,scope:&Scope)->di::Layer<"));
    assert_errors(
        expansion,
        &[
            "this function returns a layer, and the layer is what is built; remove `async`, or wait inside of the layer \
             with `Layer::unwrap`",
            "this function returns a layer, which says itself what it needs; take this in a `#[layer]` function, or with \
             `Layer::unwrap`",
            "this function returns a layer, and only what builds has a scope; take it in a `#[layer]` function",
            "this function returns a layer, whose type says it; remove `as`",
            "this function returns a layer, whose type says it; remove `fails`",
        ],
    );
}
