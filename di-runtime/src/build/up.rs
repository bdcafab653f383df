//! The way up: running the constructors of a plan, each as soon as its turn comes.

use std::any::TypeId;
use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;

use di_core::layer::{Builder, Doubt, Input, Inputs, StepId, Task};
use di_core::set::Member;
use di_core::{AnyService, BuildError, BuildErrorKind, InstanceId, ServiceMap, SharedError};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use super::groups::Groups;
use super::nested::Nested;
use super::retry::{Pause, Retries};
use super::walk::{Direction, Walk};
use super::{Build, LayerOrigin, caught};
use crate::lock;
use crate::memo::{Entry, Hold, Interest, MemoMap, Order, Request};

/// Why the way up ended, and what failed beside it.
pub(super) struct Fall {
    pub(super) step: Option<StepId>,
    pub(super) error: BuildError,
    pub(super) beside: Vec<SharedError>,
}

impl Build {
    /// Builds everything, and returns the services that leave.
    ///
    /// When it returns an error, no constructor of this build is running any more.
    pub(super) async fn up(&self, map: &MemoMap) -> Result<Vec<AnyService>, Fall> {
        let mut walk = Walk::new(&self.plan, Direction::Up);
        let mut outputs: Vec<Vec<AnyService>> = vec![Vec::new(); self.plan.steps().len()];
        let stop = CancellationToken::new();
        let mut waiting = FuturesUnordered::new();
        let mut watch = self.recorder.watch();
        let (mut again, mut retries, mut groups) = (Vec::new(), Retries::default(), Groups::default());
        let fallen = 'way: loop {
            while let Some(step) = again.pop().or_else(|| walk.next()) {
                if let Err(error) = self.decide(self.plan.steps()[step].doubts(), &outputs) {
                    break 'way self.fall(None, error, &stop, &mut waiting).await;
                }
                retries.begin(&self.plan, step);
                self.recorder.begin(&self.plan, step, walk.held_up_by(step));
                let span = groups.span(&self.plan.steps()[step]);
                match span.in_scope(|| caught(|| self.request(map, step, &outputs))) {
                    Ok(Request::Built(hold)) => {
                        self.keep(step, hold, &mut outputs);
                        walk.done(step);
                    }
                    Ok(Request::Building(interest)) => {
                        watch.add(step);
                        waiting.push(answer(step, Waiting::Build(interest), stop.clone()));
                    }
                    Err(error) => break 'way self.fall(Some(step), error, &stop, &mut waiting).await,
                }
                if self.cancelled.is_cancelled() {
                    break;
                }
            }
            match self.cancelled.run_until_cancelled(watch.during(waiting.next())).await {
                Some(Some((step, Ok(Some(hold))))) => {
                    self.keep(step, hold, &mut outputs);
                    walk.done(step);
                }
                Some(Some((step, Ok(None)))) => again.push(step),
                Some(Some((step, Err(error)))) => match caught(|| retries.after(self, step, error)) {
                    Ok(pause) => waiting.push(answer(step, Waiting::Pause(pause), stop.clone())),
                    Err(error) => break 'way self.fall(Some(step), error, &stop, &mut waiting).await,
                },
                Some(None) => return self.leaving(&outputs),
                None => {
                    let error = BuildError::new(BuildErrorKind::Cancelled);
                    break 'way self.fall(None, error, &stop, &mut waiting).await;
                }
            }
        };
        Err(fallen)
    }

    /// Stops everything that is under way, and waits until it has stopped.
    async fn fall<F>(
        &self,
        step: Option<StepId>,
        error: BuildError,
        stop: &CancellationToken,
        waiting: &mut FuturesUnordered<F>,
    ) -> Fall
    where
        F: Future<Output = (StepId, Answer)>,
    {
        stop.cancel();
        step.into_iter().for_each(|step| self.recorder.ended(step, Some(&error)));
        let mut beside: Vec<SharedError> = Vec::new();
        while let Some((step, answer)) = waiting.next().await {
            match &answer {
                Ok(Some(_)) => self.recorder.ended(step, None),
                Ok(None) => self.recorder.ended(step, Some(&BuildError::new(BuildErrorKind::Cancelled))),
                Err(error) => self.recorder.ended(step, Some(error)),
            }
            match answer {
                Ok(hold) => lock(&self.holds)[step] = hold,
                Err(other) if matches!(other.kind(), BuildErrorKind::Cancelled) || is_same(&error, &other) => {
                    beside.extend(other.suppressed().iter().cloned());
                }
                Err(other) => beside.push(Arc::new(other)),
            }
        }
        // What several steps wait for tells each of them the same.
        let mut told: HashSet<_> = error.suppressed().iter().map(pointer).collect();
        beside.retain(|error| told.insert(pointer(error)));
        Fall { step, error, beside }
    }

    fn request(&self, map: &MemoMap, step: StepId, outputs: &[Vec<AnyService>]) -> Result<Request, BuildError> {
        let plan = &self.plan.steps()[step];
        let Task::Construct(inputs) = plan.task() else { unreachable!("a walk stops at constructors only") };
        let services: Vec<_> =
            plan.needs().zip(inputs).map(|(need, input)| self.service(need, *input, outputs)).collect();
        let instances: Vec<InstanceId> = services.iter().map(AnyService::instance).collect();
        let services: ServiceMap = services.into_iter().collect();
        let (handed, own) = (services.clone(), map.owns(plan));
        let began = Cell::new(false);
        let (request, retainer) = map.request(Order {
            source: plan.source(),
            among: map.among(plan),
            by: self.waiter,
            identity: plan.identity(),
            inputs: instances,
            services,
            // What is built inside of a layer is released inside of it.
            release_timeout: plan.release_timeout().or_else(|| self.by.as_ref()?.release_timeout()),
            built_from: &|| self.holds_of(map, inputs),
            builder: &|entry: &Arc<Entry>, map: &MemoMap| {
                let nested = Nested::new(Arc::clone(entry), map.clone(), plan, own, self.recorder.inside(step));
                Inputs::new(handed.clone(), Arc::clone(plan.substitutes()), Arc::new(nested) as Arc<dyn Builder>)
            },
            construct: &|inputs| {
                began.set(true);
                plan.construct(inputs).expect("a walk stops at constructors only")
            },
        })?;
        self.recorder.found(step, LayerOrigin::of(&request, began.get()));
        if let Some(retainer) = retainer {
            lock(&self.retainers).push((step, retainer));
        }
        Ok(request)
    }

    fn keep(&self, step: StepId, hold: Hold, outputs: &mut [Vec<AnyService>]) {
        self.recorder.ended(step, None);
        outputs[step] = hold.services();
        self.tell_of_attempts(step);
        if hold.entry().is_apart() {
            self.by.iter().for_each(Entry::set_apart);
        }
        if self.plan.steps()[step].is_extended() || !hold.entry().is_apart() {
            lock(&self.retainers)
                .iter()
                .filter(|(kept, _)| *kept == step)
                .for_each(|(_, retainer)| retainer.keep(&hold));
        }
        lock(&self.holds)[step] = Some(hold);
    }

    /// One more hold on each entry that these services come from. What was there before the build may have been built,
    /// too, and an entry may outlive whoever gave it to this build.
    fn holds_of(&self, map: &MemoMap, inputs: &[Input]) -> Vec<Hold> {
        let mut steps: Vec<_> = inputs.iter().filter_map(Input::step).collect();
        steps.sort_unstable();
        steps.dedup();
        let built: Vec<_> = {
            let holds = lock(&self.holds);
            steps.into_iter().filter_map(|step| holds[step].as_ref().map(Hold::another)).collect()
        };
        let by = |instance| self.by.as_ref().and_then(|by| by.hold_on_input(instance));
        let given = inputs.iter().filter_map(Input::given);
        built.into_iter().chain(given.filter_map(|instance| by(instance).or_else(|| map.hold_on(instance)))).collect()
    }

    fn service(&self, member: Member, input: Input, outputs: &[Vec<AnyService>]) -> AnyService {
        let service = match input {
            Input::Given(_) => self.services.find(member.id()).cloned(),
            Input::Built(step, id) => find(&outputs[step], id).cloned(),
        };
        service.expect("a step's turn comes when all its inputs are there, and a layer gives what its type says")
    }

    /// Whether what has two sources is one instance. The sources are done.
    fn decide(&self, doubts: &[Doubt], outputs: &[Vec<AnyService>]) -> Result<(), BuildError> {
        for doubt in doubts {
            let [one, other] = doubt.inputs().map(|input| self.service(doubt.service(), input, outputs).instance());
            if one != other {
                return Err(self.plan.conflict(doubt));
            }
        }
        Ok(())
    }

    /// The services that leave, once it is clear that none of them is two.
    fn leaving(&self, outputs: &[Vec<AnyService>]) -> Result<Vec<AnyService>, Fall> {
        self.decide(self.plan.doubts(), outputs).map_err(|error| Fall { step: None, error, beside: Vec::new() })?;
        Ok(self.plan.outputs().iter().map(|(member, input)| self.service(*member, *input, outputs)).collect())
    }

    /// The first service that leaves and cannot be built without this step.
    pub(super) fn wanted(&self, step: StepId) -> Option<Member> {
        let needs = |from: &Input| {
            let mut seen = vec![false; self.plan.steps().len()];
            let mut ways = vec![*from];
            while let Some(Input::Built(next, _)) = ways.pop() {
                if next == step {
                    return true;
                }
                if let Task::Construct(inputs) = self.plan.steps()[next].task()
                    && !std::mem::replace(&mut seen[next], true)
                {
                    ways.extend(inputs.iter().filter(|input| matches!(input, Input::Built(..))));
                }
            }
            false
        };
        self.plan.outputs().iter().find(|(_, input)| needs(input)).map(|(member, _)| *member)
    }
}

