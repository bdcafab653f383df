use proc_macro2::TokenStream;
use quote::quote;

use super::{attribute, derive};
use crate::testing::{assert_errors, assert_expands, code};

fn plain(item: TokenStream) -> TokenStream {
    attribute(TokenStream::new(), item)
}

#[test]
fn a_type_names_itself() {
    assert_expands(
        derive(quote!(
            pub struct Config {
                url: String,
            }
        )),
        quote! {
            #[automatically_derived]
            impl P::Keyed for Config {
                type Key = KEY;
                const NAME: P::Name = P::Name::item("Config");
            }
            #[automatically_derived]
            impl P::Service for Config { type Target = Self; }
        },
    );
}

#[test]
fn a_generic_type_is_a_service_for_each_argument() {
    assert_expands(
        derive(quote!(
            struct Cache<K: Hash, V = u8>(K, V);
        )),
        quote! {
            #[automatically_derived]
            impl<K: Hash, V> P::Keyed for Cache<K, V> where K: P::Keyed + 'static, V: P::Keyed + 'static {
                type Key = P::Mixed<P::Mixed<KEY, <K as P::Keyed>::Key>, <V as P::Keyed>::Key>;
                const NAME: P::Name = P::Name::item("Cache").of(&[&<K as P::Keyed>::NAME, &<V as P::Keyed>::NAME]);
            }
            #[automatically_derived]
            impl<K: Hash, V> P::Service for Cache<K, V> where K: P::Keyed + 'static, V: P::Keyed + 'static {
                type Target = Self;
            }
        },
    );
}

#[test]
fn a_written_key_replaces_everything_else() {
    let keys = |name: TokenStream, key: &str| {
        let code = derive(quote!(#[service(key = #key)] struct #name;)).to_string();
        code[code.find("key ::").expect("there is a key")..code.find("const").expect("there is a name")].to_owned()
    };
    assert_eq!(keys(quote!(A), "x"), keys(quote!(B), "x"));
    assert_ne!(keys(quote!(A), "x"), keys(quote!(A), "y"));
}

#[test]
fn a_trait_is_the_service_of_its_objects() {
    assert_expands(
        plain(quote! {
            /// Users.
            pub trait Users { async fn find(&self, id: i64) -> Option<User>; }
        }),
        quote! {
            #[P::async_trait]
            /// Users.
            pub trait Users: ::core::marker::Send + ::core::marker::Sync + 'static {
                async fn find(&self, id: i64) -> Option<User>;
            }
            #[automatically_derived]
            impl P::Keyed for dyn Users + '_ {
                type Key = KEY;
                const NAME: P::Name = P::Name::item("dyn Users");
            }
            #[automatically_derived]
            impl P::Service for dyn Users + '_ { type Target = dyn Users; }
            #[automatically_derived]
            impl<__V: Users> P::Gives<__V> for dyn Users {
                fn give(value: __V) -> P::Arc<dyn Users> { P::Arc::new(value) }
            }
        },
    );
}

#[test]
fn bounds_that_are_written_are_not_added_again() {
    let code = code(plain(quote!(
        trait Users<T>: Sync + Debug + 'static {
            fn count(&self) -> T;
        }
    )));
    assert!(code.starts_with("traitUsers<T>:Sync+Debug+'static+::core::marker::Send{"), "{code}");
    assert!(code.contains("impl<T,__V:Users<T>>P::Gives<__V>fordynUsers<T>whereT:P::Keyed+'static{"), "{code}");
}

#[test]
fn an_implementation_with_async_methods_matches_its_trait() {
    assert_expands(
        plain(quote!(impl Users for Sqlite { async fn find(&self) {} })),
        quote!(
            #[P::async_trait]
            impl Users for Sqlite {
                async fn find(&self) {}
            }
        ),
    );
    assert_expands(
        plain(quote!(impl Users for Sqlite { fn find(&self) {} })),
        quote!(impl Users for Sqlite { fn find(&self) {} }),
    );
}

#[test]
fn a_tag_names_a_type_of_somebody_else() {
    assert_expands(
        attribute(
            quote!(for = sqlx::SqlitePool),
            quote!(
                pub struct ReadPool;
            ),
        ),
        quote! {
            pub struct ReadPool;
            #[automatically_derived]
            impl P::Keyed for ReadPool {
                type Key = KEY;
                const NAME: P::Name = P::Name::item("ReadPool");
            }
            #[automatically_derived]
            impl P::Service for ReadPool { type Target = sqlx::SqlitePool; }
            #[automatically_derived]
            impl P::Gives<sqlx::SqlitePool> for ReadPool {
                fn give(value: sqlx::SqlitePool) -> P::Arc<sqlx::SqlitePool> { P::Arc::new(value) }
            }
        },
    );
}

