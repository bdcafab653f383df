//! Notes in a SQLite database.

use di::prelude::*;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::{NewNote, Note, Notes};
use crate::clock::Clock;
use crate::database::{Database, QueryError};

/// Notes in a SQLite database.
pub struct SqliteNotes {
    database: Inject<Database>,
    clock: Inject<dyn Clock>,
}

/// Keeps notes in the database.
#[layer(as dyn Notes)]
pub fn sqlite_notes(database: Inject<Database>, clock: Inject<dyn Clock>) -> SqliteNotes {
    SqliteNotes { database, clock }
}

#[service]
impl Notes for SqliteNotes {
    async fn create(&self, new: NewNote) -> Result<Note, QueryError> {
        let note = sqlx::query_as("INSERT INTO notes (title, text, created_at) VALUES (?, ?, ?) RETURNING *")
            .bind(new.title)
            .bind(new.text)
            .bind(self.clock.now().to_string())
            .fetch_one(&*self.database)
            .await?;
        Ok(note)
    }

    async fn list(&self) -> Result<Vec<Note>, QueryError> {
        Ok(sqlx::query_as("SELECT * FROM notes ORDER BY id").fetch_all(&*self.database).await?)
    }

    async fn find(&self, id: i64) -> Result<Option<Note>, QueryError> {
        Ok(sqlx::query_as("SELECT * FROM notes WHERE id = ?").bind(id).fetch_optional(&*self.database).await?)
    }

    async fn delete(&self, id: i64) -> Result<bool, QueryError> {
        let done = sqlx::query("DELETE FROM notes WHERE id = ?").bind(id).execute(&*self.database).await?;
        Ok(done.rows_affected() > 0)
    }
}

impl FromRow<'_, SqliteRow> for Note {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let created_at: &str = row.try_get("created_at")?;
        let created_at = created_at.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok(Self { id: row.try_get("id")?, title: row.try_get("title")?, text: row.try_get("text")?, created_at })
    }
}
