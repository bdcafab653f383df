//! The macros of `di`: services, layers, contexts, effects and the entry point of a program.
//!
//! The crate `di` exports all of them; use them from there. Whatever a macro writes can be written by hand.
//!
//! | macro | goes on | makes |
//! |---|---|---|
//! | [`derive@Service`] | a struct or an enum | a service that names itself |
//! | [`macro@service`] | a trait, its implementations, a unit struct | a service behind a trait, or a tag for a type of somebody else |
//! | [`macro@layer`] | a function | a recipe for services |
//! | [`macro@layer_map`] | a function of a key | a map of such recipes, as a service |
//! | [`derive@Layer`] | a struct | a recipe that fills in the fields |
//! | [`derive@Failure`] | an error | a failure that layers name in their type |
//! | [`derive@Context`] | a struct | a context with named fields |
//! | [`macro@layers`] | a list of layers in any order | one layer |
//! | [`macro@effect`] | a function | work that needs services |
//! | [`macro@test`] | an `async fn` | a test: build, run, release, and see that nothing is left |
//! | [`macro@main`] | `async fn main` | a program: build, run, release |
//!
//! # Errors
//!
//! A macro reports all mistakes of an item at once, each at the words that are wrong and with what to write instead. The
//! item stays, and so does what the macro makes of it as far as that is known: a mistake brings no others with it.

mod checks;
mod context;
mod duration;
mod effect;
#[path = "main/mod.rs"]
mod entry;
mod errors;
mod failure;
mod function;
mod hygiene;
mod key;
mod layer;
mod layer_map;
mod list;
#[cfg(test)]
mod odd;
mod options;
mod params;
mod service;
mod sets;
#[cfg(test)]
mod testing;
mod types;

use proc_macro::TokenStream;

/// Makes a type a service that names itself.
///
/// For a trait, and for a type of another crate, use the attribute [`macro@service`].
///
/// ```
/// use di::prelude::*;
///
/// #[derive(Service)]
/// pub struct User { pub name: String }
///
/// #[derive(Service)]                      // Cache<User> and Cache<Order> are two services
/// pub struct Cache<T: Service> { kept: Vec<T> }
///
/// #[layer]
/// fn users() -> Cache<User> { Cache { kept: Vec::new() } }
/// # let _: Layer<services![Cache<User>], services![], failures![]> = users();
/// ```
///
/// | option | meaning |
/// |---|---|
/// | `#[service(key = "...")]` | the service's key is made from the crate and this text, not from its file and name |
///
/// A type parameter has to be a service itself, and becomes part of the key.
///
/// # Errors
///
/// - a union, a lifetime parameter, a constant parameter;
/// - an option that is unknown, repeated or empty.
#[proc_macro_derive(Service, attributes(service))]
pub fn derive_service(item: TokenStream) -> TokenStream {
    service::derive(item.into()).into()
}

/// Makes a trait a service, or gives a type of somebody else a name.
///
/// On a trait, the service is `dyn Users`. `Send`, `Sync` and `'static` become supertraits, and `async` methods are
/// possible; put the attribute on every implementation too. On a unit struct, the struct becomes a tag: a service whose
/// value is of another type. For a type of your own use [`derive@Service`].
///
/// ```
/// use di::prelude::*;
/// use std::net::SocketAddr;
///
/// #[service]
/// pub trait Users {
///     async fn find(&self, id: i64) -> Option<String>;
/// }
/// struct Nobody;
/// #[service]
/// impl Users for Nobody {
///     async fn find(&self, _id: i64) -> Option<String> { None }
/// }
///
/// #[service(for = SocketAddr)]            // two names for two addresses
/// pub struct PublicAddress;
/// #[service(for = SocketAddr)]
/// pub struct AdminAddress;
///
/// let users = Layer::succeed::<dyn Users>(Nobody);
/// let address = Layer::succeed::<AdminAddress>(SocketAddr::from(([127, 0, 0, 1], 8080)));
/// # let _: Layer<services![AdminAddress, dyn Users], services![], failures![]> = users.merge(address);
/// ```
///
/// | option | on | meaning |
/// |---|---|---|
/// | `for = Type` | a unit struct | the type behind the tag; `dyn Trait` takes whatever the trait takes |
/// | `key = "..."` | a trait or a unit struct | the key is made from the crate and this text, not from file and name |
/// | `mock = MockUsers` | a trait | writes the trait `MockUsers` too, for partial implementations in tests |
///
/// Each method of `MockUsers` has a default: a method that the service provides does the same, any other one panics and says
/// that it was called without being given. `Layer::mock::<dyn Users>(fake)` makes the service of whatever implements
/// `MockUsers`. Methods that are called through something else than `&self`, or only `where Self: Sized`, are not part of it.
/// Supertraits must be implemented for `di::Mock`, too.
///
/// # Errors
///
/// - on a trait: what a trait object cannot have, such as associated types, generic methods, methods without a receiver
///   or with `Self` in their signature; a method is excluded from this by `where Self: Sized`;
/// - on a unit struct: fields, or no `for`;
/// - on an implementation: options, or no trait;
/// - lifetime parameters and constant parameters.
#[proc_macro_attribute]
pub fn service(args: TokenStream, item: TokenStream) -> TokenStream {
    service::attribute(args.into(), item.into()).into()
}

