//! Lists of layers that do nothing but give and need.

use std::marker::PhantomData;
use std::sync::Arc;

use super::super::{Construction, Identity, Kind, Node, Outputs, Recipe, Sharing, Source};
use super::Wiring;
use crate::key::End;
use crate::set::Member;
use crate::{Keyed, Name};

/// A service for each type, of which only the identity matters.
struct Of<Type>(PhantomData<fn() -> Type>);

impl<Type> Keyed for Of<Type> {
    type Key = End;
    const NAME: Name = Name::new("Of");
}

struct Number<const NUMBER: usize>;

fn service<const NUMBER: usize>() -> Member {
    Member::of::<Of<Number<NUMBER>>>()
}

fn layer(name: &'static str, needs: &[Member], gives: &[Member]) -> Arc<Node> {
    let recipe = Recipe {
        needs: needs.to_vec(),
        gives: gives.to_vec(),
        shared: Sharing::Memoized,
        forwards: false,
        nests: false,
        construct: Box::new(|_| Construction::ready(Ok(Outputs::none()))),
    };
    Node::new(Identity::new_value(), Source::new(name, "", "", 0), Kind::Construct(recipe))
}

fn order(wiring: &Wiring) -> Vec<&'static str> {
    wiring.order.iter().map(|part| part.node.source().name()).collect()
}

fn circle(parts: &[Arc<Node>], leaving: Option<Vec<Member>>) -> Option<Vec<&'static str>> {
    let wiring = Wiring::new(parts, leaving);
    wiring.circle.map(|path| path.iter().map(Source::name).collect())
}

#[test]
fn each_layer_comes_after_those_that_feed_it_however_they_are_listed() {
    let (a, b, c) = (service::<0>(), service::<1>(), service::<2>());
    let parts = [layer("c", &[b, a], &[c]), layer("a", &[], &[a]), layer("b", &[a], &[b])];
    for (one, two, three) in [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)] {
        let parts = [one, two, three].map(|part| Arc::clone(&parts[part]));
        let wiring = Wiring::new(&parts, Some(vec![c]));
        assert_eq!(order(&wiring), ["a", "b", "c"]);
        let fed: Vec<_> = wiring.order[2].fed.iter().map(|(_, providers)| providers.clone()).collect();
        assert_eq!(fed, [[1], [0]]);
    }
}

#[test]
fn only_what_leads_to_what_leaves_is_used_and_what_gives_nothing() {
    let (a, b, c) = (service::<0>(), service::<1>(), service::<2>());
    let parts = [
        layer("a", &[], &[a]),
        layer("unused", &[a], &[b]),
        layer("c", &[a], &[c]),
        layer("effect", &[service::<3>()], &[]),
    ];
    let wiring = Wiring::new(&parts, Some(vec![c]));
    assert_eq!(order(&wiring), ["a", "c", "effect"]);
    assert_eq!((wiring.gives, wiring.needs), (vec![c], vec![service::<3>()]));
    let wiring = Wiring::new(&parts, None);
    assert_eq!(order(&wiring), ["a", "unused", "c", "effect"]);
    assert_eq!(wiring.gives, [a, b, c]);
}

#[test]
fn what_only_unused_layers_need_is_not_needed() {
    let parts = [layer("a", &[], &[service::<0>()]), layer("b", &[service::<2>()], &[service::<1>()])];
    assert_eq!(Wiring::new(&parts, Some(vec![service::<0>()])).needs, []);
}

#[test]
fn all_layers_that_give_a_service_feed_those_that_need_it() {
    let a = service::<0>();
    let parts = [layer("user", &[a], &[]), layer("one", &[], &[a]), layer("other", &[], &[a])];
    let wiring = Wiring::new(&parts, Some(Vec::new()));
    assert_eq!(order(&wiring), ["one", "other", "user"]);
    assert_eq!(wiring.order[2].fed, [(a, vec![0, 1])]);
}

#[test]
fn a_circle_is_told_from_its_first_layer_back_to_it() {
    let (a, b, c) = (service::<0>(), service::<1>(), service::<2>());
    let parts = [layer("c", &[b], &[c]), layer("b", &[a], &[b]), layer("a", &[b], &[a])];
    assert_eq!(circle(&parts, Some(vec![c])), Some(vec!["b", "a", "b"]));
    assert_eq!(circle(&[layer("own", &[a], &[a])], None), Some(vec!["own", "own"]));
}

#[test]
fn a_circle_of_layers_that_are_not_used_is_none() {
    let (a, b) = (service::<0>(), service::<1>());
    let parts = [layer("a", &[b], &[a]), layer("b", &[a], &[b]), layer("c", &[], &[service::<2>()])];
    assert_eq!(circle(&parts, Some(vec![service::<2>()])), None);
}

/// Calls a function for these digits followed by each of the ten.
macro_rules! ten_times {
    ($function:ident $digits:ty, $services:ident) => {
        ten_times!($function $digits, $services, 0 1 2 3 4 5 6 7 8 9)
    };
    ($function:ident $digits:ty, $services:ident, $($digit:literal)*) => {
        $($function::<($digits, Number<$digit>)>($services);)*
    };
}

fn one<Digits: 'static>(services: &mut Vec<Member>) {
    services.push(Member::of::<Of<Digits>>());
}
fn ten<Digits: 'static>(services: &mut Vec<Member>) {
    ten_times!(one Digits, services);
}
fn hundred<Digits: 'static>(services: &mut Vec<Member>) {
    ten_times!(ten Digits, services);
}
fn thousand<Digits: 'static>(services: &mut Vec<Member>) {
    ten_times!(hundred Digits, services);
}
fn ten_thousand<Digits: 'static>(services: &mut Vec<Member>) {
    ten_times!(thousand Digits, services);
}

#[test]
fn ten_thousand_layers_in_a_row_are_wired_on_a_small_stack_in_whatever_order() {
    let wire = || {
        let mut services = Vec::new();
        ten_thousand::<()>(&mut services);
        let links = (0..services.len())
            .map(|link| layer("link", &services[link.saturating_sub(1)..link], &services[link..=link]));
        let mut parts: Vec<_> = links.collect();
        for _ in 0..2 {
            parts.reverse();
            let wiring = Wiring::new(&parts, Some(vec![services[9_999]]));
            let gives = wiring.order.iter().flat_map(|part| part.node.gives());
            assert!(gives.eq(services.iter().copied()));
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(wire).unwrap().join().unwrap();
}