fn find(services: &[AnyService], id: TypeId) -> Option<&AnyService> {
    services.iter().find(|service| service.member().id() == id)
}

/// Whether two errors tell of one failure, by which several steps were hit.
fn is_same(one: &BuildError, other: &BuildError) -> bool {
    match (one.kind(), other.kind()) {
        (BuildErrorKind::Failed(one), BuildErrorKind::Failed(other)) => pointer(one.error()) == pointer(other.error()),
        (BuildErrorKind::Died(one), BuildErrorKind::Died(other)) => pointer(one) == pointer(other),
        (BuildErrorKind::Panicked(one), BuildErrorKind::Panicked(other)) => Arc::ptr_eq(one, other),
        _ => false,
    }
}

fn pointer(error: &SharedError) -> *const () {
    Arc::as_ptr(error).cast()
}

/// What a constructor that has begun is waited for.
enum Waiting {
    Build(Interest),
    Pause(Pause),
}

/// What a step came to: a hold on what was built, or nothing if its constructor is to begin again.
type Answer = Result<Option<Hold>, BuildError>;

/// Waits for an entry or a delay, or leaves it when told to.
async fn answer(step: StepId, waiting: Waiting, stop: CancellationToken) -> (StepId, Answer) {
    let answer = match waiting {
        Waiting::Pause(pause) => pause.over(&stop).await.map(|()| None),
        Waiting::Build(interest) => match stop.run_until_cancelled(interest.answered()).await {
            Some(()) => interest.built().await.map(Some),
            None => interest.abandon().await.map(Some),
        },
    };
    (step, answer)
}
