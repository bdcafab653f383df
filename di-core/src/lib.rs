//! The pure half of `di`: services, the set algebra on types, contexts, and layers and effects as data.

mod exit;

pub use exit::Exit;

/// An error of any type, shared among everybody who waits for it.
pub type SharedError = std::sync::Arc<dyn std::error::Error + Send + Sync + 'static>;
