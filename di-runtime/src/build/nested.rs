//! Builds inside of builds: what a constructor is handed to build other layers with.

use std::any::Any;
use std::sync::Arc;

use di_core::layer::{Builder, Memo, Node, Step};
use di_core::schedule::Clock;
use di_core::{AnyService, BoxFuture, BuildError, Schedule, ServiceMap};

use super::{Recording, build, build_apart};
use crate::clock::clock;
use crate::memo::{Entry, MemoMap};

/// The means of one constructor.
pub(super) struct Nested {
    entry: Arc<Entry>,
    /// The map that the entry is in, or the one it was asked for through if nobody else finds it: what lives shorter than the
    /// entry must not be found by it.
    map: MemoMap,
    retry: Option<Schedule<BuildError>>,
    /// Whether what the constructor forwards must not be shared either.
    own: bool,
    recording: Recording,
}

impl Nested {
    pub(super) fn new(entry: Arc<Entry>, map: MemoMap, step: &Step, own: bool, recording: Recording) -> Self {
        Self { entry, map, retry: step.retry().cloned(), own, recording }
    }
}

impl Builder for Nested {
    fn scope(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::new(self.entry.scope().clone())
    }

    fn memo_map(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::new(self.map.fork_for_later())
    }

    fn clock(&self) -> Arc<dyn Clock> {
        clock()
    }

    fn retry(&self) -> Option<Schedule<BuildError>> {
        self.retry.clone()
    }

    fn build(
        self: Arc<Self>,
        node: Arc<Node>,
        services: ServiceMap,
        memo: Memo,
    ) -> BoxFuture<Result<Vec<AnyService>, BuildError>> {
        let map = match memo {
            Memo::Shared => self.map.clone(),
            Memo::Fresh => MemoMap::new(),
            Memo::Own(own) => own.get_or_init(MemoMap::new),
        };
        let (entry, own, recording) = (Arc::clone(&self.entry), self.own, self.recording.clone());
        Box::pin(async move {
            let scope = entry.scope().clone();
            if own {
                build_apart(&node, services, &map, &scope, Some(entry), recording).await
            } else {
                build(&node, services, &map, &scope, &scope, Some(entry), recording).await
            }
        })
    }
}