/// Makes a function a layer: a recipe for the services it returns.
///
/// Parameters of type `Inject<S>` are what the layer needs, `Scope` or `&Scope` is the scope it is built in, and every
/// other parameter is one of the layer function too. For a struct that is filled with what is injected use
/// [`derive@Layer`].
///
/// ```
/// use di::prelude::*;
/// use std::io;
///
/// #[derive(Service)]
/// struct Config { directory: String }
/// #[derive(Service)]
/// struct Shard { path: String }
///
/// #[layer]
/// fn config() -> Config { Config { directory: "shards".into() } }
///
/// #[layer]                                // an ordinary parameter stays one: shard(7)
/// async fn shard(id: u32, config: Inject<Config>, scope: &Scope) -> Result<Shard, io::Error> {
///     scope.on_close(move |_exit| async move { println!("shard {id} released") });
///     Ok(Shard { path: format!("{}/{id}", config.directory) })
/// }
///
/// fn app() -> Layer<services![Shard]> {
///     shard(7).provide(config())
/// }
/// ```
///
/// | option | meaning |
/// |---|---|
/// | `as Type`, `as (TypeA, TypeB)` | the services under which the value, or each of several values, is given |
/// | `fails` | the error of the `Result` is part of the layer's type; it is a [`derive@Failure`] |
/// | `memo` | calls with equal arguments make the same layer |
///
/// | return type | the layer gives |
/// |---|---|
/// | none, `()` | nothing |
/// | `T` | the service `T` |
/// | `(A, B)`, `HList![A, B]` | the services `A` and `B` |
/// | `Result<T, E>` | what `T` says, and it can fail |
///
/// # Errors
///
/// - `self`, `const`, `unsafe`, `extern`, lifetime parameters, `Self` in the signature;
/// - a parameter that is borrowed, conditional or of type `impl Trait`;
/// - `impl Trait` in the return type without `as`, and an `as` that names more or fewer services than are returned;
/// - `fails` without an error to name.
#[proc_macro_attribute]
pub fn layer(args: TokenStream, item: TokenStream) -> TokenStream {
    layer::attribute(args.into(), item.into()).into()
}

