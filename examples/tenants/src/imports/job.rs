//! One import, from its first line to its last one, and how far it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use di::prelude::*;
use di::{BuildError, FiberScope};

use super::Importer;
use crate::app::TenantServices;
use crate::database::QueryError;
use crate::notes::{NewNote, NoteError};
use crate::tenant::Tenant;

/// Why an import failed, in the words that its client is told.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("line {number}: {reason}")]
    Line { number: usize, reason: BadLine },
    #[error("the data of this tenant is not available")]
    Unavailable(#[source] BuildError),
    #[error("internal error")]
    Query(#[from] QueryError),
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum BadLine {
    #[error("this is no note (column {})", .0.column())]
    NotANote(#[from] serde_json::Error),
    #[error(transparent)]
    NotKept(#[from] NoteError),
}

/// How far an import is.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) tenant: Tenant,
    pub(super) total: usize,
    pub(super) begun: AtomicBool,
    pub(super) done: AtomicUsize,
    /// The interruption came when everything was written.
    pub(super) came_too_late: AtomicBool,
}

/// What an import is made of.
pub(super) struct Job {
    pub(super) id: Arc<str>,
    pub(super) lines: String,
    pub(super) progress: Arc<Progress>,
    pub(super) tenants: Inject<TenantServices>,
}

/// The lines with something in them, and their numbers.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty())
}

impl Job {
    /// Imports the notes: all of them, or none.
    pub(super) async fn run(self, fiber: FiberScope) -> Result<usize, ImportError> {
        let Self { id, lines: text, progress, tenants } = self;
        progress.begun.store(true, Ordering::Relaxed);
        // The tenant is in use until the scope of the fiber is closed, so the pool is there for the finalizer as well.
        let services = tenants.context(&progress.tenant, &fiber).await.map_err(ImportError::Unavailable)?;
        let importer = services.get::<Importer>();
        tracing::info!(tenant = %progress.tenant.id(), import = %id, lines = progress.total, "import began");
        fiber.on_close_named("import", {
            let (id, progress, importer) = (Arc::clone(&id), Arc::clone(&progress), importer.clone());
            move |exit| end(id, progress, importer, exit)
        });

        let mut batch = importer.begin().await?;
        for (number, line) in lines(&text) {
            let note = parse(line).map_err(|reason| ImportError::Line { number, reason })?;
            batch.add(note).await?;
            progress.done.fetch_add(1, Ordering::Relaxed);
        }
        Ok(batch.commit(&id).await?)
    }
}

fn parse(line: &str) -> Result<NewNote, BadLine> {
    let note: NewNote = serde_json::from_str(line)?;
    note.check()?;
    Ok(note)
}

/// Writes down how the import ended. By now the transaction is committed, or it was dropped and is rolled back.
async fn end(id: Arc<str>, progress: Arc<Progress>, importer: Inject<Importer>, exit: Exit) -> Result<(), QueryError> {
    let error = match &exit {
        Exit::Success | Exit::Cancelled => None,
        Exit::Failure(error) => Some(error.to_string()),
        Exit::Panicked(_) => Some("internal error".into()),
    };
    if !exit.is_success() {
        let recorded = importer.record_failure(&id, error).await?;
        progress.came_too_late.store(!recorded, Ordering::Relaxed);
    }
    tracing::info!(tenant = %progress.tenant.id(), import = %id, %exit, "import ended");
    Ok(())
}
