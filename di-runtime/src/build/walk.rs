//! The way through a plan, up and down: which step is next, free of locks, tasks and user code.
//!
//! ```text
//!          begins           `All(steps)`       `Then(first, second)`     tells who asked for it
//!  up      when first asked  all at once        first, then second        when it is done
//!  down    when last asked   all at once        second, then first        at once, but for the last, who waits
//! ```
//! Besides, a constructor begins only when all of its inputs are there, and is released only when all that it is an input
//! of are: layers of a list, which are asked for at once, find their order in this way.
//!
//! Down is up with the time reversed. Several steps may ask for one; that only the last of them waits for its release
//! is what keeps crossing orders (`a` before `b` here, `b` before `a` there) from waiting for each other. For the same reason
//! nobody waits, on the way down, for a constructor that has users left: they may be what the asker is to ask for next.

use std::collections::VecDeque;

use di_core::layer::{Input, Plan, StepId, Task};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// Building: what feeds comes first.
    Up,
    /// Releasing: what feeds comes last.
    Down,
}

/// A walk through a plan.
pub(super) struct Walk<'a> {
    plan: &'a Plan,
    direction: Direction,
    places: Vec<Place>,
    /// Constructors whose turn has come.
    ready: VecDeque<StepId>,
    /// For each constructor whose turn has come, the one that it waited for to the last.
    held_up_by: Vec<Option<StepId>>,
    agenda: Vec<Event>,
    /// The constructor that was done last.
    last: Option<StepId>,
}

/// Where one step stands.
#[derive(Clone, Default)]
struct Place {
    stage: Stage,
    /// How often it will be asked for.
    askers: usize,
    /// How many of its parts are not done; for a constructor, how many of those that have to be done before it.
    left: usize,
    /// Who waits for it.
    waiting: Vec<StepId>,
    /// The constructors that have to come after it.
    after: Vec<StepId>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Idle,
    Begun,
    Done,
}

enum Event {
    Ask { step: StepId, by: Option<StepId> },
    PartDone(StepId),
    Done(StepId),
}

impl<'a> Walk<'a> {
    /// A walk that has not begun.
    pub(super) fn new(plan: &'a Plan, direction: Direction) -> Self {
        let mut places = vec![Place::default(); plan.steps().len()];
        places[plan.root()].askers = 1;
        for (id, step) in plan.steps().iter().enumerate() {
            match step.task() {
                Task::Construct(inputs) => {
                    let mut inputs: Vec<_> = inputs.iter().filter_map(Input::step).collect();
                    inputs.sort_unstable();
                    inputs.dedup();
                    for input in inputs {
                        let (before, after) = match direction {
                            Direction::Up => (input, id),
                            Direction::Down => (id, input),
                        };
                        places[before].after.push(after);
                        places[after].left += 1;
                    }
                }
                Task::All(parts) => parts.iter().for_each(|part| places[*part].askers += 1),
                Task::Then(first, second) => [first, second].into_iter().for_each(|part| places[*part].askers += 1),
            }
        }
        let agenda = vec![Event::Ask { step: plan.root(), by: None }];
        Self {
            plan,
            direction,
            held_up_by: vec![None; places.len()],
            places,
            ready: VecDeque::new(),
            agenda,
            last: None,
        }
    }

    /// A constructor whose turn it is, each once.
    pub(super) fn next(&mut self) -> Option<StepId> {
        while let Some(event) = self.agenda.pop() {
            match event {
                Event::Ask { step, by } => self.ask(step, by),
                Event::PartDone(step) => self.part_done(step),
                Event::Done(step) => {
                    self.places[step].stage = Stage::Done;
                    for next in std::mem::take(&mut self.places[step].after) {
                        self.places[next].left -= 1;
                        self.begin_constructor(next);
                    }
                    let waiting = std::mem::take(&mut self.places[step].waiting);
                    self.agenda.extend(waiting.into_iter().rev().map(Event::PartDone));
                }
            }
        }
        self.ready.pop_front()
    }

    /// The constructor that was in the way of this one to the last: its turn came when that was done.
    pub(super) fn held_up_by(&self, step: StepId) -> Option<StepId> {
        self.held_up_by[step]
    }

