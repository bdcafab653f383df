//! The side of an import that the database sees: one transaction, and one row that says how it ended.

use di::prelude::*;
use sqlx::{Sqlite, Transaction};

use crate::clock::Clock;
use crate::database::{Database, QueryError, begin_writing};
use crate::notes::NewNote;

/// Imports notes into the database of a tenant. The derived layer fills in both fields.
#[derive(Service, Layer)]
pub struct Importer {
    database: Inject<Database>,
    clock: Inject<dyn Clock>,
}

/// Notes that are all kept, or none of them: none if this is dropped.
pub struct Batch {
    transaction: Transaction<'static, Sqlite>,
    now: String,
    /// The last note before this.
    last: i64,
    notes: usize,
}

impl Importer {
    /// Begins an import. Until it ends, nobody else writes.
    pub async fn begin(&self) -> Result<Batch, QueryError> {
        let mut transaction = begin_writing(&self.database).await?;
        let last = sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM notes").fetch_one(&mut *transaction).await?;
        Ok(Batch { transaction, now: self.clock.now().to_string(), last, notes: 0 })
    }

    /// Writes down that an import ended without notes: it failed with this error, or was interrupted. Says `false` if it is
    /// written down already that it was completed.
    pub async fn record_failure(&self, import: &str, error: Option<String>) -> Result<bool, QueryError> {
        let done = sqlx::query(
            "INSERT INTO imports (id, ended_at, outcome, notes, error) VALUES (?, ?, ?, 0, ?) ON CONFLICT (id) DO NOTHING",
        )
        .bind(import)
        .bind(self.clock.now().to_string())
        .bind(if error.is_some() { "failed" } else { "interrupted" })
        .bind(error)
        .execute(&*self.database)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}

impl Batch {
    /// Adds a note.
    pub async fn add(&mut self, note: NewNote) -> Result<(), QueryError> {
        sqlx::query("INSERT INTO notes (title, text, created_at) VALUES (?, ?, ?)")
            .bind(note.title)
            .bind(note.text)
            .bind(&self.now)
            .execute(&mut *self.transaction)
            .await?;
        self.notes += 1;
        Ok(())
    }

    /// Keeps the notes, with what the audit log says of them and how the import ended; how many there are.
    pub async fn commit(mut self, import: &str) -> Result<usize, QueryError> {
        sqlx::query("INSERT INTO audit (at, action, note_id) SELECT ?, 'created', id FROM notes WHERE id > ?")
            .bind(&self.now)
            .bind(self.last)
            .execute(&mut *self.transaction)
            .await?;
        sqlx::query("INSERT INTO imports (id, ended_at, outcome, notes) VALUES (?, ?, 'completed', ?)")
            .bind(import)
            .bind(&self.now)
            .bind(i64::try_from(self.notes).expect("so many notes have no room in a database"))
            .execute(&mut *self.transaction)
            .await?;
        self.transaction.commit().await?;
        Ok(self.notes)
    }
}
