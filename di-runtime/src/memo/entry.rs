//! Memo entries: one build, many waiters; one instance, many holders.
//!
//! An entry owns its build and everything that the build acquires. Requests come and go; only when the last one has
//! left is the build cancelled, or what was built released. An entry holds the entries that it was built from, so a
//! dependency is released strictly after all its dependents, however they are shared.
//!
//! 1. The lock of an entry is held for one transition of [`Phase`] and the values that go with it, never across an
//!    await, and never while code of a user runs. Services are dropped outside of it.
//! 2. A release runs on a task of its own, so that dropping whoever waits for it does not stop it.
//! 3. What an entry acquired is released in this order: its scope, then its instances, then the entries it was built from.
//! 4. In a shutdown the scope has its time. When that is over the scope is left to close in the background, and the rest is
//!    released without it: it stays in memory for as long as the finalizers that are stuck refer to it.

mod handles;
mod released;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use di_core::layer::{Construction, Inputs, Outputs, Source};
use di_core::{AnyService, BoxFuture, BuildError, BuildErrorKind, Exit, InstanceId, ServiceMap, SharedError};
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::apart::Apartness;
use super::state::{Duty, Joined, Phase};
use super::waits::{Failing, Party, Wait, constructing, new_party};
use super::{MemoKey, MemoMap};
use crate::scope::{HeldUp, Home, panic_message};
use crate::{Scope, lock};
pub(crate) use handles::{Hold, Interest, Request};
pub(crate) use released::{NotReleased, Released};

/// One layer with one set of inputs, in one memo map or in none.
pub(crate) struct Entry {
    party: Party,
    /// Where it can be found, unless it is not shared.
    place: Option<(MemoMap, MemoKey)>,
    apartness: Apartness,
    scope: Scope,
    /// How long its release may take in a shutdown, if anybody says so.
    release_timeout: Option<Duration>,
    home: Home,
    cancelled: CancellationToken,
    state: Mutex<State>,
    /// Tells of every change of the phase. Who is told looks at the phase itself, so no change can hide a later one.
    changed: Notify,
}

struct State {
    phase: Phase,
    services: Vec<AnyService>,
    error: Option<BuildError>,
    /// What it was built from: kept so that it lives long enough, and so that its identity stays its own.
    inputs: ServiceMap,
    built_from: Vec<Hold>,
}

impl State {
    /// Why there is nothing to hold.
    fn error(&self) -> BuildError {
        self.error.clone().unwrap_or_else(|| BuildError::new(BuildErrorKind::Cancelled))
    }
}

impl Entry {
    pub(super) fn new(
        source: Source,
        place: Option<(MemoMap, MemoKey)>,
        apartness: Apartness,
        release_timeout: Option<Duration>,
        inputs: ServiceMap,
        built_from: Vec<Hold>,
    ) -> Arc<Self> {
        let state = State { phase: Phase::new(), services: Vec::new(), error: None, inputs, built_from };
        Arc::new(Self {
            party: new_party(source),
            place,
            apartness,
            scope: Scope::new(),
            release_timeout,
            home: Home::capture(),
            cancelled: CancellationToken::new(),
            changed: Notify::new(),
            state: Mutex::new(state),
        })
    }

    pub(crate) fn source(&self) -> Source {
        self.party.1
    }

