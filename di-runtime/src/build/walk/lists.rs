//! Walks through plans of lists: nothing but the inputs says when a constructor begins, up and down.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use di_core::key::{D0, D1, D2, D3, Digits, End};
use di_core::layer::{
    Construction, Input, Layer, Outputs, Parts, Plan, Source, StepId, assembled, both, factory_layer, part,
};
use di_core::set::{Empty, Member, One};
use di_core::{Keyed, Name, Service, ServiceMap};

use super::{Direction, Walk};

type Any = Layer<Empty, Empty, Empty>;
type Four<Tail> = Digits<D3, Digits<D1, Digits<D0, Digits<D2, Tail>>>>;

struct Number<const NUMBER: usize>;

/// All have one key: no set of two of them is ever made.
impl<const NUMBER: usize> Keyed for Number<NUMBER> {
    type Key = Four<Four<Four<Four<End>>>>;
    const NAME: Name = Name::new("Number");
}
impl<const NUMBER: usize> Service for Number<NUMBER> {
    type Target = Self;
}

fn member<const NUMBER: usize>() -> Member {
    Member::of::<Number<NUMBER>>()
}

/// A layer of a list.
fn number<const NUMBER: usize>(name: &'static str, needs: &[Member]) -> Parts<Empty> {
    let layer: Layer<One<Number<NUMBER>>, Empty, Empty> =
        factory_layer(Source::new(name, "", "", 0), needs, |_| Construction::ready(Ok(Outputs::none())));
    part(layer)
}

/// A layer of a list that gives nothing.
fn last(needs: &[Member]) -> Parts<Empty> {
    let layer: Any = factory_layer(Source::new("last", "", "", 0), needs, |_| Construction::ready(Ok(Outputs::none())));
    part(layer)
}

fn list(parts: impl IntoIterator<Item = Parts<Empty>>) -> Any {
    assembled(|| PhantomData, parts.into_iter().fold(Parts::none(), both))
}

fn plan(layer: &Any) -> Plan {
    Plan::new(layer.node(), &ServiceMap::default()).unwrap()
}

/// The constructors whose turn it is, by name.
fn turn(plan: &Plan, walk: &mut Walk<'_>) -> Vec<(StepId, &'static str)> {
    std::iter::from_fn(|| walk.next()).map(|step| (step, plan.steps()[step].source().name())).collect()
}

#[test]
fn a_layer_begins_when_its_own_inputs_are_done() {
    let list = list([
        last(&[member::<2>(), member::<3>()]),
        number::<2>("after first", &[member::<0>()]),
        number::<3>("after both", &[member::<1>(), member::<0>()]),
        number::<0>("first", &[]),
        number::<1>("second", &[]),
    ]);
    let plan = plan(&list);
    let mut up = Walk::new(&plan, Direction::Up);
    let begun = turn(&plan, &mut up);
    assert_eq!(begun.iter().map(|(_, name)| *name).collect::<BTreeSet<_>>(), BTreeSet::from(["first", "second"]));
    let step = |wanted| begun.iter().find(|(_, name)| *name == wanted).unwrap().0;
    up.done(step("first"));
    let [(after_first, "after first")] = turn(&plan, &mut up)[..] else { panic!("it waits for nothing else") };
    up.done(after_first);
    assert_eq!(turn(&plan, &mut up), []);
    up.done(step("second"));
    let [(after_both, "after both")] = turn(&plan, &mut up)[..] else { panic!("it waits for both") };
    up.done(after_both);
    assert!(matches!(turn(&plan, &mut up)[..], [(_, "last")]));
}

#[test]
fn a_layer_is_released_when_those_that_use_it_are() {
    let list = list([
        number::<0>("shared", &[]),
        number::<1>("one", &[member::<0>()]),
        number::<2>("other", &[member::<0>()]),
        last(&[member::<1>(), member::<2>()]),
    ]);
    let plan = plan(&list);
    let mut down = Walk::new(&plan, Direction::Down);
    let [(last, "last")] = turn(&plan, &mut down)[..] else { panic!("nobody uses the last") };
    down.done(last);
    let users = turn(&plan, &mut down);
    assert_eq!(users.len(), 2, "both at once");
    down.done(users[0].0);
    assert_eq!(turn(&plan, &mut down), []);
    down.done(users[1].0);
    assert!(matches!(turn(&plan, &mut down)[..], [(_, "shared")]));
}

