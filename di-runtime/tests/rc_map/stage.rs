//! The map that the tests look at: numbered resources that take a while to make and to release, and a ledger of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use di_runtime::{RcMap, RcMapBuilder, Scope};
use tokio::time::{Instant, sleep};

use crate::common::Trace;

pub type Key = &'static str;
pub type Map = RcMap<Key, Arc<Resource>, String>;
pub type Builder = RcMapBuilder<Key, Arc<Resource>, String>;

pub fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Something that must not be used after its release.
#[derive(Debug)]
pub struct Resource {
    pub key: Key,
    pub number: usize,
    pub released: AtomicBool,
}

impl Resource {
    pub fn is_live(&self) -> bool {
        !self.released.load(Ordering::SeqCst)
    }
}

/// What lookups do, and what they have done.
#[derive(Clone, Default)]
pub struct Stage {
    pub trace: Trace,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    acquired: AtomicUsize,
    released: AtomicUsize,
    build_time: AtomicU64,
    release_time: AtomicU64,
    failing: AtomicBool,
}

impl Stage {
    /// Lookups take a second, releases none.
    pub fn new() -> Self {
        let stage = Self::default();
        stage.builds_take(seconds(1));
        stage
    }

    pub fn builds_take(&self, time: Duration) {
        self.inner.build_time.store(time.as_millis() as u64, Ordering::SeqCst);
    }

    pub fn releases_take(&self, time: Duration) {
        self.inner.release_time.store(time.as_millis() as u64, Ordering::SeqCst);
    }

    /// From now on lookups acquire their resource, and fail then.
    pub fn fails(&self, failing: bool) {
        self.inner.failing.store(failing, Ordering::SeqCst);
    }

    pub fn acquired(&self) -> usize {
        self.inner.acquired.load(Ordering::SeqCst)
    }

    pub fn released(&self) -> usize {
        self.inner.released.load(Ordering::SeqCst)
    }

    /// Nothing is left of anything.
    #[track_caller]
    pub fn assert_even(&self) {
        assert_eq!(self.acquired(), self.released(), "{:?}", self.trace.lines());
    }

    pub fn builder(&self) -> Builder {
        let stage = self.clone();
        RcMap::new(move |key: Key, scope: Scope| stage.clone().lookup(key, scope))
    }

    pub async fn lookup(self, key: Key, scope: Scope) -> Result<Arc<Resource>, String> {
        let number = self.inner.acquired.fetch_add(1, Ordering::SeqCst) + 1;
        self.trace.say(format!("{key}{number} begun"));
        let resource = Arc::new(Resource { key, number, released: AtomicBool::new(false) });
        scope.on_close_named(key, {
            let (stage, resource) = (self.clone(), resource.clone());
            move |_exit| async move {
                resource.released.store(true, Ordering::SeqCst);
                sleep(Duration::from_millis(stage.inner.release_time.load(Ordering::SeqCst))).await;
                stage.trace.say(format!("{key}{number} released"));
                stage.inner.released.fetch_add(1, Ordering::SeqCst);
            }
        });
        sleep(Duration::from_millis(self.inner.build_time.load(Ordering::SeqCst))).await;
        if self.inner.failing.load(Ordering::SeqCst) {
            return Err(format!("no {key}"));
        }
        self.trace.say(format!("{key}{number} built"));
        Ok(resource)
    }
}

/// How long something takes.
pub async fn timed<Out>(work: impl Future<Output = Out>) -> (Out, Duration) {
    let begun = Instant::now();
    let out = work.await;
    (out, begun.elapsed())
}
