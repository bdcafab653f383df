//! What fibers are known by.

use std::fmt;
use std::hash::Hash;

/// What the key of a [`FiberMap`](super::FiberMap) can be: whatever is `Debug`, `Eq` and `Hash`. It is printed in reports.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map of fibers [DI0013]",
    label = "a key is compared, hashed, and printed in reports",
    note = "write `#[derive(Debug, PartialEq, Eq, Hash)]` above it; it must be `Send + Sync + 'static` as well"
)]
pub trait FiberKey: Eq + Hash + fmt::Debug + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<K: Eq + Hash + fmt::Debug + Send + Sync + 'static> FiberKey for K {}