#[test]
fn nobody_waits_on_the_way_down_for_what_is_used_by_what_comes_next() {
    let leaf = |name, needs: &[Member]| -> Any {
        factory_layer(Source::new(name, "", "", 0), needs, |_| Construction::ready(Ok(Outputs::none())))
    };
    let config: Layer<One<Number<0>>, Empty, Empty> =
        factory_layer(Source::new("config", "", "", 0), &[], |_| Construction::ready(Ok(Outputs::none())));
    let (telemetry, handler) = (leaf("telemetry", &[member::<0>()]), leaf("handler", &[member::<0>()]));
    let list = list([part(config.clone()), part(handler.provide(config).provide(telemetry))]);
    let plan = plan(&list);
    let mut down = Walk::new(&plan, Direction::Down);
    let mut released = Vec::new();
    while let [(step, name)] = turn(&plan, &mut down)[..] {
        released.push(name);
        down.done(step);
    }
    assert_eq!(released, ["handler", "telemetry", "config"]);
}

/// A list of eight layers, each of which needs some of those before it, listed in any order.
fn random_list(below: &mut impl FnMut(usize) -> usize) -> Any {
    let layers: [fn(&'static str, &[Member]) -> Parts<Empty>; 8] =
        [number::<0>, number::<1>, number::<2>, number::<3>, number::<4>, number::<5>, number::<6>, number::<7>];
    let members: [fn() -> Member; 8] =
        [member::<0>, member::<1>, member::<2>, member::<3>, member::<4>, member::<5>, member::<6>, member::<7>];
    let mut parts = Vec::new();
    for (place, layer) in layers.iter().enumerate() {
        let needs: Vec<_> = members[..place].iter().filter(|_| below(3) == 0).map(|member| member()).collect();
        parts.push(layer("number", &needs));
    }
    parts.push(last(&[members[7](), members[below(8)]()]));
    parts.push(last(&[]));
    let mut shuffled = Vec::new();
    while !parts.is_empty() {
        shuffled.push(parts.swap_remove(below(parts.len())));
    }
    list(shuffled)
}

#[test]
fn every_step_of_any_list_comes_once_after_its_inputs_up_and_after_its_users_down() {
    for seed in 1..300_u64 {
        let mut state = seed;
        let mut below = |limit: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % limit
        };
        let (one, other) = (random_list(&mut below), random_list(&mut below));
        let both = match below(4) {
            0 => one.merge(other),
            1 => one.provide(other),
            2 => list([part(one), part(other)]),
            _ => one.clone().merge(other.provide(one)),
        };
        let plan = plan(&both);
        for direction in [Direction::Up, Direction::Down] {
            let mut walk = Walk::new(&plan, direction);
            let (mut begun, mut done, mut under_way) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
            loop {
                for (step, _) in turn(&plan, &mut walk) {
                    assert!(begun.insert(step), "seed {seed}: step {step} came twice");
                    assert!(before(&plan, step, direction).is_subset(&done), "seed {seed}: step {step} came too early");
                    under_way.push(step);
                }
                if under_way.is_empty() {
                    break;
                }
                let step = under_way.swap_remove(below(under_way.len()));
                done.insert(step);
                walk.done(step);
            }
            let constructors = plan.steps().iter().filter(|step| step.identity().is_some()).count();
            assert_eq!(done.len(), constructors, "seed {seed}, {direction:?}");
        }
    }
}

/// The steps that have to be done before one: its inputs on the way up, its users on the way down.
fn before(plan: &Plan, step: StepId, direction: Direction) -> BTreeSet<StepId> {
    let inputs = |step: StepId| plan.steps()[step].task().inputs().iter().filter_map(Input::step);
    match direction {
        Direction::Up => inputs(step).collect(),
        Direction::Down => (0..plan.steps().len()).filter(|user| inputs(*user).any(|input| input == step)).collect(),
    }
}