    /// A constructor is done.
    pub(super) fn done(&mut self, step: StepId) {
        self.last = Some(step);
        self.agenda.push(Event::Done(step));
    }

    fn ask(&mut self, step: StepId, by: Option<StepId>) {
        let place = &mut self.places[step];
        place.askers -= 1;
        let begins = match self.direction {
            Direction::Up => place.stage == Stage::Idle,
            Direction::Down => place.askers == 0,
        };
        let answered = match self.direction {
            Direction::Up => place.stage == Stage::Done,
            Direction::Down => {
                !begins || place.left > 0 && matches!(self.plan.steps()[step].task(), Task::Construct(_))
            }
        };
        if answered {
            self.agenda.extend(by.map(Event::PartDone));
        } else {
            place.waiting.extend(by);
        }
        if begins {
            place.stage = Stage::Begun;
            self.begin(step);
        }
    }

    fn begin(&mut self, step: StepId) {
        match self.plan.steps()[step].task() {
            Task::Construct(_) => self.begin_constructor(step),
            Task::All(parts) if parts.is_empty() => self.agenda.push(Event::Done(step)),
            Task::All(parts) => {
                self.places[step].left = parts.len();
                // The agenda is a stack: the first part is asked first.
                self.agenda.extend(parts.iter().rev().map(|part| Event::Ask { step: *part, by: Some(step) }));
            }
            Task::Then(..) => {
                self.places[step].left = 2;
                self.ask_half(step);
            }
        }
    }

    /// Begins a constructor if it was asked for and nothing is left that has to come before it.
    fn begin_constructor(&mut self, step: StepId) {
        if self.places[step].stage == Stage::Begun && self.places[step].left == 0 {
            self.held_up_by[step] = self.last;
            self.ready.push_back(step);
        }
    }

    fn part_done(&mut self, step: StepId) {
        self.places[step].left -= 1;
        match (self.places[step].left, self.plan.steps()[step].task()) {
            (0, _) => self.agenda.push(Event::Done(step)),
            (_, Task::Then(..)) => self.ask_half(step),
            _ => {}
        }
    }

    /// Asks for the half of a `Then` whose turn it is.
    fn ask_half(&mut self, step: StepId) {
        let Task::Then(first, second) = *self.plan.steps()[step].task() else { return };
        let feeds_first = self.direction == Direction::Up;
        let half = if (self.places[step].left == 2) == feeds_first { first } else { second };
        self.agenda.push(Event::Ask { step: half, by: Some(step) });
    }
}

#[cfg(test)]
mod lists;
#[cfg(test)]
mod tests {
    use di_core::ServiceMap;
    use di_core::layer::{Construction, Layer, Outputs, Plan, Source, StepId, factory_layer};
    use di_core::set::Empty;

    use super::{Direction, Walk};

    type Any = Layer<Empty, Empty, Empty>;

    fn leaf(name: &'static str) -> Any {
        factory_layer(Source::new(name, "", "", 0), &[], |_| Construction::ready(Ok(Outputs::none())))
    }

    fn plan(layer: &Any) -> Plan {
        Plan::new(layer.node(), &ServiceMap::default()).unwrap()
    }