    /// How those who wait are told of it.
    pub(crate) fn party(&self) -> Party {
        self.party
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether it is built for one build alone.
    pub(crate) fn is_apart(&self) -> bool {
        self.apartness.is_apart()
    }

    /// Its constructor turned out to build what is: nobody is to find it from here on but the build that began it.
    pub(crate) fn set_apart(self: &Arc<Self>) {
        if self.apartness.turn_out()
            && let Some((map, key)) = &self.place
        {
            self.apartness.map().iter().for_each(|apart| apart.put(key, self));
            map.remove(key, self);
        }
    }

    pub(crate) fn release_timeout(&self) -> Option<Duration> {
        self.release_timeout
    }

    /// One more request for this entry, or nothing if it is going away.
    pub(super) fn join(self: &Arc<Self>) -> Option<Request> {
        match lock(&self.state).phase.join() {
            Joined::AsWaiter => Some(Request::Building(Interest::new(self))),
            Joined::AsHolder => Some(Request::Built(Hold::new(self))),
            Joined::TooLate => None,
        }
    }

    /// One more holder of what was built, if it is there.
    pub(super) fn hold(self: &Arc<Self>) -> Option<Hold> {
        let mut state = lock(&self.state);
        let built = matches!(state.phase, Phase::Built { .. });
        (built && state.phase.join() == Joined::AsHolder).then(|| Hold::new(self))
    }

    /// One more hold on the entry that gave this entry one of its inputs.
    pub(crate) fn hold_on_input(&self, instance: InstanceId) -> Option<Hold> {
        // Locks go down from an entry to those that it was built from.
        let state = lock(&self.state);
        let gives = |hold: &&Hold| lock(&hold.entry().state).services.iter().any(|given| given.instance() == instance);
        state.built_from.iter().find(gives).map(Hold::another)
    }

    /// Runs the constructor, and answers the first waiter.
    ///
    /// A constructor that is done at once is not given a task; a future is owned by one, so that no waiter is needed to
    /// drive it.
    ///
    /// `by` is the entry whose constructor waits for this one. That is known before anything of this one runs: if it
    /// needs `by` in turn, it is this one that is told of the circle, and not a build that is under way already.
    pub(super) fn start(
        self: &Arc<Self>,
        by: Option<Party>,
        inputs: Inputs,
        construct: impl FnOnce(Inputs) -> Construction,
    ) -> Request {
        let mut interest = Interest::new(self);
        if let Some(by) = by {
            let wait = Wait::begin(by, self.party);
            interest.wait = Some(wait.expect("what has not begun waits for nobody"));
        }
        let begun = Instant::now();
        let span = tracing::debug_span!("build", layer = self.source().name());
        let construction = span.in_scope(|| std::panic::catch_unwind(AssertUnwindSafe(|| construct(inputs))));
        match construction {
            Ok(Construction::Ready(Ok(outputs))) => self.finish(outputs),
            Ok(Construction::Ready(Err(raise))) => self.spawn_fail(raise.into(), begun),
            Err(payload) => self.spawn_fail(panicked(&*payload), begun),
            Ok(Construction::Pending(future)) => {
                let (entry, held_up) = (Arc::clone(self), HeldUp::current());
                let unless_lost = UnlessLost(Some(Arc::clone(self)));
                self.spawn(async move {
                    let future = constructing(entry.party(), future.instrument(span));
                    let built = entry.cancelled.clone().run_until_cancelled_owned(future);
                    // The future is dropped in here too, and that may panic as well.
                    let result = match AssertUnwindSafe(built).catch_unwind().await {
                        Ok(Some(result)) => result.map_err(BuildError::from),
                        Ok(None) => Err(BuildError::new(BuildErrorKind::Cancelled)),
                        Err(payload) => Err(panicked(&*payload)),
                    };
                    match result {
                        Ok(outputs) => entry.finish(outputs),
                        Err(error) => held_up.during(entry.fail(error, begun)).await,
                    }
                    unless_lost.disarm();
                });
            }
        }
        interest.into_request()
    }

    fn finish(self: &Arc<Self>, outputs: Outputs) {
        let services = outputs.into_services();
        if let Some((map, _)) = &self.place {
            map.remember_instances(&services, self);
        }
        let duty = self.change(|state| {
            state.services = services;
            state.phase.finish()
        });
        tracing::debug!(layer = self.source().name(), "built");
        self.discharge(duty, Exit::Cancelled);
    }

    fn spawn_fail(self: &Arc<Self>, error: BuildError, begun: Instant) {
        let entry = Arc::clone(self);
        self.spawn(HeldUp::current().during(async move { entry.fail(error, begun).await }));
    }

    async fn fail(self: Arc<Self>, error: BuildError, begun: Instant) {
        let error = if error.layer().is_none() { error.at_layer(self.source(), begun.elapsed()) } else { error };
        tracing::debug!(layer = self.source().name(), %error, "not built");
        self.change(|state| state.phase.fail());
        let failing = Failing::begin(self.party, &self.scope);
        let suppressed = self.let_go(error.exit()).await.into_errors();
        drop(failing);
        self.change(|state| state.error = Some(error.suppress(suppressed)));
        self.settle();
    }

    /// Does what a transition asks for.
    fn discharge(self: &Arc<Self>, duty: Duty, exit: Exit) {
        match duty {
            Duty::None => {}
            Duty::Cancel => self.cancel(),
            Duty::Release => self.release_in_background(exit),
        }
    }

    /// A cancelled build is not found any more: a request that comes now begins a new one.
    fn cancel(self: &Arc<Self>) {
        self.forget();
        self.cancelled.cancel();
    }

    fn spawn_release(self: &Arc<Self>, exit: Exit) -> BoxFuture<Released> {
        // Whoever waits for the release is held up by it: a finalizer that closes the scope around finds that out.
        let released = self.spawn(HeldUp::current().during(Arc::clone(self).release(exit)));
        Box::pin(async move {
            match released {
                Some(released) => released.await.unwrap_or_default(),
                None => Released::default(),
            }
        })
    }

    /// Releases what was built, where nobody waits for it.
    fn release_in_background(self: &Arc<Self>, exit: Exit) {
        let entry = Arc::clone(self);
        drop(self.spawn(async move {
            let layer = entry.source().name();
            for error in entry.release(exit).await.into_errors() {
                tracing::error!(layer, %error, "the release of a layer that nobody waited for did not succeed");
            }
        }));
    }

    /// It is not found any more from the moment of the call.
    fn release(self: Arc<Self>, exit: Exit) -> impl Future<Output = Released> {
        self.forget();
        let span = tracing::debug_span!("release", layer = self.source().name());
        async move {
            let begun = Instant::now();
            let released = self.let_go(exit).await;
            tracing::debug!(layer = self.source().name(), took = ?begun.elapsed(), "released");
            let errors = released.clone().into_errors();
            if !errors.is_empty() {
                let error = BuildError::new(BuildErrorKind::Cancelled).suppress(errors);
                self.change(|state| state.error = Some(error));
            }
            self.settle();
            released
        }
        .instrument(span)
    }

    /// Releases everything, in the order of invariant 3, and collects what fails.
    async fn let_go(&self, exit: Exit) -> Released {
        let (closed, overdue) = self.close_scope(exit.clone()).await;
        let (services, inputs, built_from) = {
            let mut state = lock(&self.state);
            let State { services, inputs, built_from, .. } = &mut *state;
            (std::mem::take(services), std::mem::take(inputs), std::mem::take(built_from))
        };
        if let Some((map, _)) = &self.place {
            map.forget_instances(&services, self);
        }
        let inputs: Vec<_> = inputs.iter().cloned().collect();
        let dropped: Vec<_> = services.into_iter().chain(inputs).filter_map(drop_caught).collect();
        let below = join_all(built_from.into_iter().map(|hold| hold.release(exit.clone()))).await;
        let own = closed.err().map(|error| Arc::new(error) as SharedError);
        let below = below.into_iter().flat_map(Released::into_errors);
        Released { overdue, errors: own.into_iter().chain(dropped).chain(below).collect() }
    }

    fn settle(self: &Arc<Self>) {
        self.forget();
        self.change(|state| state.phase.settle());
    }

    fn forget(self: &Arc<Self>) {
        if let Some((map, key)) = &self.place {
            map.remove(key, self);
            self.apartness.map().iter().for_each(|apart| apart.remove(key, self));
        }
    }

    fn error(&self) -> BuildError {
        lock(&self.state).error()
    }

    fn change<Out>(&self, transition: impl FnOnce(&mut State) -> Out) -> Out {
        let out = transition(&mut lock(&self.state));
        self.changed.notify_waiters();
        out
    }

    fn spawn<F>(&self, future: F) -> Option<tokio::task::JoinHandle<F::Output>>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let runtime = self.home.runtime_of_scope().or_else(|| self.home.runtime_of_caller());
        if runtime.is_none() {
            tracing::error!(layer = self.source().name(), "there is no tokio runtime left to release this layer on");
        }
        runtime.map(|runtime| self.home.spawn_named(&runtime, self.source().name(), future))
    }