/// Makes a function that makes the layer of a key a map of such layers, each built on first use.
///
/// The map is a service, under the name that is written first: `Name::get(key)` is the layer of a key, and needs the map;
/// `Name::layer()` is the layer that gives the map; injected, `Inject<Name>` is the map itself, a `LayerMap`.
///
/// ```
/// use di::prelude::*;
///
/// #[derive(Service)]
/// struct Config { directory: String }
/// #[derive(Service)]
/// struct TenantDb { file: String }
///
/// #[layer]
/// fn config() -> Config { Config { directory: "tenants".into() } }
///
/// #[layer_map(TenantDatabases, idle_time_to_live = "2 minutes")]
/// async fn tenant_database(tenant: String, config: Inject<Config>, scope: &Scope) -> Result<TenantDb, std::io::Error> {
///     scope.on_close(|_exit| async { /* close it */ });
///     Ok(TenantDb { file: format!("{}/{tenant}.db", config.directory) })
/// }
///
/// #[effect]
/// async fn file(db: Inject<TenantDb>) -> String { db.file.clone() }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let app = TenantDatabases::layer().provide(config());
/// let file = file().provide(TenantDatabases::get("acme".into())).provide(app).run().await?;
/// assert_eq!(file, "tenants/acme.db");
/// # Ok::<_, di::RunError>(()) }).unwrap();
/// ```
///
/// The function is one of these, and the parameter that is not injected is the key:
///
/// | the function | returns | stays |
/// |---|---|---|
/// | builds: its parameters and its result are those of [`macro@layer`] | what the layer gives | a layer function, `tenant_database(tenant)` |
/// | composes: the key is its only parameter | `Layer<..>`, or another name of one that ends with `Layer` | as it is |
///
/// | option | meaning |
/// |---|---|
/// | `idle_time_to_live = "2 minutes"` | a resource is released when nobody has used it for so long |
/// | `idle_time_to_live_by = function` | the same, with a time for each key: `fn(&Key) -> Duration` |
/// | `release_immediately` | a resource is released when nobody uses it |
/// | `keep` | a resource is released with the map |
/// | `capacity = 64` | so many resources at most |
/// | `when_full = "reject"`, `"evict_idle"`, `"wait"` | a new key fails (this is what is done otherwise), takes the place of the one that is idle for the longest time, or waits |
/// | `exclusive` | a key is built anew only when what was released has been released to the end |
/// | `cache_failures = "30 seconds"` | a failure is told again for so long |
/// | `preload = [first, second]` | keys that are built with the map, which can fail then |
/// | `as dyn Users`, `fails` | as those of [`macro@layer`] |
///
/// # Errors
///
/// - no name, none or several of the first four options;
/// - no key, or a second ordinary parameter;
/// - a generic function, and whatever [`macro@layer`] refuses;
/// - a function that composes, and is `async` or has something injected.
#[proc_macro_attribute]
pub fn layer_map(args: TokenStream, item: TokenStream) -> TokenStream {
    layer_map::attribute(args.into(), item.into()).into()
}

/// Makes `Type::layer()`, a layer that builds the type from its fields.
///
/// Fields of type `Inject<S>` are injected, fields with `#[layer(default)]` get their default, and all others become
/// parameters of `layer`, in order. To do more than fill in fields use [`macro@layer`] on a function.
///
/// ```
/// use di::prelude::*;
///
/// #[derive(Service)]
/// struct Config;
///
/// #[derive(Service, Layer)]
/// pub struct AuditLog {
///     config: Inject<Config>,
///     #[layer(default)]
///     buffer: Vec<String>,
///     #[layer(default = 64)]
///     limit: usize,
///     name: String,                       // a parameter
/// }
///
/// let layer: Layer<services![AuditLog], services![Config], failures![]> = AuditLog::layer("orders".to_owned());
/// ```
///
/// | option | on | meaning |
/// |---|---|---|
/// | `as Type` | the struct | the service under which it is given, the struct itself otherwise |
/// | `memo` | the struct | calls with equal arguments make the same layer |
/// | `default` | a field | `Default::default()` |
/// | `default = value` | a field | this value; parameters of `layer` may occur in it |
///
/// # Errors
///
/// - an enum or a union, a lifetime parameter, a field of type `&Inject<S>`;
/// - an option that is unknown, repeated or incomplete.
#[proc_macro_derive(Layer, attributes(layer))]
pub fn derive_layer(item: TokenStream) -> TokenStream {
    layer::derive(item.into()).into()
}

/// Makes an error a failure that layers name in their type.
///
/// Layers name it with `#[layer(fails)]`; any other error needs no derive and is forgotten in the type.
///
/// ```
/// use di::prelude::*;
/// use std::fmt;
///
/// #[derive(Debug, Failure)]
/// pub struct DbError;
/// impl fmt::Display for DbError {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("the database is gone") }
/// }
/// impl std::error::Error for DbError {}
///
/// #[derive(Service)]
/// struct Pool;
///
/// #[layer(fails)]
/// fn pool() -> Result<Pool, DbError> { Err(DbError) }
///
/// let layer: Layer<services![Pool], services![], failures![DbError]> = pool();
/// ```
///
/// | option | meaning |
/// |---|---|
/// | `#[failure(key = "...")]` | the failure's key is made from the crate and this text, not from its file and name |
///
/// # Errors
///
/// - a union, parameters of any kind: a failure is one error with one name;
/// - an option that is unknown, repeated or empty.
#[proc_macro_derive(Failure, attributes(failure))]
pub fn derive_failure(item: TokenStream) -> TokenStream {
    failure::derive(item.into()).into()
}

