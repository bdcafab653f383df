//! What the layers of a map are built with: the services and the memo map around the map.
//!
//! 1. What a layer gives is built for its key alone, outside of the memo map, and so is what it does beside that: a key that is
//!    built again gets an instance of its own, whoever holds the one before, and so does every other key.
//! 2. What a layer is built from is shared through a memo map of the map's own, or of one build of a key where builds share
//!    nothing. It finds what is built around the map.

use std::sync::Arc;

use di_core::layer::{Inputs, Later, Node};
use di_core::set::ServiceSet;
use di_core::{BuildError, Context};

use crate::build::{Recording, build_apart, context};
use crate::{MemoMap, Scope};

/// The surroundings of a map.
pub(crate) struct Surroundings {
    later: Later,
    pub(crate) memo_map: MemoMap,
}

impl Surroundings {
    /// No services, and nothing that is built already.
    pub(crate) fn none() -> Arc<Self> {
        Arc::new(Self { later: Later::default(), memo_map: MemoMap::new() })
    }

    /// Those of a layer.
    pub(crate) fn of(inputs: &Inputs) -> Arc<Self> {
        Arc::new(Self { later: inputs.later(), memo_map: inputs.memo_map() })
    }

    /// Builds a layer through the memo map of the map or a fork of that. It lives until the scope closes.
    pub(crate) async fn build<Out: ServiceSet>(
        &self,
        node: Arc<Node>,
        memo_map: &MemoMap,
        scope: &Scope,
    ) -> Result<Context<Out>, BuildError> {
        let services = self.later.services().clone();
        let (node, recording) = (self.later.inside(node), Recording::default());
        build_apart(&node, services, memo_map, scope, None, recording).await.map(context)
    }
}
