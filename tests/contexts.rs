//! Contexts as values: what goes in comes out, by whatever way.

use di::prelude::*;
use di::{Provides, hlist};

#[derive(Service, Debug, PartialEq)]
struct Number<T: Service>(u32, std::marker::PhantomData<T>);

/// Names for numbers.
#[derive(Service, Debug, PartialEq)]
struct One;
#[derive(Service, Debug, PartialEq)]
struct Two;
#[derive(Service, Debug, PartialEq)]
struct Three;

#[derive(Service, Debug, PartialEq)]
struct Config(&'static str);

#[service]
trait Greeter {
    fn greet(&self) -> String;
}

struct Polite;
#[service]
impl Greeter for Polite {
    fn greet(&self) -> String {
        "Good morning".into()
    }
}

#[service(for = String)]
struct Title;

#[service(for = String)]
struct Subtitle;

fn number<T: Service + 'static>(number: u32) -> Inject<Number<T>> {
    Inject::new(Number(number, std::marker::PhantomData))
}

type Everything = services![Number<One>, Number<Two>, Number<Three>, Config, dyn Greeter, Title, Subtitle];

fn everything() -> Context<Everything> {
    Context::from_services(hlist![
        Inject::<Title>::new("Title".to_owned()),
        number::<Three>(3),
        Inject::<dyn Greeter>::new(Polite),
        number::<One>(1),
        Inject::<Subtitle>::new("Subtitle".to_owned()),
        Inject::<Config>::new(Config("file")),
        number::<Two>(2),
    ])
}

#[test]
fn each_service_is_got_by_its_name() {
    let context = everything();
    assert_eq!(context.get::<Number<One>>().0, 1);
    assert_eq!(context.get::<Number<Two>>().0, 2);
    assert_eq!(context.get::<Number<Three>>().0, 3);
    assert_eq!(context.get::<Config>().0, "file");
    assert_eq!(context.get::<dyn Greeter>().greet(), "Good morning");
    assert_eq!(**context.get::<Title>(), "Title");
    assert_eq!(**context.get::<Subtitle>(), "Subtitle");
}

#[test]
fn a_context_is_one_pointer_and_clones_as_one() {
    assert_eq!(size_of::<Context<Everything>>(), size_of::<usize>());
    let context = everything();
    let clone = context.clone();
    // The very place of the pointer is shared, not only the service it points to.
    assert!(std::ptr::eq(context.get::<Config>(), clone.get::<Config>()));
}

#[test]
fn a_narrow_context_shares_the_services() {
    let context = everything();
    let narrow: Context<services![Config, dyn Greeter, Number<Two>]> = context.narrow();
    assert!(narrow.get::<Config>().is_same(context.get::<Config>()));
    assert!(narrow.get::<dyn Greeter>().is_same(context.get::<dyn Greeter>()));
    assert!(narrow.get::<Number<Two>>().is_same(context.get::<Number<Two>>()));
    let same: Context<Everything> = context.narrow();
    assert!(same.get::<Title>().is_same(context.get::<Title>()));
    let _: Context = narrow.narrow();
}

#[test]
fn the_other_side_wins_where_both_have_a_service() {
    let context = everything();
    let other = Context::from_services(hlist![Inject::<Config>::new(Config("environment")), number::<One>(11)]);
    let joined: Context<Everything> = context.join(&other);
    assert_eq!(joined.get::<Config>().0, "environment");
    assert_eq!(joined.get::<Number<One>>().0, 11);
    assert_eq!(joined.get::<Number<Two>>().0, 2);
    let joined: Context<Everything> = other.join(&context);
    assert_eq!(joined.get::<Config>().0, "file");
}

#[test]
fn a_context_with_one_more_service_has_it() {
    let context: Context<services![Config, Title]> =
        Context::empty().with(Inject::<Title>::new("Title".to_owned())).with(Inject::<Config>::new(Config("file")));
    assert_eq!(context.get::<Config>().0, "file");
    let replaced: Context<services![Config, Title]> = context.with(Inject::<Config>::new(Config("environment")));
    assert_eq!(replaced.get::<Config>().0, "environment");
    assert_eq!(context.get::<Config>().0, "file");
}

#[test]
fn services_come_as_a_list_in_the_order_of_who_asks() {
    let context = everything();
    let list = context.to_services::<di::HList![Inject<Subtitle>, Inject<Number<Three>>, Inject<Config>]>();
    assert_eq!((&**list.head, list.tail.head.0, list.tail.tail.head.0), ("Subtitle", 3, "file"));
    let (config, subtitle) = context.to_services::<di::HList![Inject<Config>, Inject<Subtitle>]>().into();
    assert!(config.is_same(context.get::<Config>()));
    assert_eq!(*subtitle, "Subtitle");
}

#[test]
fn a_list_with_repetitions_is_a_context_too() {
    let first = Inject::<Config>::new(Config("first"));
    let context: Context<services![Config]> =
        Context::from_services(hlist![first, Inject::<Config>::new(Config("second"))]);
    assert_eq!(context.get::<Config>().0, "second");
}

#[derive(di::Context)]
struct App {
    greeter: Inject<dyn Greeter>,
    title: Inject<Title>,
    config: Inject<Config>,
    two: Inject<Number<Two>>,
    one: Inject<Number<One>>,
}

#[test]
fn a_struct_with_named_fields_is_taken_out_of_a_context() {
    let context = everything();
    let app: App = context.extract();
    assert_eq!(app.greeter.greet(), "Good morning");
    assert_eq!((app.one.0, app.two.0, &**app.title), (1, 2, "Title"));
    assert!(app.config.is_same(context.get::<Config>()));
}

#[test]
fn code_can_ask_for_whatever_provides_a_service() {
    fn file(context: &impl Provides<Config>) -> &'static str {
        context.service().0
    }
    let context = everything();
    assert_eq!(file(&context), "file");
    assert_eq!(file(&context.extract::<App>()), "file");
}

#[test]
fn services_whose_types_are_forgotten_make_a_context_again() {
    let context = everything();
    let again = Context::<Everything>::collect(&context.services()).expect("all services are there");
    assert!(again.get::<Config>().is_same(context.get::<Config>()));
    let few: Context<services![Config]> = context.narrow();
    let absent = Context::<services![Config, Title]>::collect(&few.services()).expect_err("`Title` is not there");
    assert_eq!(absent.to_string(), "Title");
}

#[test]
fn a_context_prints_the_names_of_its_services() {
    let context = Context::from_services(hlist![number::<One>(1)]);
    assert_eq!(format!("{context:?}"), "Context([\"Number<One>\"])");
}
