//! What a reference is to do, before it is there.

use std::fmt;
use std::time::Duration;

use di_core::layer::{Identity, Layer, Source};
use di_core::set::{Empty, MemberSet, One, Satisfied, ServiceSet};
use di_core::{AnyFailure, BoxFuture, BuildError, Gives, Schedule, Service};

use super::LayerRef;
use super::refreshing::refresh_on;
use crate::layer_map::{LayerMapBuilder, hosted};
use crate::{HasIdleTime, IdleTimeChosen, LayerMap, NoIdleTime, Scope};

/// Makes a [`LayerRef`]: how long to keep what nobody holds, and when to build it anew.
///
/// [`build`](LayerRefBuilder::build) makes the reference, [`layer`](LayerRefBuilder::layer) a layer that gives it. Both compile
/// once the time is chosen that the layer stays when it is idle.
#[must_use = "a builder makes a reference with `build` or `layer`"]
pub struct LayerRefBuilder<Out, In, Err = Empty, Idle = NoIdleTime> {
    map: LayerMapBuilder<(), Out, In, Err, Idle>,
    schedule: Option<Schedule<()>>,
    /// Whether an idle layer is built anew by the schedule, and not released.
    keeps: bool,
}

impl<Out: ServiceSet> LayerRef<Out> {
    /// A reference to a layer.
    #[expect(clippy::new_ret_no_self, reason = "a reference is made by its builder")]
    #[track_caller]
    pub fn new<In: 'static, Err: 'static>(layer: Layer<Out, In, Err>) -> LayerRefBuilder<Out, In> {
        let map = LayerMap::new(move |()| layer.clone()).named("LayerRef").each_alone();
        LayerRefBuilder { map, schedule: None, keeps: false }
    }
}

/// How long it stays when nobody holds it.
impl<Out, In, Err> LayerRefBuilder<Out, In, Err> {
    /// It is released when nobody has held it for so long.
    pub fn idle_time_to_live(self, time: Duration) -> LayerRefBuilder<Out, In, Err, HasIdleTime> {
        LayerRefBuilder { map: self.map.idle_time_to_live(time), schedule: self.schedule, keeps: false }
    }

    /// It is released at once.
    pub fn release_immediately(self) -> LayerRefBuilder<Out, In, Err, HasIdleTime> {
        self.idle_time_to_live(Duration::ZERO)
    }

    /// It stays until it is invalidated, or the reference is closed.
    pub fn keep(self) -> LayerRefBuilder<Out, In, Err, HasIdleTime> {
        LayerRefBuilder { map: self.map.keep(), schedule: self.schedule, keeps: true }
    }
}

impl<Out, In, Err, Idle> LayerRefBuilder<Out, In, Err, Idle> {
    /// Builds it anew at these times, and puts that in the place of what is there, without a gap.
    ///
    /// The schedule begins with the reference, and ends with it. What was never asked for is not built by it. What is idle is
    /// built anew only if it is [kept](LayerRefBuilder::keep); otherwise it is released, so that the next one who asks gets a
    /// new one. What is being built at such a time is waited for, and built anew then.
    ///
    /// If a refresh fails, the failure is logged, and the old one stays. A refresh may take until the time of the next one;
    /// then it is given up, that is logged, and the next one begins. So times that are closer to each other than a build takes
    /// refresh nothing, and a build that hangs costs one refresh.
    #[doc(alias = "invalidationSchedule")]
    pub fn refresh_on(mut self, schedule: Schedule<()>) -> Self {
        self.schedule = Some(schedule);
        self
    }

    /// Keeps a failure for so long, and hands it out instead of building again.
    pub fn cache_failures(mut self, time: Duration) -> Self {
        self.map = self.map.cache_failures(time);
        self
    }

    /// Builds it with the reference. If it fails, the reference does.
    pub fn preload(self) -> LayerRefBuilder<Out, In, One<AnyFailure>, Idle> {
        LayerRefBuilder { map: self.map.preload([()]), schedule: self.schedule, keeps: self.keeps }
    }

    /// What errors and events call the reference, if it is no service; a service is called by its name.
    pub fn named(mut self, name: &'static str) -> Self {
        self.map = self.map.named(name);
        self
    }
}

impl<Out: ServiceSet, In, Err, Idle> LayerRefBuilder<Out, In, Err, Idle> {
    /// Makes the reference, which closes with the scope. It does not compile while a service is missing that the layer needs
    /// (DI0001).
    ///
    /// # Errors
    ///
    /// The layer is to be preloaded, and could not be built.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the preload. The reference closes with the scope nevertheless.
    pub fn build(self, scope: &Scope) -> BoxFuture<Result<LayerRef<Out>, BuildError>>
    where
        Idle: IdleTimeChosen,
        In: Satisfied,
    {
        let (schedule, keeps) = (self.schedule, self.keeps);
        let map = self.map.build(scope);
        Box::pin(async move {
            let reference = LayerRef { map: map.await? };
            if let Some(schedule) = &schedule {
                refresh_on(schedule, keeps, &reference);
            }
            Ok(reference)
        })
    }

    /// The layer that gives the reference as the service `Tag`, which is declared with
    /// `#[service(for = LayerRef<services![..]>)]`. What the layer needs, this one needs.
    #[track_caller]
    pub fn layer<Tag>(self) -> Layer<One<Tag>, In, Err>
    where
        Idle: IdleTimeChosen,
        In: MemberSet,
        Tag: Service<Target = LayerRef<Out>> + Gives<LayerRef<Out>> + 'static,
    {
        let (schedule, keeps) = (self.schedule, self.keeps);
        hosted::<Tag, _, _, _, _, _, _>(self.map, Source::here(Tag::NAME.base()), Identity::new_value(), move |map| {
            let reference = LayerRef { map };
            if let Some(schedule) = &schedule {
                refresh_on(schedule, keeps, &reference);
            }
            reference
        })
    }
}

impl<Out, In, Err, Idle> fmt::Debug for LayerRefBuilder<Out, In, Err, Idle> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayerRefBuilder").field("schedule", &self.schedule.is_some()).finish_non_exhaustive()
    }
}
