//! Those that are compared: each takes what is there for a key, looks at it, and gives it back.

use std::convert::Infallible;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use di::{KeyHandle, RcMap, Scope};
use tokio::runtime::Handle;

/// How many keys there are.
pub const KEYS: usize = 1024;

/// What the keys of one thread are, one after the other.
#[derive(Clone, Copy)]
pub enum Keys {
    Same,
    Spread,
}

impl Keys {
    /// The key of a turn: of spread ones, neighbours in time are no neighbours otherwise.
    #[inline]
    fn of(self, turn: usize) -> u64 {
        match self {
            Self::Same => 7,
            Self::Spread => (turn.wrapping_mul(0x9e37_79b9) >> 5) as u64 % KEYS as u64,
        }
    }
}

type Map = RcMap<u64, Arc<u64>, Infallible>;

/// What is measured, with what it needs.
#[derive(Clone)]
pub enum Contender {
    DashMap(Arc<dashmap::DashMap<u64, Arc<u64>>>),
    Papaya(Arc<papaya::HashMap<u64, Arc<u64>>>),
    Moka(moka::future::Cache<u64, Arc<u64>>),
    RcMap(Map),
    KeyHandle(Map),
}

/// All of them, with all keys in them, by their names.
pub async fn all(scope: &Scope) -> Vec<(&'static str, Contender)> {
    let (dashmap, papaya) = (dashmap::DashMap::new(), papaya::HashMap::new());
    let moka = moka::future::Cache::new(10 * KEYS as u64);
    let lookup = || RcMap::unscoped(|key: u64| async move { Ok(Arc::new(key)) });
    let kept: Map = lookup().keep().build(scope);
    let idling: Map = lookup().idle_time_to_live(Duration::from_secs(3600)).build(scope);
    for key in 0..KEYS as u64 {
        dashmap.insert(key, Arc::new(key));
        papaya.pin().insert(key, Arc::new(key));
        moka.insert(key, Arc::new(key)).await;
        for map in [&kept, &idling] {
            drop(map.get(&key).await);
        }
    }
    vec![
        ("DashMap, `Arc` clone", Contender::DashMap(Arc::new(dashmap))),
        ("papaya, `Arc` clone", Contender::Papaya(Arc::new(papaya))),
        ("moka `get_with`", Contender::Moka(moka)),
        ("`RcMap`, kept", Contender::RcMap(kept.clone())),
        ("`RcMap`, idle time", Contender::RcMap(idling.clone())),
        ("`KeyHandle`, kept", Contender::KeyHandle(kept)),
        ("`KeyHandle`, idle time", Contender::KeyHandle(idling)),
    ]
}

impl Contender {
    /// Takes and gives back so often, on this thread.
    pub fn run(&self, handle: &Handle, keys: Keys, times: usize) {
        match self {
            Self::DashMap(map) => (0..times).for_each(|turn| {
                black_box(map.get(&keys.of(turn)).map(|there| Arc::clone(&there)));
            }),
            Self::Papaya(map) => (0..times).for_each(|turn| {
                black_box(map.pin().get(&keys.of(turn)).cloned());
            }),
            Self::Moka(cache) => handle.block_on(async {
                for turn in 0..times {
                    let key = keys.of(turn);
                    black_box(cache.get_with(key, async move { Arc::new(key) }).await);
                }
            }),
            Self::RcMap(map) => handle.block_on(async {
                for turn in 0..times {
                    drop(black_box(map.get(&keys.of(turn)).await));
                }
            }),
            Self::KeyHandle(map) => {
                let mut handles: Vec<KeyHandle<_, _, _>> = (0..KEYS as u64).map(|key| map.handle(&key)).collect();
                handle.block_on(async {
                    for turn in 0..times {
                        drop(black_box(handles[keys.of(turn) as usize].get().await));
                    }
                });
            }
        }
    }
}
