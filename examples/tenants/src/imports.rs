//! Imports: many notes at once, in the background. All notes of one are kept, or none of them.
//!
//! Each is a fiber. It belongs to this service, which is built from the services of the tenants: so all imports have ended
//! before a pool is closed at the end of the program.

mod importer;
mod job;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use di::prelude::*;
use di::{Fiber, FiberExit, FiberMap, FiberScope};
use serde::Serialize;

use crate::app::TenantServices;
use crate::clock::Clock;
use crate::config::Config;
use crate::tenant::Tenant;
pub use importer::{Batch, Importer};
pub use job::{BadLine, ImportError};
use job::{Job, Progress, lines};

/// How many lines an import may have. While it runs, other writers of its tenant wait, so it must not take long.
pub const MOST_LINES: usize = 20_000;

/// For how many imports that have ended, and for how long, it can be asked how they ended.
const RETAINED: (usize, Duration) = (1000, Duration::from_secs(600));

/// The imports that run, those that wait until they may, and the results of those that have ended lately.
#[derive(Service)]
pub struct Imports {
    fibers: FiberMap<Arc<str>, usize, ImportError>,
    /// How far each of them is.
    progress: Mutex<HashMap<Arc<str>, Arc<Progress>>>,
    tenants: Inject<TenantServices>,
    /// What the names of this process begin with.
    process: i64,
    last: AtomicU64,
}

/// Why there is no import.
#[derive(Debug, thiserror::Error)]
pub enum NotImported {
    #[error("there are no lines")]
    NoLines,
    #[error("there are more than {MOST_LINES} lines")]
    TooManyLines,
}

/// How an import stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportStatus {
    pub id: String,
    #[serde(flatten)]
    pub state: ImportState,
}

/// How an import stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum ImportState {
    /// So many others run that it may not begin yet.
    Waiting,
    Running {
        done: usize,
        total: usize,
    },
    Completed {
        notes: usize,
    },
    Failed {
        error: String,
    },
    Cancelled,
}

/// Runs imports, a few at a time.
#[layer]
pub fn imports(
    config: Inject<Config>,
    tenants: Inject<TenantServices>,
    clock: Inject<dyn Clock>,
    scope: &Scope,
) -> Imports {
    let (count, time) = RETAINED;
    let fibers = FiberMap::builder()
        .name("imports")
        .max_concurrent(config.imports.get())
        .retain_results(count)
        .retain_results_for(time)
        .build(scope);
    let process = clock.now().as_millisecond();
    Imports { fibers, progress: Mutex::default(), tenants, process, last: AtomicU64::new(0) }
}

impl Imports {
    /// Starts an import of notes for a tenant, one in JSON on each line.
    pub fn start(&self, tenant: Tenant, text: String) -> Result<ImportStatus, NotImported> {
        let total = lines(&text).count();
        match total {
            0 => return Err(NotImported::NoLines),
            1..=MOST_LINES => {}
            _ => return Err(NotImported::TooManyLines),
        }
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let id: Arc<str> = format!("{:x}-{number}", self.process).into();
        let (begun, done, came_too_late) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicBool::new(false));
        let progress = Arc::new(Progress { tenant, total, begun, done, came_too_late });
        let job =
            Job { id: Arc::clone(&id), lines: text, progress: Arc::clone(&progress), tenants: self.tenants.clone() };
        let fiber = self.fibers.run(Arc::clone(&id), |fiber: FiberScope| job.run(fiber));
        let state = state(&progress, &fiber);
        let mut all = self.progress();
        // What is not retained any more need not be known here.
        all.retain(|id, _| !self.fibers.status(id).is_missing());
        all.insert(id.clone(), progress);
        Ok(ImportStatus { id: id.to_string(), state })
    }

    /// How an import of this tenant stands; `None` if there is none of this name, or none any more.
    pub fn status(&self, tenant: &Tenant, id: &str) -> Option<ImportStatus> {
        let (progress, fiber) = self.find(tenant, id)?;
        Some(ImportStatus { id: id.into(), state: state(&progress, &fiber) })
    }

    /// Interrupts an import of this tenant, and waits until it has ended and its notes are gone; how it stands then. One that
    /// has ended already stays as it is.
    pub async fn cancel(&self, tenant: &Tenant, id: &str) -> Option<ImportStatus> {
        let (progress, fiber) = self.find(tenant, id)?;
        fiber.interrupt().await;
        Some(ImportStatus { id: id.into(), state: state(&progress, &fiber) })
    }

    fn find(&self, tenant: &Tenant, id: &str) -> Option<(Arc<Progress>, Fiber<usize, ImportError>)> {
        let progress = self.progress().get(id).filter(|progress| progress.tenant == *tenant).cloned()?;
        Some((progress, self.fibers.status(id).into_fiber()?))
    }

    fn progress(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Progress>>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn state(progress: &Progress, fiber: &Fiber<usize, ImportError>) -> ImportState {
    let Progress { total, .. } = *progress;
    match fiber.poll() {
        None if progress.begun.load(Ordering::Relaxed) => {
            ImportState::Running { done: progress.done.load(Ordering::Relaxed), total }
        }
        None => ImportState::Waiting,
        Some(FiberExit::Success(notes)) => ImportState::Completed { notes: *notes },
        Some(FiberExit::Interrupted) if progress.came_too_late.load(Ordering::Relaxed) => {
            ImportState::Completed { notes: total }
        }
        Some(FiberExit::Interrupted | FiberExit::Refused(_)) => ImportState::Cancelled,
        Some(FiberExit::Failure(error)) => ImportState::Failed { error: error.to_string() },
        Some(_) => ImportState::Failed { error: "internal error".into() },
    }
}
