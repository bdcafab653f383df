//! Requests: what is there for a key, or is built now.

use std::sync::Arc;

use super::{Engine, Fails, IdleTime, Keyed, Value};
use crate::memo::{new_party, waiting_here};
use crate::rc_map::entry::{Entry, Interest, Place, Request};
use crate::rc_map::error::{RcMapError, ReleaseReason};
use crate::rc_map::guard::RcGuard;
use crate::rc_map::room::{Reserved, Room};
use crate::rc_map::shards::Placed;
use crate::rc_map::state::{Duty, Queues, WhenIdle, Word};

impl<K: Keyed, V: Value, E: Fails> Engine<K, V, E> {
    /// The entry of a key, with one more holder, if it is there: the usual way, and a short one.
    #[inline]
    pub(crate) fn hold(&self, hash: u64, is_it: impl Fn(&K) -> bool) -> Option<Arc<Entry<K, V, E>>> {
        self.table.look(hash, is_it, |entry| entry.try_hold().then(|| Arc::clone(entry))).flatten()
    }

    /// Asks for the entry of a key, if there is one.
    pub(crate) fn request(&self, hash: u64, is_it: impl Fn(&K) -> bool) -> Option<Request<K, V, E>> {
        self.table.look(hash, is_it, Entry::request)
    }