/// Makes a struct a context with named fields.
///
/// ```
/// use di::prelude::*;
///
/// #[derive(Service)]
/// struct Config { port: u16 }
/// #[derive(Service)]
/// struct Clock;
///
/// #[derive(Clone, Context)]
/// struct App {
///     config: Inject<Config>,
///     clock: Inject<Clock>,
/// }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let app = Layer::succeed::<Config>(Config { port: 80 }).merge(Layer::succeed::<Clock>(Clock));
/// let app: App = app.build(&Scope::new()).await?.extract();
/// assert_eq!(app.config.port, 80);
/// # Ok::<_, BuildError>(()) }).unwrap();
/// ```
///
/// # Errors
///
/// - anything but a struct with named fields;
/// - a field that is not `Inject<S>`, and two fields for one service.
#[proc_macro_derive(Context)]
pub fn derive_context(item: TokenStream) -> TokenStream {
    context::derive(item.into()).into()
}

/// Makes one layer of many, in any order: who feeds whom follows from their types.
///
/// ```
/// use di::prelude::*;
///
/// #[derive(Service)] struct Config;
/// #[derive(Service)] struct Pool;
/// #[service] trait Users {}
/// struct Sqlite;
/// #[service] impl Users for Sqlite {}
///
/// #[layer] fn config() -> Config { Config }
/// #[layer] fn pool(config: Inject<Config>) -> Pool { Pool }
/// #[layer(as dyn Users)] fn sqlite(pool: Inject<Pool>) -> Sqlite { Sqlite }
///
/// let app: Layer<services![dyn Users], services![], failures![]> = layers![<dyn Users> sqlite(), config(), pool()];
/// ```
///
/// | written | meaning |
/// |---|---|
/// | `<dyn Users, Config>` | the header: exactly these services leave, and nothing is needed from outside |
/// | `<dyn Users needs Clock>` | the same, and `Clock` comes from outside |
/// | `users()`, `db::pool()`, `shard(7)`, `AuditLog::layer()`, `cache::<User>()` | calls of layer functions: reports look into their types |
/// | `Layer::succeed::<Config>(value)`, `Layer::mock::<dyn Users>(fake)` | a value: its service is written, so reports know it too |
/// | `..expr` | any other layer, which is judged by its types alone |
/// | `layers![..]` | a list in the list; one without a header is as good as its entries |
///
/// Each layer is built as soon as its own needs are there, all others at the same time. With a header only those are built
/// that it asks for, directly or through others, and those that give nothing, which are there for what they do. Without
/// a header everything leaves, and what is missing is what the whole still needs.
///
/// # Reports
///
/// A constant looks for mistakes while the compiler runs, and reports all of them at once: what is missing, who needs it
/// and through whom, and what may have been meant (DI0001, DI0007); what is given twice (DI0003); circles (DI0004); what
/// nothing needs (DI0005). `docs/errors.md` has a section for each. What is missing or not needed is known only
/// under a header, and only if no `..expr` could make up for it; that is then left to the types, which say it at the header
/// or where the layer is built.
///
/// A constant names functions, not values: the call of a local closure, and of a function whose type arguments follow from
/// its arguments, are written with `..`. Inside of a generic function that goes for an entry with a parameter of that too, as
/// in `cache::<T>()`, and the list has no header then: nothing is known of a service `Cache<T>` but what the bounds say.
///
/// # Errors
///
/// - an entry that is neither a call of a function nor has `..` before it; a call that takes a closure, such as `Layer::sync`;
/// - a header that is not a list of types.
#[proc_macro]
pub fn layers(input: TokenStream) -> TokenStream {
    list::bang(input.into()).into()
}

