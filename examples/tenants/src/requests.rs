//! How many requests of each tenant are under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use di::prelude::*;

use crate::tenant::Tenant;

/// Counts the requests that are under way.
#[derive(Service, Layer)]
pub struct Requests {
    #[layer(default)]
    counts: Arc<Mutex<HashMap<Tenant, usize>>>,
}

/// A request that is under way, until it is dropped.
pub struct UnderWay {
    counts: Arc<Mutex<HashMap<Tenant, usize>>>,
    tenant: Tenant,
}

impl Requests {
    /// Counts one more request until it ends, however it ends.
    pub fn begin(&self, tenant: Tenant) -> UnderWay {
        *lock(&self.counts).entry(tenant.clone()).or_default() += 1;
        UnderWay { counts: Arc::clone(&self.counts), tenant }
    }

    /// How many requests of this tenant are under way.
    pub fn under_way(&self, tenant: &Tenant) -> usize {
        lock(&self.counts).get(tenant).copied().unwrap_or_default()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(count) = lock(&self.counts).get_mut(&self.tenant) {
            *count -= 1;
        }
    }
}

/// No count is left half changed, whatever panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