    fn name(plan: &Plan, step: StepId) -> &'static str {
        plan.steps()[step].source().name()
    }

    /// What may begin now.
    fn turn(plan: &Plan, walk: &mut Walk<'_>) -> Vec<StepId> {
        std::iter::from_fn(|| walk.next()).inspect(|step| assert!(plan.steps()[*step].identity().is_some())).collect()
    }

    fn names(plan: &Plan, steps: &[StepId]) -> Vec<&'static str> {
        steps.iter().map(|step| name(plan, *step)).collect()
    }

    /// The turns of a walk whose steps are done before the next turn.
    fn turns(plan: &Plan, direction: Direction) -> Vec<Vec<&'static str>> {
        let mut walk = Walk::new(plan, direction);
        let mut turns = Vec::new();
        loop {
            let steps = turn(plan, &mut walk);
            if steps.is_empty() {
                return turns;
            }
            turns.push(names(plan, &steps));
            steps.into_iter().for_each(|step| walk.done(step));
        }
    }

    #[test]
    fn what_feeds_begins_first_and_is_released_last() {
        let plan = plan(&leaf("second").provide(leaf("first")));
        assert_eq!(turns(&plan, Direction::Up), [["first"], ["second"]]);
        assert_eq!(turns(&plan, Direction::Down), [["second"], ["first"]]);
    }

    #[test]
    fn what_is_side_by_side_begins_at_once() {
        let plan = plan(&leaf("a").merge(leaf("b")));
        assert_eq!(turns(&plan, Direction::Up), [["a", "b"]]);
        assert_eq!(turns(&plan, Direction::Down), [["a", "b"]]);
    }

    #[test]
    fn the_second_does_not_wait_for_what_the_first_is_beside() {
        let plan = plan(&leaf("b").provide(leaf("a")).merge(leaf("slow")));
        let mut walk = Walk::new(&plan, Direction::Up);
        let begun = turn(&plan, &mut walk);
        assert_eq!(names(&plan, &begun), ["a", "slow"]);
        walk.done(begun[0]);
        let begun = turn(&plan, &mut walk);
        assert_eq!(names(&plan, &begun), ["b"]);
    }

    #[test]
    fn a_step_that_is_asked_for_twice_begins_once_up_at_the_first_and_down_at_the_last() {
        let base = leaf("base");
        let plan = plan(&leaf("a").provide(base.clone()).merge(leaf("b").provide(base)));
        assert_eq!(turns(&plan, Direction::Up), [vec!["base"], vec!["a", "b"]]);

        let mut down = Walk::new(&plan, Direction::Down);
        let begun = turn(&plan, &mut down);
        assert_eq!(names(&plan, &begun), ["a", "b"]);
        down.done(begun[0]);
        assert_eq!(turn(&plan, &mut down), [], "`b` has not been released");
        down.done(begun[1]);
        let begun = turn(&plan, &mut down);
        assert_eq!(names(&plan, &begun), ["base"]);
    }

    #[test]
    fn down_is_up_with_the_time_reversed() {
        let (a, b) = (leaf("a"), leaf("b"));
        let layer = leaf("e").provide(leaf("d").provide(leaf("c").provide(b.provide(a))));
        let plan = plan(&layer);
        let up = turns(&plan, Direction::Up);
        let down: Vec<_> = turns(&plan, Direction::Down).into_iter().rev().collect();
        assert_eq!(up, down);
    }

    #[test]
    fn orders_that_cross_do_not_wait_for_each_other() {
        let (a, b) = (leaf("a"), leaf("b"));
        let plan = plan(&a.clone().provide(b.clone()).merge(b.provide(a)));
        for direction in [Direction::Up, Direction::Down] {
            let mut walked: Vec<_> = turns(&plan, direction).concat();
            walked.sort_unstable();
            assert_eq!(walked, ["a", "b"], "{direction:?}");
        }
    }

    #[test]
    fn every_step_of_any_plan_comes_once_in_whatever_order_steps_are_done() {
        for seed in 1..300_u64 {
            let mut state = seed;
            let mut below = |limit: usize| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) as usize % limit
            };
            let mut layers: Vec<Any> = (0..5).map(|_| leaf("leaf")).collect();
            for _ in 0..12 {
                let pair = [below(layers.len()), below(layers.len())].map(|place| layers[place].clone());
                let [one, other] = pair;
                layers.push(if below(2) == 0 { one.merge(other) } else { one.provide(other) });
            }
            let plan = plan(layers.last().unwrap());
            let constructors = plan.steps().iter().filter(|step| step.identity().is_some()).count();
            for direction in [Direction::Up, Direction::Down] {
                let mut walk = Walk::new(&plan, direction);
                let (mut begun, mut under_way) = (std::collections::BTreeSet::new(), Vec::new());
                loop {
                    for step in turn(&plan, &mut walk) {
                        assert!(begun.insert(step), "seed {seed}: step {step} came twice");
                        under_way.push(step);
                    }
                    if under_way.is_empty() {
                        break;
                    }
                    walk.done(under_way.swap_remove(below(under_way.len())));
                }
                assert_eq!(begun.len(), constructors, "seed {seed}, {direction:?}");
            }
        }
    }

    #[test]
    fn a_plan_of_nothing_has_no_steps_to_begin() {
        assert_eq!(turns(&plan(&Layer::empty()), Direction::Up), Vec::<Vec<&str>>::new());
    }
}
