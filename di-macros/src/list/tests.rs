use quote::quote;

use super::model::{Entry, List, parse};
use crate::{errors::Errors, testing::errors};

fn list(input: proc_macro2::TokenStream) -> List {
    let mut errors = Errors::new();
    let list = parse(input, &mut errors).expect("this is a list");
    assert!(errors.is_empty());
    list
}

/// The entries by their kinds.
fn kinds(input: proc_macro2::TokenStream) -> String {
    let list = list(input);
    let kinds = list.entries.iter().map(|entry| match entry {
        Entry::Call(_) => 'c',
        Entry::Value(..) => 'v',
        Entry::List(..) => 'l',
        Entry::Open(_) => 'o',
    });
    kinds.collect()
}

fn mistakes(input: proc_macro2::TokenStream) -> Vec<String> {
    let mut mistakes = Errors::new();
    parse(input, &mut mistakes);
    errors(mistakes.beside(quote!()))
}

#[test]
fn calls_of_paths_are_looked_into_and_other_layers_are_not() {
    assert_eq!(kinds(quote!(users(), db::pool(), shard(7), AuditLog::layer(), cache::<User>())), "ccccc");
    assert_eq!(kinds(quote!(..users().fresh(), ..layer, users(),)), "ooc");
    assert_eq!(kinds(quote!(<Sqlite as Store>::layer(), Self::layer(), <Self as Store>::layer())), "coo");
    assert_eq!(kinds(quote!(many(1, 2, 3, 4, 5, 6, 7, 8, 9))), "o");
    assert_eq!(kinds(quote!()), "");
}

#[test]
fn a_value_says_itself_what_it_gives() {
    assert_eq!(
        kinds(quote!(
            Layer::succeed::<Config>(7),
            di::Layer::succeed::<dyn Users>(Fake),
            Layer::mock::<dyn Users>(Half)
        )),
        "vvv"
    );
    assert_eq!(kinds(quote!(Layer::succeed(7), Layer::context::<Config>(), succeed::<Config>(7))), "ccc");
}

#[test]
fn a_list_without_a_header_is_as_good_as_its_entries() {
    assert_eq!(kinds(quote!(a(), layers![b(), ..c, layers![d()]], di::layers!(<E> e()))), "ccocl");
}

#[test]
fn the_header_says_what_leaves_and_what_comes_from_outside() {
    let read = |input| {
        let header = list(input).header.expect("there is a header");
        let text = |types: &[syn::Type]| types.iter().map(|ty| quote!(#ty).to_string()).collect::<Vec<_>>().join(", ");
        (text(&header.out), text(&header.needs))
    };
    assert_eq!(read(quote!(<dyn Users, Config> users())), ("dyn Users, Config".into(), String::new()));
    assert_eq!(
        read(quote!(<dyn Users needs Config, dyn Clock> users())),
        ("dyn Users".into(), "Config, dyn Clock".into())
    );
    assert_eq!(read(quote!(<Cache<User>> users())), ("Cache < User >".into(), String::new()));
    assert_eq!(read(quote!(<> audit())), (String::new(), String::new()));
    assert_eq!(read(quote!(<needs Config,> audit())), (String::new(), "Config".into()));
    assert!(list(quote!(<Sqlite>::layer(), users())).header.is_none());
}

#[test]
fn whatever_is_no_call_of_a_function_is_named_all_at_once() {
    let expected = "an entry is the call of a layer function, such as `users()`; write `..` before any other layer: \
                    `..users().fresh()`";
    assert_eq!(mistakes(quote!(users().fresh(), pool(), || config(), CONFIG, vec![])), [expected; 4]);
}

#[test]
fn a_closure_is_not_called_by_name() {
    let expected =
        "a layer made of a closure is known by its types alone; write `..` before it: `..Layer::sync(|| Clock)`";
    assert_eq!(mistakes(quote!(Layer::sync(|| Clock), di::Layer::from_fn(clock), ..Layer::sync(clock))), [expected; 2]);
}

#[test]
fn an_entry_has_no_attributes() {
    let expected = "an entry has no attributes; write them on the layer's function";
    assert_eq!(
        mistakes(quote!(
            #[cfg(test)]
            users(),
            #[a]
            layers![pool()]
        )),
        [expected; 2]
    );
}

#[test]
fn what_is_no_list_is_reported_where_it_ends() {
    assert_eq!(mistakes(quote!(users() pool())), ["expected `,`"]);
    assert_eq!(mistakes(quote!(<Users users())).len(), 1);
}
