//! The pure half of `di`: services, the set algebra, contexts, and layers and effects as data.
//!
//! Nothing here runs, and nothing here knows of tokio; `di-runtime` does that. Users see both through the crate `di`.

#![warn(missing_docs, missing_debug_implementations, unreachable_pub)]

pub mod key;
pub mod set;

#[doc(hidden)]
pub mod checked;
mod context;
#[doc(hidden)]
pub mod diagnosis;
pub mod effect;
mod error;
mod exit;
mod failure;
mod graph;
#[doc(hidden)]
pub mod json;
#[doc(hidden)]
pub mod kept;
pub mod layer;
mod mock;
pub mod schedule;
mod service;
mod service_map;

pub use context::{Context, FromContext, NamedContext, Provides};
pub use effect::{Effect, EffectInputs, EffectSource};
pub use error::{BuildError, BuildErrorKind, Failed, RunError};
pub use exit::Exit;
pub use failure::{AnyFailure, ConstructorError, Failure, TimedOut};
pub use graph::{Graph, GraphEdge, GraphLayer, GraphMetrics, GraphOutput};
pub use key::{Keyed, Name};
pub use layer::Layer;
pub use mock::{Mock, Mocks, not_given};
pub use schedule::{Schedule, Steps};
pub use service::{GivenAs, Gives, Inject, InstanceId, Service};
pub use service_map::{AnyService, ServiceMap, Watch};
pub use set::Set;

/// An error of any type, shared among everybody who waits for it.
pub type SharedError = std::sync::Arc<dyn std::error::Error + Send + Sync + 'static>;

/// A future that can be sent anywhere, its type forgotten.
pub type BoxFuture<Out> = std::pin::Pin<Box<dyn Future<Output = Out> + Send + 'static>>;

#[doc(hidden)]
pub mod __private {
    pub use frunk::hlist::{HCons, HNil};
}
