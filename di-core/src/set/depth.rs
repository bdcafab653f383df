//! How far below the root a set stands, and what is left of a key there.
//!
//! ```text
//! rest(Here, key) = key        rest(Down<At>, key) = tail(rest(At, key))
//! ```
//! Leaves are bare (`One<M>`, without the rest of their key): types stay small, and the depth is passed on the way down.

use std::marker::PhantomData;

use crate::key::Key;

/// A depth in a set: [`Here`] is the root.
pub trait Depth {
    /// The digits of a key from this depth on.
    type Rest<K: Key>: Key;
}

/// The root.
pub struct Here;

/// One step below `At`.
pub struct Down<At>(PhantomData<At>);

impl Depth for Here {
    type Rest<K: Key> = K;
}

impl<At: Depth> Depth for Down<At> {
    type Rest<K: Key> = <At::Rest<K> as Key>::Tail;
}
