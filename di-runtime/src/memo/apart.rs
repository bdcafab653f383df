//! What is built for one build alone: it is one within that build and the builds inside of it, and nobody else finds it.
//!
//! 1. What a key's layer gives is such, wherever it is met in the build of that key, and so is each layer in which it is.
//! 2. So is what is borrowed from a map, and each layer that hands it on or is made of it: the next build has to ask again.
//! 3. Which layers those are is known before they run, but for those that choose while they run what they build. These are
//!    taken out of the memo map when it turns out, to where their build finds them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

use di_core::layer::{Identity, Step};

use super::{Map, MemoMap};
use crate::lock;

/// What one build has for itself.
pub(super) struct Apart {
    map: MemoMap,
    own: Mutex<HashSet<Identity>>,
}

/// Among whom a layer is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Among {
    /// All who know the memo map.
    Everybody,
    /// One build, and those inside of it.
    Apart,
}

/// Whether an entry is there for one build alone, or may turn out to be.
pub(super) struct Apartness {
    is_apart: AtomicBool,
    /// Where that build finds it then.
    map: Weak<Map>,
}

impl Apartness {
    pub(super) fn is_apart(&self) -> bool {
        self.is_apart.load(Ordering::Acquire)
    }

    /// It turned out to be apart; false if that was known.
    pub(super) fn turn_out(&self) -> bool {
        !self.is_apart.swap(true, Ordering::AcqRel)
    }

    pub(super) fn map(&self) -> Option<MemoMap> {
        self.map.upgrade().map(MemoMap::of)
    }
}

impl MemoMap {
    /// This map, as one build knows it. A build inside of another one knows it as that does.
    pub(crate) fn of_a_build(&self) -> Self {
        match &self.apart {
            Some(_) => self.clone(),
            None => {
                let apart = Apart { map: Self::new(), own: Mutex::default() };
                Self { apart: Some(Arc::new(apart)), ..self.clone() }
            }
        }
    }

    /// Says that these layers are built for this build alone.
    pub(crate) fn own(&self, layers: HashSet<Identity>) {
        if let Some(apart) = &self.apart {
            lock(&apart.own).extend(layers);
        }
    }

    /// Whether a step is built for this build alone, and what it hands on is, too.
    pub(crate) fn owns(&self, step: &Step) -> bool {
        let known = |apart: &Arc<Apart>| step.identity().is_some_and(|identity| lock(&apart.own).contains(identity));
        step.is_own() || self.apart.as_ref().is_some_and(known)
    }

    /// Among whom a step is shared.
    pub(crate) fn among(&self, step: &Step) -> Among {
        let holds_own = |apart: &Arc<Apart>| {
            let own = lock(&apart.own);
            !own.is_empty() && step.holds_any(&own)
        };
        let apart = step.is_own() || step.borrows() || self.apart.as_ref().is_some_and(holds_own);
        if apart { Among::Apart } else { Among::Everybody }
    }

    /// How an entry stands to this build, which begins it.
    pub(super) fn apartness(&self, among: Among) -> Apartness {
        let map = self.apart().map(|apart| Arc::downgrade(&apart.map)).unwrap_or_default();
        Apartness { is_apart: AtomicBool::new(among == Among::Apart), map }
    }

    /// Where what is built apart is found.
    pub(super) fn apart(&self) -> Option<&Self> {
        self.apart.as_ref().map(|apart| &apart.map)
    }
}
