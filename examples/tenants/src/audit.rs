//! Who changed what, and when: one row for each change.

use di::prelude::*;

use crate::clock::Clock;
use crate::database::{Database, QueryError};

/// What was done to a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Created,
    Deleted,
}

/// Writes down what was done. The derived layer fills in both fields.
#[derive(Service, Layer)]
pub struct AuditLog {
    database: Inject<Database>,
    clock: Inject<dyn Clock>,
}

impl AuditLog {
    /// Writes down that this was done to this note.
    pub async fn record(&self, action: Action, note: i64) -> Result<(), QueryError> {
        let action = match action {
            Action::Created => "created",
            Action::Deleted => "deleted",
        };
        sqlx::query("INSERT INTO audit (at, action, note_id) VALUES (?, ?, ?)")
            .bind(self.clock.now().to_string())
            .bind(action)
            .bind(note)
            .execute(&*self.database)
            .await?;
        Ok(())
    }
}
