//! Waiting for a collection, from outside and as one of its members.

use std::fmt;
use std::hash::Hash;
use std::pin::pin;
use std::sync::Arc;

use super::Engine;
use crate::fiber::{FiberFailure, FiberId};
use crate::fiber_map::members::{Member, Members, Until};
use crate::lock;
use crate::scope::{HeldUp, Wait};

impl<K, A, E> Engine<K, A, E>
where
    K: Eq + Hash + fmt::Debug + Send + Sync + 'static,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    /// Waits for the first failure of a fiber, if failures are asked for, or for what is waited for.
    pub(crate) async fn wait(&self, until: Until, failures: bool) -> Result<(), Arc<Member<K, A, E>>> {
        let mut member = MemberThatWaits::here(self, until);
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let reached = self.with(|members| match members.failure() {
                Some(failure) if failures => Some(Err(Arc::clone(failure))),
                _ => {
                    members.be_awaited();
                    let over = match &mut member {
                        Some(member) => member.is_over(members),
                        None => members.is_over(until),
                    };
                    over.then_some(Ok(()))
                }
            });
            if let Some(result) = reached {
                return result;
            }
            changed.await;
        }
    }
}

/// A member that waits for its own collection: it does not wait for itself, nor for others that do the same.
struct MemberThatWaits<'a, K, A, E: ?Sized> {
    engine: &'a Engine<K, A, E>,
    fiber: FiberId,
    until: Until,
    /// Whether it is a finalizer, whose waits others know of.
    finalizes: bool,
    waits: Vec<Wait>,
}

impl<'a, K, A, E: ?Sized> MemberThatWaits<'a, K, A, E> {
    fn here(engine: &'a Engine<K, A, E>, until: Until) -> Option<Self> {
        let held_up = HeldUp::current();
        let mut members = lock(&engine.members);
        let fiber = members.all().find(|member| member.node.is_here(&held_up))?.node.id();
        members.begin_wait(fiber, until);
        drop(members);
        engine.changed.notify_waiters();
        Some(Self { engine, fiber, until, finalizes: !held_up.is_empty(), waits: Vec::new() })
    }
}

impl<K, A, E: ?Sized> MemberThatWaits<'_, K, A, E> {
    fn is_over(&mut self, members: &Members<K, A, E>) -> bool {
        let mut waits = Vec::new();
        let over = members.is_over_for_member(self.until, |other| match other.begin_wait_of_owner() {
            _ if !self.finalizes => false,
            // It waits for this one.
            None => true,
            Some(wait) => {
                waits.extend(wait);
                false
            }
        });
        self.waits = waits;
        over
    }
}

impl<K, A, E: ?Sized> Drop for MemberThatWaits<'_, K, A, E> {
    fn drop(&mut self) {
        lock(&self.engine.members).end_wait(self.fiber, self.until);
    }
}
