//! Whatever the input, every macro answers with tokens and never panics.

use proc_macro2::TokenStream;

const ITEMS: &[&str] = &[
    "",
    ";",
    "#",
    "#[a]",
    "pub",
    "fn",
    "fn f",
    "fn f()",
    "fn f();",
    "fn f() -> ;",
    "fn f(..) {}",
    "fn f() {}",
    "fn f() { let x = ; }",
    "async fn f(self) {}",
    "fn f(&self, x: u8) -> Self { x }",
    "fn f(self: Box<Self>) {}",
    "const async unsafe extern \"C\" fn f(a: u8, ...) {}",
    "unsafe extern \"C\" fn f(a: u8, _: ...) {}",
    "fn f<'a, T: ?Sized, const N: usize>(x: &'a T) -> [u8; N] where T: 'a { loop {} }",
    "fn f(Inject(a): Inject<A>, &b: &Inject<B>, (c, d): (u8, u8), [e, ..]: [u8; 4]) {}",
    "fn f(a: Inject, b: Inject<>, c: Inject<'a>, d: Inject<A, B>, e: Inject<impl X>, f: Inject(A)) {}",
    "fn f(a: Scope<'a, 'b>, b: &mut Scope, c: &'a Scope, d: Shutdown, e: &Shutdown) {}",
    "fn f(#[cfg(x)] a: A, #[cfg_attr(a, b)] b: &mut [u8], c: &dyn X, d: &(dyn X + 'a)) {}",
    "fn f(a: impl X, b: Box<impl X>, c: fn(impl X), d: _, e: !, f: *const u8, g: m!()) {}",
    "fn f() -> impl X { }",
    "fn f() -> impl 'static { }",
    "fn f() -> Result { }",
    "fn f() -> Result<> { }",
    "fn f() -> Result<impl X> { }",
    "fn f() -> Result<(), ()> { }",
    "fn f() -> Result<(A, impl X), E> { }",
    "fn f() -> (A, (B, C)) { }",
    "fn f() -> HList![] { }",
    "fn f() -> HList![A, ...B] { }",
    "fn f() -> x::HList!{A,} { }",
    "fn f() -> ! { }",
    "fn f() -> fn(Self) -> <Self as X>::Y { }",
    "struct X;",
    "struct X",
    "struct X();",
    "struct X {}",
    "struct X(Inject<A>, &'static Inject<A>, Inject, u8);",
    "struct X { a: Inject<A>, b: Inject<A>, c: Inject<B, C>, #[layer(default)] d: D, #[layer(default =)] e: E }",
    "#[layer(as (A, B), fails, memo = 1, memo memo, ,)] struct X<'a, T: 'a = u8, const N: usize = 1>(&'a [T; N]) where T: X;",
    "#[layer] #[layer()] #[layer = 3] #[service(key = \"\")] #[service = 1] #[failure(key)] struct X;",
    "#[service(key = \"a\", key = \"b\")] #[failure(key = 3, x)] enum X { A, B(u8) }",
    "enum X {}",
    "enum X<T> { A(T) }",
    "union X { a: u8, b: u16 }",
    "struct r#type;",
    "fn r#fn(r#in: u8) {}",
    "trait X {}",
    "trait X",
    "unsafe auto trait X {}",
    "pub trait X<'a, T, const N: usize>: Sized + Send + 'static where Self: Y { }",
    "trait X { type A; type B<'a>: X where Self: 'a; const C: u8 = 1; fn d(); fn e<T>(&self, t: T) -> Self; m!{} }",
    "trait X { async fn a(&self, b: impl Y) -> impl Z; fn c(self: &Self, d: &Self); fn e() where Self: Sized; }",
    "trait X = Y;",
    "impl X {}",
    "impl X for Y { async fn f() {} type A = B; }",
    "impl<T> !X for T {}",
    "mod x;",
    "mod x { fn f() {} }",
    "use a::b;",
    "static X: u8 = 1;",
    "const X: u8 = 1;",
    "const fn f() {}",
    "type X = Y;",
    "macro_rules! x { () => {} }",
    "extern crate x;",
    "extern \"C\" { fn f(); }",
    "x!()",
    "1 + 1",
    "{ }",
];

const LISTS: &[&str] = &[
    "<",
    "<>",
    "<<",
    "< needs",
    "<needs>",
    "<A needs> a()",
    "<A needs B needs C> a()",
    "<A as B>::c(), d()",
    "<a()> b()",
    "..",
    "..,",
    "a().., b()",
    "...a()",
    "a()(), (a)(), a!(), layers![<], layers![..], layers!(a(),,)",
    "|| a(), async {}, return, if x { a() } else { b() }, _",
    "a::<>(), a::<'x, 3, { 4 }>(), r#fn::r#in(), self::a(), Self(), crate::x(|| b(), c?)",
    "#[cfg(x)] a(), b()",
];

const ARGS: &[&str] = &[
    "",
    ",",
    "=",
    "as",
    "as =",
    "as dyn X",
    "as ()",
    "as (A, B)",
    "as (A, B), fails, memo",
    "fails fails",
    "fails, fails, memo = 2, memo(3)",
    "for = Type",
    "mock = Mock",
    "mock = a::b::<C>, mock",
    "for = dyn X + Send",
    "for",
    "for = , key = ",
    "key = \"x\"",
    "key = \"\", key = 1",
    "key",
    "app()",
    "app(), worker_threads = 0, worker_threads = 4, shutdown_timeout = \"soon\"",
    "app() shutdown_timeout",
    "app(), x",
    "worker_threads = 1",
    "worker_threads = 99999999999999999999999999",
    "shutdown_timeout = 1 second",
    "x == y",
    "x = y",
    "\"text\"",
    "1.5",
    "'a",
    "r#as dyn X",
    "[ ( { } ) ]",
];

#[test]
fn no_input_makes_a_macro_panic() {
    for item in ITEMS {
        let item: TokenStream = item.parse().expect("the odd items are tokens");
        for args in ARGS {
            let args: TokenStream = args.parse().expect("the odd options are tokens");
            crate::service::attribute(args.clone(), item.clone());
            crate::layer::attribute(args.clone(), item.clone());
            crate::layer_map::attribute(args.clone(), item.clone());
            crate::effect::attribute(&args, item.clone());
            crate::entry::attribute(args, item.clone());
        }
        crate::list::bang(item.clone());
        crate::service::derive(item.clone());
        crate::layer::derive(item.clone());
        crate::failure::derive(item.clone());
        crate::context::derive(item);
    }
    for list in LISTS {
        let list: TokenStream = list.parse().expect("the odd lists are tokens");
        syn::parse2::<syn::Block>(crate::list::bang(list)).expect("an expansion is a block");
    }
}

#[test]
fn what_is_no_function_is_named_and_left_alone() {
    for text in ["struct X;", "enum X {}", "impl X {}", "const X: u8 = 1;", "mod x {}"] {
        let item: TokenStream = text.parse().expect("the items are tokens");
        for expansion in [
            crate::layer::attribute(TokenStream::new(), item.clone()),
            crate::layer_map::attribute(quote::quote!(Maps, keep), item.clone()),
            crate::effect::attribute(&TokenStream::new(), item.clone()),
        ] {
            assert_eq!(crate::testing::errors(expansion.clone()).len(), 1, "{text}");
            assert_eq!(crate::testing::code(expansion), crate::testing::normal(item.clone()));
        }
    }
}
