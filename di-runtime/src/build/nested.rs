//! Builds inside of builds: what a constructor is handed to build other layers with.

use std::any::Any;
use std::sync::Arc;

use di_core::layer::{Builder, Memo, Node};
use di_core::schedule::Clock;
use di_core::{AnyService, BoxFuture, BuildError, Schedule, ServiceMap};

use super::{Recording, build};
use crate::clock::clock;
use crate::memo::{Entry, MemoMap};

/// The means of one constructor.
pub(super) struct Nested {
    entry: Arc<Entry>,
    /// The map that the entry is in, or the one it was asked for through if it is in none: what lives shorter than the
    /// entry must not be found by it.
    map: MemoMap,
    retry: Option<Schedule<BuildError>>,
    recording: Recording,
}

impl Nested {
    pub(super) fn new(
        entry: Arc<Entry>,
        map: MemoMap,
        retry: Option<Schedule<BuildError>>,
        recording: Recording,
    ) -> Self {
        Self { entry, map, retry, recording }
    }
}

impl Builder for Nested {
    fn scope(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::new(self.entry.scope().clone())
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
        let (entry, recording) = (Arc::clone(&self.entry), self.recording.clone());
        Box::pin(async move {
            let scope = entry.scope().clone();
            let built = build(&node, services, &map, &scope, &scope, Some(entry), recording).await;
            built.map(|built| built.services)
        })
    }
}
