//! What there is for one key, for whoever looks after a map.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::time::Duration;

use super::RcMap;
use super::engine::{Fails, Keyed, Value};
use super::entry::Entry;
use super::state::{Phase, Word};

/// Where a key of an [`RcMap`] or a [`LayerMap`](crate::LayerMap) stands, at the moment of the look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyState {
    /// It is being built.
    Building {
        /// How many requests wait for it.
        waiting: u64,
    },
    /// It is there, and somebody holds it.
    InUse {
        /// How many guards there are.
        holders: u64,
    },
    /// It is there, and nobody holds it.
    Idle {
        /// For how long; nothing in a map that keeps what is idle, as that does not ask for the time.
        time: Option<Duration>,
    },
    /// Its failure is kept.
    Failed,
    /// It was taken away from its key, and has not ended: it is being released, or somebody holds it still.
    Leaving {
        /// How many guards there are.
        holders: u64,
    },
}

impl<K, V, E> RcMap<K, V, E>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
    E: fmt::Display + Send + Sync + 'static,
{
    /// Where a key stands, if there is something for it. It holds nothing, and moves no idle time.
    ///
    /// ```
    /// # use di_runtime::{KeyState, RcMap, Scope};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), di_runtime::RcMapError<String>> {
    /// # let scope = Scope::new();
    /// let names = RcMap::unscoped(|id: u32| async move { Ok::<_, String>(format!("user {id}")) }).keep().build(&scope);
    /// assert_eq!(names.inspect(&7), None);
    /// let seven = names.get(&7).await?;
    /// assert_eq!(names.inspect(&7), Some(KeyState::InUse { holders: 1 }));
    /// # drop(seven);
    /// # Ok(())
    /// # }
    /// ```
    pub fn inspect<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<KeyState>
    where
        K: Borrow<Q>,
    {
        self.find(key)?.state()
    }

    /// Where all keys stand, in no order. A key has more than one entry while an older one of it is leaving.
    ///
    /// Taken entry by entry while others go on, so they need not be of one moment.
    pub fn entries(&self) -> Vec<(K, KeyState)> {
        let (present, leaving) = (self.engine.table().present(), self.engine.table().leaving());
        let leaving = leaving.into_iter().filter_map(|(entry, _)| entry);
        present.into_iter().chain(leaving).filter_map(|entry| Some((entry.key().clone(), entry.state()?))).collect()
    }

    /// Waits for the build of a key that is under way, if there is one, without being somebody for whom it is done.
    pub(crate) async fn answered<Q: Eq + Hash + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        let entry = self.find(key);
        if let Some(entry) = entry {
            entry.reached(Word::is_answered).await;
        }
    }
}

impl<K: Keyed, V: Value, E: Fails> Entry<K, V, E> {
    /// Where it stands, unless it has ended.
    fn state(&self) -> Option<KeyState> {
        let word = self.word();
        Some(match word.phase() {
            Phase::Building => KeyState::Building { waiting: word.count() },
            Phase::Present if word.is_detached() => KeyState::Leaving { holders: word.count() },
            Phase::Present if word.count() > 0 => KeyState::InUse { holders: word.count() },
            Phase::Present => KeyState::Idle { time: self.idle_for() },
            Phase::Failed => KeyState::Failed,
            Phase::Failing | Phase::Abandoned | Phase::Releasing => KeyState::Leaving { holders: word.count() },
            Phase::Gone => return None,
        })
    }
}