#[test]
fn a_tag_for_a_trait_takes_what_the_trait_takes() {
    let code = code(attribute(
        quote!(for = dyn Users, key = "main"),
        quote!(
            struct Main;
        ),
    ));
    let expected = "#[automatically_derived]\
        impl<__V>P::Gives<__V>forMainwheredynUsers:P::Gives<__V>+P::Service<Target=dynUsers>{\
        fngive(value:__V)->P::Arc<dynUsers>{<dynUsersasP::Gives<__V>>::give(value)}}";
    assert!(code.ends_with(expected), "{code}");
}

#[test]
fn generated_items_have_the_conditions_of_their_item() {
    let code = code(attribute(
        quote!(for = u8),
        quote!(
            #[cfg(unix)]
            #[derive(Debug)]
            struct Tag;
        ),
    ));
    assert!(code.starts_with("#[cfg(unix)]#[derive(Debug)]structTag;#[cfg(unix)]const_:()={"), "{code}");
}

#[test]
fn the_mistakes_of_a_derived_service() {
    let item = quote! {
        #[service(key = "", keys = "a")]
        struct Cache<'a, T, const N: usize>(&'a [T; N]);
    };
    assert_errors(
        derive(item),
        &[
            "this text is empty; write a name",
            "unknown option `keys`; #[service] takes `key = \"...\"`",
            "a service owns what it has: lifetime parameters are not possible",
            "constant parameters cannot be part of a service's key; use a type parameter, with a type for each value",
        ],
    );
    assert_errors(
        derive(quote!(#[service = "a"] union U { a: u8 })),
        &["write `#[service(key = \"...\")]`", "a service is a struct or an enum; write one of these"],
    );
    assert_errors(
        derive(quote!(
            #[service(key = "a", key = "b")]
            #[service(key)]
            #[service(key: 1)]
            enum E {}
        )),
        &["`key` is written twice; remove one of the two", "write `key = \"...\"`", "write `key = \"...\"`"],
    );
}

#[test]
fn the_mistakes_of_a_service_trait() {
    let expansion = attribute(
        quote!(for = X),
        quote! {
            trait Users: Sized {
                type Id;
                const LIMIT: usize;
                fn new() -> Self;
                fn get<K>(&self, key: K);
                fn take(&self, users: impl Users);
                fn same(&self, other: &Self) -> bool;
                fn all(&self) -> impl Iterator<Item = User>;
                fn copy(&self) -> Option<Self>;
                fn fine(&self);
                fn excluded<T>() -> T where Self: Sized;
            }
        },
    );
    let items = code(expansion.clone());
    assert!(items.contains("fnget<K>(&self,key:K)whereSelf:::core::marker::Sized;"), "{items}");
    assert!(items.contains("impl<__V:Users>P::Gives<__V>fordynUsers{"), "{items}");
    assert_errors(
        expansion,
        &[
            "unknown option `for`; #[service] takes `key = \"...\"` and `mock = MockUsers`",
            "a service trait is used as `dyn Users`, which is not `Sized`; remove this bound",
            "a service trait is used as `dyn Users`, so it cannot have associated types; use a type parameter",
            "a service trait is used as `dyn Users`, so it cannot have associated constants; write a method",
            "a service trait is used as `dyn Users`, so `new` needs a receiver; add `&self`, or exclude it with `where Self: Sized`",
            "a service trait is used as `dyn Users`, so its methods cannot be generic; use a concrete type, or `dyn Trait`, or exclude it with `where Self: Sized`",
            "a service trait is used as `dyn Users`, so its methods cannot take `impl Trait`; take `Box<dyn Trait>` or `&dyn Trait`, or exclude it with `where Self: Sized`",
            "a service trait is used as `dyn Users`, so its methods cannot take `Self`; take `&dyn Users`, or exclude it with `where Self: Sized`",
            "a service trait is used as `dyn Users`, so its methods cannot return `impl Trait`; return `Box<dyn Trait>`, or exclude it with `where Self: Sized`",
            "a service trait is used as `dyn Users`, so its methods cannot return `Self`; return `Box<dyn Users>`, or exclude it with `where Self: Sized`",
        ],
    );
}

#[test]
fn the_mistakes_of_a_tag() {
    let expansion = attribute(
        quote!(for = Pool, for = Pool),
        quote!(
            struct Tag {
                pool: Pool,
            }
        ),
    );
    assert!(code(expansion.clone()).starts_with("structTag{pool:Pool,}#[automatically_derived]impl"));
    assert_errors(
        expansion,
        &[
            "`for` is written twice; remove one of the two",
            "a tag is only a name, without fields; write `struct Name;`",
        ],
    );
    let expansion = plain(quote!(
        struct Config {
            url: String,
        }
    ));
    assert!(code(expansion.clone()).contains("implP::ServiceforConfig"));
    assert_errors(
        expansion,
        &["#[service] on a struct needs `for = Type`; for a service that names itself write #[derive(Service)]"],
    );
    assert_errors(
        attribute(
            quote!(for),
            quote!(
                struct Tag;
            ),
        ),
        &["write `for = Type`"],
    );
    assert_errors(
        plain(quote!(
            enum Config {
                A,
            }
        )),
        &["for a service that names itself write #[derive(Service)]"],
    );
}

#[test]
fn the_mistakes_of_an_implementation_and_of_anything_else() {
    let expansion = attribute(quote!(key = "a"), quote!(impl Sqlite { async fn find(&self) {} }));
    assert_eq!(code(expansion.clone()), "implSqlite{asyncfnfind(&self){}}");
    assert_errors(
        expansion,
        &[
            "#[service] takes no options here; write `#[service]`",
            "#[service] goes on the implementation of a trait: `impl Users for SqliteUsers { .. }`",
        ],
    );
    let expansion = plain(quote!(
        fn users() {}
    ));
    assert_eq!(code(expansion.clone()), "fnusers(){}");
    assert_errors(
        expansion,
        &["#[service] goes on a trait, on an `impl` of it, or on a unit struct with `for = Type`"],
    );
}

#[test]
fn a_mock_is_a_trait_whose_methods_have_defaults() {
    let text = code(attribute(
        quote!(mock = MockUsers),
        quote! {
            pub trait Users {
                /// Finds.
                async fn find(&self, id: i64) -> Option<User>;
                #[cfg(unix)]
                fn count(&self, (a, mut b): (u8, u8)) -> usize { 1 }
            }
        },
    ));
    let mock = "#[doc=\"Apartof[`Users`],fortests:amethodthatisnotgivenpanicswhenitiscalled.\"]\
        #[P::async_trait]\
        pubtraitMockUsers:::core::marker::Send+::core::marker::Sync+'static{\
        #[doc=r\"Finds.\"]#[allow(unused_variables)]\
        asyncfnfind(&self,id:i64)->Option<User>{P::not_given::<Self>(\"Users::find\")}\
        #[cfg(unix)]fncount(&self,(a,mutb):(u8,u8))->usize{1}\
        }\
        #[automatically_derived]#[allow(deprecated)]#[P::async_trait]\
        impl<__M:MockUsers>UsersforP::Mock<__M>{\
        asyncfnfind(&self,__di_argument1:i64)->Option<User>\
        {<__MasMockUsers>::find(P::Mock::fake(self),__di_argument1).await}\
        #[cfg(unix)]fncount(&self,__di_argument1:(u8,u8))->usize\
        {<__MasMockUsers>::count(P::Mock::fake(self),__di_argument1)}\
        }";
    assert!(text.contains(mock), "{text}");
}

#[test]
fn a_mock_of_a_generic_trait_is_generic() {
    let text = code(attribute(
        quote!(mock = MockCache, key = "cache"),
        quote!(
            #[cfg(test)]
            trait Cache<T: Clone>: Debug {
                fn load(self: &Self) -> T;
                fn make() -> Self
                where
                    Self: Sized;
            }
        ),
    ));
    assert!(text.contains("traitMockCache<T:Clone>:Debug+::core::marker::Send"), "{text}");
    assert!(
        text.contains("#[cfg(test)]#[automatically_derived]#[allow(deprecated)]impl<T:Clone,__M:MockCache<T>>Cache<T>forP::Mock<__M>{"),
        "{text}"
    );
    assert!(text.contains("<__MasMockCache<T>>::load(P::Mock::fake(self),)"), "{text}");
    assert!(text.contains("fnmake()->SelfwhereSelf:Sized{P::not_given::<__M>(\"Cache::make\")}"), "{text}");
}

#[test]
fn the_mistakes_of_a_mock() {
    let mistakes =
        |args: TokenStream, item: TokenStream, expected: &[&str]| assert_errors(attribute(args, item), expected);
    let written = "write the name of the trait that is to be made: `mock = MockUsers`";
    mistakes(
        quote!(mock),
        quote!(
            trait A {}
        ),
        &["write `mock = MockUsers`"],
    );
    mistakes(
        quote!(mock = Mock<u8>),
        quote!(
            trait A {}
        ),
        &[written],
    );
    mistakes(
        quote!(mock = dyn Mock),
        quote!(
            trait A {}
        ),
        &[written],
    );
    mistakes(
        quote!(mock = A),
        quote!(
            trait A {}
        ),
        &[&format!("`A` is the service itself; {written}")],
    );
    mistakes(
        quote!(mock = M),
        quote!(
            trait A {
                type Id
                where
                    Self: Sized;
            }
        ),
        &["a mock can give methods only; take this out of the trait, or remove `mock`"],
    );
    mistakes(
        quote!(for = u8, mock = M),
        quote!(
            struct Tag;
        ),
        &["unknown option `mock`; #[service] takes `for = Type` and `key = \"...\"`"],
    );
}
