//! Plans: what is found out about a graph before anything is built.

use std::sync::Arc;
use std::time::Duration;

use di::{Layer, Service, services};
use di_core::layer::{Construction, Node, Outputs, Plan, Source, Task, factory_layer};
use di_core::set::Empty;
use di_core::{BuildError, BuildErrorKind, Inject, Schedule, ServiceMap};

#[derive(Service)]
struct A;
#[derive(Service)]
struct B;
#[derive(Service)]
struct C;

type Of<Out, In = Empty> = Layer<Out, In, Empty>;
type Any = Layer<Empty, Empty, Empty>;

fn a() -> Of<services![A]> {
    Layer::sync(|| A)
}

fn b() -> Of<services![B], services![A]> {
    Layer::sync(|_: Inject<A>| B)
}

fn c() -> Of<services![C], services![A]> {
    Layer::sync(|_: Inject<A>| C)
}

/// A layer that gives nothing, for graphs of which only the shape matters.
fn leaf() -> Any {
    factory_layer(Source::new("leaf", "", "", 0), &[], |_| Construction::ready(Ok(Outputs::none())))
}

fn plan(node: &Arc<Node>) -> Result<Plan, BuildError> {
    Plan::new(node, &ServiceMap::default())
}

fn constructors(plan: &Plan) -> usize {
    plan.steps().iter().filter(|step| matches!(step.task(), Task::Construct(_))).count()
}

fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn a_layer_that_is_written_twice_is_one_step() {
    let base = a();
    let plan = plan(b().provide(base.clone()).merge(c().provide(base)).node()).unwrap();
    assert_eq!(constructors(&plan), 3);
}

#[test]
fn a_layer_with_other_inputs_is_another_step() {
    let user = b();
    let layer = user.clone().provide(a()).coerce::<Empty, Empty, Empty>().merge(user.provide(a()));
    assert_eq!(constructors(&plan(layer.node()).unwrap()), 4);
}

#[test]
fn each_step_comes_after_those_that_it_waits_for() {
    let plan = plan(b().provide_merge(a()).merge(leaf().provide(leaf())).node()).unwrap();
    for (number, step) in plan.steps().iter().enumerate() {
        let before: Vec<_> = match step.task() {
            Task::Construct(_) => continue,
            Task::All(parts) => parts.clone(),
            Task::Then(first, second) => vec![*first, *second],
        };
        assert!(before.into_iter().all(|part| part < number));
    }
}

#[test]
fn two_layers_of_one_service_are_a_conflict_before_anything_is_built() {
    let never = || -> Of<services![A]> { Layer::sync(|| -> A { panic!("planning runs no constructor") }) };
    let error = plan(never().merge(never()).node()).unwrap_err();
    assert!(matches!(error.kind(), BuildErrorKind::Conflict { .. }), "{error}");
    assert!(plan(never().node()).is_ok());
}

#[test]
fn what_is_narrowed_away_neither_leaves_nor_conflicts() {
    let both = b().provide_merge(a());
    let one: Of<services![B]> = both.coerce();
    let outputs =
        |node: &Arc<Node>| -> Vec<_> { plan(node).unwrap().outputs().iter().map(|(member, _)| member.id()).collect() };
    assert_eq!(outputs(one.node()), [std::any::TypeId::of::<B>()]);
    assert_eq!(outputs(one.merge(a()).node()).len(), 2);
}

#[test]
fn a_chain_of_five_thousand_is_planned_and_dropped_on_a_small_stack() {
    on_a_small_stack(|| {
        let layer = (1..5_000).fold(leaf(), |below, _| leaf().provide(below));
        assert_eq!(constructors(&plan(layer.node()).unwrap()), 5_000);
    });
}

#[test]
fn a_chain_of_which_every_link_is_used_elsewhere_is_planned_on_a_small_stack() {
    on_a_small_stack(|| {
        let mut links = vec![leaf()];
        for _ in 1..5_000 {
            links.push(leaf().provide_merge(links.last().unwrap().clone()));
        }
        let last = links.last().unwrap().clone();
        assert_eq!(constructors(&plan(last.node()).unwrap()), 5_000);
        let _needs_and_gives_are_asked_for = last.fresh();
    });
}

#[test]
fn names_around_names_are_planned_and_dropped_on_a_small_stack() {
    on_a_small_stack(|| {
        let layer = (1..5_000).fold(leaf(), |below, _| leaf().provide(below).named("group"));
        let plan = plan(layer.node()).unwrap();
        assert_eq!(plan.steps().iter().map(|step| step.groups().count()).max(), Some(4_999));
        drop(layer);
        let one = (0..50_000).fold(leaf(), |below, _| below.named("one"));
        assert_eq!(one.clone().timeout(Duration::ZERO).node().source().name(), "one");
    });
}

#[test]
fn sharing_inside_of_manners_is_planned_in_as_many_steps_as_were_written() {
    let mut layer = leaf();
    for _ in 0..64 {
        let retried = layer.clone().retry(Schedule::once()).merge(layer.clone().extend_scope());
        layer = retried.merge(layer.clone().named("one")).merge(layer.named("other"));
    }
    let plan = plan(layer.node()).unwrap();
    let step = plan.steps().iter().find(|step| step.identity().is_some()).unwrap();
    assert_eq!((constructors(&plan), step.retry().is_some(), step.is_extended()), (1, true, true));
    assert!(plan.steps().len() < 8 * 4 * 64, "{}", plan.steps().len());
}

#[test]
fn sharing_inside_of_sharing_is_planned_in_as_many_steps_as_were_written() {
    let mut merged = leaf();
    let mut provided = leaf();
    for _ in 0..200 {
        merged = merged.clone().merge(merged);
        provided = leaf().provide(provided.clone()).merge(provided);
    }
    assert!(plan(merged.node()).unwrap().steps().len() <= 202);
    assert!(plan(provided.node()).unwrap().steps().len() <= 802);
    let _needs_and_gives_are_asked_for = merged.merge(provided).fresh();
}
