//! A layer as a whole program: built, and there until it is cancelled.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;

use di_core::layer::Node;
use di_core::{BuildError, BuildErrorKind, ServiceMap};

use super::{CloseOnDrop, Recording, build};
use crate::Scope;
use crate::memo::MemoMap;
use crate::scope::Home;

/// Builds a node in a scope of its own, and stays. The scope is closed when the future is dropped.
pub(super) async fn launch(node: Arc<Node>) -> Result<Infallible, BuildError> {
    let (scope, home) = (Scope::new(), Home::capture());
    let Some(runtime) = home.runtime_of_caller() else { return Err(BuildError::new(BuildErrorKind::NoRuntime)) };
    let mut guard = CloseOnDrop { scope: Some(scope.clone()), home, runtime };
    let (map, recording) = (MemoMap::new(), Recording::default());
    match build(&node, ServiceMap::default(), &map, &scope, &scope, None, recording).await {
        Ok(_built) => pending().await,
        Err(error) => {
            // Nothing is left to release.
            guard.scope = None;
            let _ = scope.close(error.exit()).await;
            Err(error)
        }
    }
}
