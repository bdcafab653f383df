use quote::quote;

use super::attribute;
use crate::testing::{assert_errors, assert_expands, code};

#[test]
fn main_builds_the_layer_and_runs() {
    assert_expands(
        attribute(
            quote!(app(), shutdown_timeout = "25 seconds", release_timeout = "1.5 s", worker_threads = 4),
            quote!(
                async fn main(users: Inject<dyn Users>, stop: Shutdown) -> anyhow::Result<()> {
                    Ok(())
                }
            ),
        ),
        quote! {
            fn main() -> ::std::process::ExitCode {
                #[cfg_attr(clippy, allow(clippy::missing_const_for_fn, clippy::needless_pass_by_value, clippy::too_many_arguments, clippy::unused_async))]
                async fn __main(users: Inject<dyn Users>, stop: Shutdown) -> anyhow::Result<()> { Ok(()) }
                let __di_effect: P::Effect<anyhow::Result<()>, P::Services<P::HCons<Inject<dyn Users>, P::HNil>>> = P::effect(
                    P::Source::of("main", ::core::module_path!()),
                    move |__cx: P::EffectInputs| {
                        let __di_arg0 = __cx.inject::<dyn Users>();
                        let __di_arg1 = __cx.shutdown();
                        P::boxed(async move { __main(__di_arg0, __di_arg1).await })
                    },
                );
                P::run_main(
                    P::MainOptions::new()
                        .shutdown_timeout(::core::time::Duration::from_millis(25000u64))
                        .release_timeout(::core::time::Duration::from_millis(1500u64))
                        .worker_threads(4usize),
                    || app(),
                    __di_effect
                )
            }
        },
    );
}

#[test]
fn the_layer_may_be_any_expression() {
    let code = code(attribute(
        quote!(layer![a(), b()].provide(c),),
        quote!(
            async fn main() {}
        ),
    ));
    assert!(code.contains("P::run_main(P::MainOptions::new(),||layer![a(),b()].provide(c),__di_effect)"), "{code}");
    assert!(code.contains("let__di_effect:P::Effect<(),P::Services<P::HNil>>="), "{code}");
}

#[test]
fn the_mistakes_of_main() {
    let expansion = attribute(
        quote!(worker_threads = 0, shutdown_timeout = "soon", workers = 3),
        quote!(
            #[allow(x)]
            fn main<T>(id: u32, users: &Inject<Users>) -> impl Termination {}
        ),
    );
    let stub = code(expansion.clone());
    assert!(stub.starts_with("#[allow(dead_code)]#[allow(x)]fnmain()->::std::process::ExitCode{"), "{stub}");
    assert!(stub.contains("fn__main<T:'static>(id:u32,users:&Inject<Users>)->implTermination{}"), "{stub}");
    assert_errors(
        expansion,
        &[
            "#[main] needs the layer to run; write `#[di::main(app())]`",
            "unknown option `workers`; #[main] takes `shutdown_timeout = \"25 seconds\"`, `release_timeout = \"5 seconds\"` and `worker_threads = 4`",
            "write a duration as a number and a unit, for example \"25 seconds\"; the units are ms, s, m, h, d, or milliseconds, seconds, minutes, hours, days",
            "write a number of threads from 1 on: `worker_threads = 4`",
            "`main` cannot be generic; write the types",
            "nobody can pass this to `main`; write `Inject<S>` for a service, or take `Scope`, `&Scope` or `Shutdown`",
            "write `Inject<Users>`; it is a pointer already",
            "`main` is run by the library; write `async fn main`",
            "the result of `main` needs a name; write its type instead of `impl Trait`",
        ],
    );
    assert_errors(
        attribute(
            quote!(app() worker_threads),
            quote!(
                async fn main() {}
            ),
        ),
        &["write the layer to run, then the options: `#[di::main(app(), worker_threads = 4)]`"],
    );
    assert_errors(
        attribute(
            quote!(app()),
            quote!(
                struct X;
            ),
        ),
        &["#[main] goes on the function `async fn main()`"],
    );
    assert_errors(
        attribute(
            quote!(),
            quote!(
                async fn main() {}
            ),
        ),
        &["#[main] needs the layer to run; write `#[di::main(app())]`"],
    );
}
