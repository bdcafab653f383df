//! The place of a member that has left `current`, or the collection: its own, or shared with who asks for its name.

use std::ops::Deref;
use std::sync::Arc;

use super::{Member, Members};
use crate::fiber::Node;

/// A member, which only few have to share.
pub(crate) enum Seat<K, A, E: ?Sized> {
    Own(Member<K, A, E>),
    Shared(Arc<Member<K, A, E>>),
}

impl<K, A, E: ?Sized> Seat<K, A, E> {
    pub(super) fn into_shared(self) -> Arc<Member<K, A, E>> {
        match self {
            Self::Own(member) => Arc::new(member),
            Self::Shared(member) => member,
        }
    }
}

impl<K, A, E: ?Sized> Deref for Seat<K, A, E> {
    type Target = Member<K, A, E>;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Own(member) => member,
            Self::Shared(member) => member,
        }
    }
}

impl<K, A, E: ?Sized> Members<K, A, E> {
    /// The member of a fiber that was taken out and has not ended: its key can be printed outside.
    pub(crate) fn share_leaving(&mut self, node: &Arc<Node<A, E>>) -> Option<Arc<Member<K, A, E>>> {
        let hash = self.leaving.iter().find(|seat| Arc::ptr_eq(&seat.node, node))?.hash;
        let found = self.leaving.find_entry(hash, |seat| Arc::ptr_eq(&seat.node, node)).ok()?;
        let (seat, place) = found.remove();
        let member = seat.into_shared();
        place.insert(Seat::Shared(Arc::clone(&member)));
        Some(member)
    }
}