/// Makes a function an effect: work that needs services.
///
/// The parameters are those of [`macro@layer`]; calling the function with the ordinary ones gives the effect, which runs
/// when it is told to.
///
/// ```
/// use di::prelude::*;
///
/// #[derive(Service)]
/// struct Config { greeting: String }
///
/// #[effect]
/// async fn greet(config: Inject<Config>, name: String) -> String {
///     format!("{}, {name}!", config.greeting)
/// }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let config = Layer::succeed::<Config>(Config { greeting: "Hello".into() });
/// assert_eq!(greet("Ada".into()).provide(config).run().await?, "Hello, Ada!");
/// # Ok::<_, di::RunError>(()) }).unwrap();
/// ```
///
/// # Errors
///
/// - options, as there are none;
/// - `self`, `const`, `unsafe`, `extern`, lifetime parameters, `Self` in the signature;
/// - a parameter that is borrowed, conditional or of type `impl Trait`;
/// - `impl Trait` in the return type.
#[proc_macro_attribute]
pub fn effect(args: TokenStream, item: TokenStream) -> TokenStream {
    effect::attribute(&args.into(), item.into()).into()
}

/// Makes `async fn main` the program: builds the layer, runs the function, and releases everything in order.
///
/// The parameters are `Inject<S>` for services of the layer, `Scope` or `&Scope`, and `Shutdown`. On a function of another
/// name it makes a `fn serve() -> ExitCode`, for a `main` of your own that looks at the arguments first.
///
/// ```
/// use di::prelude::*;
///
/// #[derive(Service)]
/// struct Config { greeting: String }
/// #[layer]
/// fn config() -> Config { Config { greeting: "Hello".into() } }
///
/// #[di::main(config(), shutdown_timeout = "25 seconds")]
/// async fn main(config: Inject<Config>) -> Result<(), std::io::Error> {
///     println!("{}", config.greeting);
///     Ok(())
/// }
/// ```
///
/// | option | meaning |
/// |---|---|
/// | the first: an expression | the layer to build |
/// | `shutdown_timeout = "25 seconds"` | how long the end may take in all; units are ms, s, m, h, d and their names |
/// | `release_timeout = "5 seconds"` | how long the release of one layer may take; at most four fifths of what is left, the default |
/// | `worker_threads = 4` | how many threads run the program |
///
/// # Errors
///
/// - no layer, a function that is not `async`, generic parameters, `impl Trait` in the return type;
/// - a parameter that is none of the above.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(args.into(), item.into()).into()
}

/// Makes an `async fn` a test of a layer: builds the layer, runs the function, and releases everything in order.
///
/// It needs the feature `test` of the crate `di`, for instance in the `[dev-dependencies]`. The parameters are those of
/// [`macro@main`]. Each test has a memo map of its own and a tokio runtime of one thread, whose clock is paused: it stands still
/// while anything can run, and jumps to the next timer when nothing can.
///
/// ```
/// use di::prelude::*;
///
/// #[service] trait Users { fn name(&self, id: u32) -> String; }
/// #[derive(Service)] struct Greeter { users: Inject<dyn Users> }
///
/// struct Sqlite;
/// #[service] impl Users for Sqlite { fn name(&self, id: u32) -> String { unimplemented!() } }
/// #[layer(as dyn Users)] fn sqlite() -> Sqlite { Sqlite }
/// #[layer] fn greeter(users: Inject<dyn Users>) -> Greeter { Greeter { users } }
///
/// fn app() -> Layer<services![Greeter], services![], failures![]> { layers![<Greeter> greeter(), sqlite()] }
///
/// struct Fake;
/// #[service] impl Users for Fake { fn name(&self, _id: u32) -> String { "Ada".into() } }
///
/// #[di::test(app().substitute(Layer::succeed::<dyn Users>(Fake)))]
/// async fn greets_by_name(greeter: Inject<Greeter>) {
///     assert_eq!(greeter.users.name(7), "Ada");
/// }
/// ```
///
/// The test fails if the layer cannot be built, if the function panics or returns an error, if the release fails or does not
/// end, and if somebody still holds a service when everything has been released: a task that was not stopped, a static.
///
/// | option | meaning |
/// |---|---|
/// | the first: an expression | the layer to build |
/// | `real_time` | the clock is that of the machine, for tests that talk to other processes |
/// | `shutdown_timeout = "25 seconds"` | how long releasing may take; units are ms, s, m, h, d and their names |
///
/// # Errors
///
/// - no layer, a function that is not `async`, generic parameters, `impl Trait` in the return type;
/// - a parameter that is none of the above.
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::test(args.into(), item.into()).into()
}
