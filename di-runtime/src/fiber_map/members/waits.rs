//! Until when those wait who wait for a collection.

use std::collections::btree_map;

use super::{Members, Phase, Until};
use crate::fiber::{FiberId, Node};

impl<K, A, E: ?Sized> Members<K, A, E> {
    /// Whether there is nothing left to wait for.
    pub(crate) fn is_over(&self, until: Until) -> bool {
        match until {
            Until::Closed => self.phase == Phase::Closed,
            Until::Drained => self.is_drained(),
        }
    }

    /// The same for a member. It is not to wait for what waits for it: its own end, and that of members who wait as it does,
    /// or as `waits` says.
    pub(crate) fn is_over_for_member(&self, until: Until, mut waits: impl FnMut(&Node<A, E>) -> bool) -> bool {
        match until {
            Until::Closed => self.phase != Phase::Open,
            // All of them are asked.
            Until::Drained => self.all().fold(true, |over, member| {
                over & (self.waiting.contains_key(&member.node.id()) || waits(&member.node))
            }),
        }
    }

    /// Says that a member waits.
    pub(crate) fn begin_wait(&mut self, fiber: FiberId, until: Until) {
        if until == Until::Drained {
            *self.waiting.entry(fiber).or_default() += 1;
        }
    }

    /// Takes that back.
    pub(crate) fn end_wait(&mut self, fiber: FiberId, until: Until) {
        if until == Until::Drained
            && let btree_map::Entry::Occupied(mut waits) = self.waiting.entry(fiber)
        {
            *waits.get_mut() -= 1;
            if *waits.get() == 0 {
                waits.remove();
            }
        }
    }
}
