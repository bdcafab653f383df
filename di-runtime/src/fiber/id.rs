//! The number of a fiber.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::caught::caught;

/// The number of a fiber, which no other one has in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiberId(pub(super) u64);

impl FiberId {
    pub(super) fn fresh() -> Self {
        // Numbers are drawn in blocks, so that threads are not in each other's way.
        const BLOCK: u64 = 1 << 10;
        static NEXT: AtomicU64 = AtomicU64::new(0);
        thread_local! {
            static LAST: Cell<u64> = const { Cell::new(0) };
        }
        let last = LAST.get();
        let last = if last.is_multiple_of(BLOCK) { NEXT.fetch_add(BLOCK, Ordering::Relaxed) } else { last };
        LAST.set(last + 1);
        Self(last + 1)
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for FiberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a fiber is called by its key: text stands for itself, without quotes.
pub(crate) fn name_of_key(key: &dyn fmt::Debug) -> String {
    let name = caught(|| format!("{key:?}")).unwrap_or_else(|_| "a key that cannot be printed".to_owned());
    let text = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    text.map(str::to_owned).unwrap_or(name)
}