    /// The entry of a key, if there is one.
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(&K) -> bool) -> Option<Arc<Entry<K, V, E>>> {
        self.table.look(hash, is_it, Arc::clone)
    }

    /// What is there for a key, or will be; nothing is begun.
    pub(crate) async fn get_if_present(
        self: &Arc<Self>,
        hash: u64,
        is_it: impl Fn(&K) -> bool,
    ) -> Result<Option<RcGuard<V>>, RcMapError<E>> {
        match self.request(hash, is_it) {
            None => Ok(None),
            Some(Request::Held(entry)) => Ok(Some(RcGuard::new(entry))),
            Some(Request::Waiting(interest)) => interest.noted()?.built().await.map(Some),
            Some(Request::Failed(error)) => Err(error),
            Some(Request::TooLate(_)) => Ok(None),
        }
    }

    /// What is there for a key, or is built now.
    pub(crate) async fn get(self: &Arc<Self>, hash: u64, key: K) -> Result<RcGuard<V>, RcMapError<E>> {
        // Most of those who come here wait for a build that others have begun.
        match self.request(hash, |there| *there == key) {
            Some(Request::Held(entry)) => return Ok(RcGuard::new(entry)),
            Some(Request::Waiting(interest)) => return interest.noted()?.built().await,
            Some(Request::Failed(error)) => return Err(error),
            None | Some(Request::TooLate(_)) => {}
        }
        let new = self.new_entry(hash, key, Word::new());
        let mut reserved = None;
        loop {
            let room = || match &self.room {
                Some(room) if reserved.is_none() => room.try_reserve(),
                _ => true,
            };
            match self.table.look_or_place(&new, Entry::request, room) {
                Placed::Found(Request::Held(entry)) => return Ok(RcGuard::new(entry)),
                Placed::Found(Request::Waiting(interest)) => return interest.noted()?.built().await,
                Placed::Found(Request::Failed(error)) => return Err(error),
                Placed::Found(Request::TooLate(entry)) => self.outlived(entry),
                Placed::Closed => return Err(RcMapError::Closed),
                Placed::Full => match self.make_room().await? {
                    Some(place) => reserved = Some(place),
                    None => continue,
                },
                Placed::New(older) => {
                    if let Some(reserved) = reserved.take() {
                        reserved.used();
                    }
                    self.counters.miss();
                    // Nothing can have begun to wait for it before, so no circle is closed here.
                    let interest = Interest::new(&new).noted()?;
                    self.begin(&new, if self.policy.exclusive { older } else { Vec::new() }, None);
                    return interest.built().await;
                }
            }
        }
    }

    /// Takes out an entry that was found too late.
    fn outlived(self: &Arc<Self>, entry: Arc<Entry<K, V, E>>) {
        // A failure that is kept no longer ends here; all else is on its way.
        match entry.step(Word::forget) {
            Duty::Forget => drop(self.discharge(entry, Duty::Forget, ReleaseReason::Expired)),
            _ => drop(self.leave(&entry)),
        }
    }

    /// Makes room for one more entry: what is reserved, or nothing if it is worth another try.
    async fn make_room(self: &Arc<Self>) -> Result<Option<Reserved<'_>>, RcMapError<E>> {
        let room = self.room.as_ref().expect("a map without a capacity is never full");
        let full = RcMapError::CapacityExceeded { capacity: room.capacity() };
        if room.makes_room() && self.release_the_least_recently_used() {
            return Ok(None);
        }
        // A lookup that waits for room in its own map may well be what takes it.
        let in_lookup = waiting_here().is_some_and(|(_, source)| source == self.policy.source);
        if !self.policy.room_is_waited_for || in_lookup {
            return Err(full);
        }
        room.reserve(|| self.release_the_least_recently_used()).await.map(Some).ok_or(RcMapError::Closed)
    }

    /// Releases the idle entry that was used least recently, if there is one.
    pub(super) fn release_the_least_recently_used(self: &Arc<Self>) -> bool {
        match self.used.next_idle() {
            Some((entry, duty)) => {
                drop(self.discharge(entry, duty, ReleaseReason::MadeRoom));
                true
            }
            None => false,
        }
    }

    /// What is built anew for a key, in the place of what is there.
    pub(crate) async fn refresh(self: &Arc<Self>, hash: u64, key: K) -> Result<RcGuard<V>, RcMapError<E>> {
        if self.policy.exclusive {
            if let Some(entry) = self.find(hash, |there| *there == key) {
                // What fails is logged by the release.
                let _ = self.detach(entry, ReleaseReason::Refreshed).over().await;
            }
            return self.get(hash, key).await;
        }
        let old = match self.request(hash, |there| *there == key) {
            Some(Request::Held(entry)) => entry,
            Some(Request::Waiting(interest)) => return interest.noted()?.built().await,
            _ => return self.get(hash, key).await,
        };
        // Held meanwhile, so that it does not expire before there is something to put in its place.
        let _held = RcGuard::new(Arc::clone(&old));
        let new = self.new_entry(hash, key, Word::new_detached());
        match old.succeed_by(&new) {
            Some(Request::Held(entry)) => return Ok(RcGuard::new(entry)),
            Some(Request::Waiting(interest)) => return interest.noted()?.built().await,
            _ => {}
        }
        if !self.table.add_aside(&new) {
            // Whoever joined it meanwhile is told.
            new.set_unbuilt(RcMapError::Closed);
            let _ = new.step(Word::force);
            let _ = new.step(|word| word.settle(false));
            new.tell();
            return Err(RcMapError::Closed);
        }
        let interest = Interest::new(&new).noted()?;
        self.begin(&new, Vec::new(), Some(old));
        interest.built().await
    }

    fn new_entry(&self, hash: u64, key: K, word: Word) -> Arc<Entry<K, V, E>> {
        let idle_time = match &self.idle_time {
            IdleTime::Same(time) => *time,
            IdleTime::By(by) => by(&key),
        };
        let idle_time = u64::try_from(idle_time.as_nanos()).unwrap_or(u64::MAX);
        let queues = |wanted, queue| if wanted { queue } else { Queues::NONE };
        let when_idle = match idle_time {
            0 => WhenIdle::Release,
            time => WhenIdle::Stay(
                queues(time != u64::MAX, Queues::EXPIRY)
                    .and(queues(self.room.as_ref().is_some_and(Room::makes_room), Queues::USE)),
            ),
        };
        let party = new_party(self.policy.source);
        Entry::new(Place { key, hash, party, when_idle, idle_time }, word, self)
    }
}
