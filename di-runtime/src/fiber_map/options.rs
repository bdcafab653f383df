//! How one fiber is run in a collection.

use std::borrow::Cow;

/// How a fiber is run: [`FiberMap::run_with`](crate::FiberMap::run_with).
///
/// ```
/// use di::FiberOptions;
///
/// let options = FiberOptions::new().name("importer").propagate_failure(false);
/// # drop(options);
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until a fiber is run with them"]
pub struct FiberOptions {
    pub(super) name: Option<Cow<'static, str>>,
    pub(super) only_if_missing: bool,
    pub(super) propagation: Propagation,
}

/// Which ends of a fiber are failures of its collection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Propagation {
    pub(super) failure: bool,
    pub(super) interruption: bool,
}

impl FiberOptions {
    /// A fiber that replaces the one of its key, and whose failure is told by `join`.
    pub fn new() -> Self {
        Self { name: None, only_if_missing: false, propagation: Propagation { failure: true, interruption: false } }
    }

    /// A fiber that is not run if there is one of its key.
    pub fn only_if_missing() -> Self {
        Self { only_if_missing: true, ..Self::new() }
    }

    /// A name for reports, in the place of the key.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Whether a failure or a panic is a failure of the collection, which `join` tells of. It is, unless this says no. The
    /// handle tells of it in any case.
    pub fn propagate_failure(mut self, propagates: bool) -> Self {
        self.propagation.failure = propagates;
        self
    }

    /// Whether an interruption is a failure of the collection, if it is not the collection's own: not by a replacement, by
    /// `remove`, `clear` or a close. It is not, unless this says yes.
    pub fn propagate_interruption(mut self, propagates: bool) -> Self {
        self.propagation.interruption = propagates;
        self
    }
}

impl Default for FiberOptions {
    fn default() -> Self {
        Self::new()
    }
}