    async fn reached(&self, there: impl Fn(Phase) -> bool) {
        loop {
            // From here on no change is missed, although this is not polled yet.
            let changed = self.changed.notified();
            if there(lock(&self.state).phase) {
                return;
            }
            changed.await;
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("layer", &self.source().name()).finish_non_exhaustive()
    }
}

/// The end of a build whose tokio runtime ended before it did: whoever waits for it on another one is told.
struct UnlessLost(Option<Arc<Entry>>);

impl UnlessLost {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for UnlessLost {
    fn drop(&mut self) {
        if let Some(entry) = self.0.take() {
            entry.change(|state| state.phase.fail());
            entry.settle();
        }
    }
}

/// Drops a service, which may be the last of its instance; a panic of that is an error like that of a finalizer.
fn drop_caught(service: AnyService) -> Option<SharedError> {
    let name = service.member().name();
    let dropped = std::panic::catch_unwind(AssertUnwindSafe(|| drop(service)));
    let payload = dropped.err()?;
    let message = format!("the drop of `{name}` panicked: {}", panic_message(&*payload));
    Some(SharedError::from(Box::<dyn std::error::Error + Send + Sync>::from(message)))
}

/// The error of a constructor, or of other code of a user, that panicked.
pub(crate) fn panicked(payload: &(dyn std::any::Any + Send)) -> BuildError {
    BuildError::new(BuildErrorKind::Panicked(panic_message(payload).into()))
}
