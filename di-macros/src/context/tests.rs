use quote::quote;

use super::derive;
use crate::testing::{assert_errors, assert_expands, code};

#[test]
fn a_context_has_a_field_for_each_service() {
    assert_expands(
        derive(quote!(
            pub struct App {
                users: Inject<dyn Users>,
                pub config: di::Inject<Config>,
            }
        )),
        quote! {
            #[automatically_derived]
            impl<__Out> P::FromContext<__Out> for App where __Out: P::Has<dyn Users> + P::Has<Config> {
                fn from_context(__context: &P::Context<__Out>) -> Self {
                    Self {
                        users: ::core::clone::Clone::clone(__context.get::<dyn Users>()),
                        config: ::core::clone::Clone::clone(__context.get::<Config>())
                    }
                }
            }
            #[automatically_derived]
            impl P::NamedContext for App {
                type Services = P::Services<P::HCons<Inject<dyn Users>, P::HCons<di::Inject<Config>, P::HNil>>>;
            }
            #[automatically_derived]
            impl P::Provides<dyn Users> for App {
                fn service(&self) -> &Inject<dyn Users> { &self.users }
            }
            #[automatically_derived]
            impl P::Provides<Config> for App {
                fn service(&self) -> &di::Inject<Config> { &self.config }
            }
        },
    );
}

#[test]
fn a_context_may_be_empty_or_generic() {
    let empty = code(derive(quote!(
        struct Empty {}
    )));
    assert!(empty.contains("impl<__Out>P::FromContext<__Out>forEmpty{"), "{empty}");
    let generic = code(derive(quote!(
        struct App<T: Service>
        where
            T: X,
        {
            cache: Inject<Cache<T>>,
        }
    )));
    let header = "impl<T:Service,__Out>P::FromContext<__Out>forApp<T>whereT:X,__Out:P::Has<Cache<T>>{";
    assert!(generic.contains(header), "{generic}");
}

#[test]
fn the_mistakes_of_a_context() {
    let expansion = derive(quote! {
        struct App { users: Inject<dyn Users>, id: u32, again: Inject<dyn Users>, none: Inject, by: &'static Inject<A> }
    });
    let field = "a field of a context is a service; write `Inject<S>`, for example `Inject<dyn Users>`";
    assert!(code(expansion.clone()).contains("{::core::unreachable!()}"));
    assert_errors(expansion, &[field, "`dyn Users` is the field `users` already; remove one of the two", field, field]);
    for item in [
        quote!(
            enum App {}
        ),
        quote!(union App { a: u8 }),
        quote!(
            struct App;
        ),
        quote!(
            struct App(Inject<Config>);
        ),
    ] {
        let message = "a context is a struct with named fields: `struct App { users: Inject<dyn Users> }`";
        assert_errors(derive(item), &[message]);
    }
}
