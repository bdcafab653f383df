//! Notes: what they are, where they are kept.

mod sqlite;

use di::prelude::*;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::database::QueryError;

pub use sqlite::{SqliteNotes, sqlite_notes};

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub id: i64,
    pub title: String,
    pub text: String,
    pub created_at: Timestamp,
}

/// A note that is yet to be created.
#[derive(Clone, Debug, Deserialize)]
pub struct NewNote {
    pub title: String,
    #[serde(default)]
    pub text: String,
}

/// A note that is not kept.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("the title is empty")]
    NoTitle,
    #[error("the title is longer than {LONGEST_TITLE} characters")]
    LongTitle,
}

const LONGEST_TITLE: usize = 200;

impl NewNote {
    /// Whether the note can be kept.
    pub fn check(&self) -> Result<(), NoteError> {
        if self.title.trim().is_empty() {
            return Err(NoteError::NoTitle);
        }
        if self.title.chars().count() > LONGEST_TITLE {
            return Err(NoteError::LongTitle);
        }
        Ok(())
    }
}

/// Keeps notes.
#[service]
pub trait Notes {
    /// Keeps a new note.
    async fn create(&self, new: NewNote) -> Result<Note, QueryError>;
    /// All notes, the oldest first.
    async fn list(&self) -> Result<Vec<Note>, QueryError>;
    /// The note with this id.
    async fn find(&self, id: i64) -> Result<Option<Note>, QueryError>;
    /// Removes the note with this id, and says whether there was one.
    async fn delete(&self, id: i64) -> Result<bool, QueryError>;
}
