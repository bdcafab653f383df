//! The database file as the service left it.

use std::path::Path;

use anyhow::{Context, ensure};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

/// What the file has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) notes: usize,
    pub(crate) created: usize,
    pub(crate) deleted: usize,
    pub(crate) imports: Imports,
}

/// The imports of a tenant, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Imports {
    pub(crate) completed: usize,
    pub(crate) failed: usize,
    pub(crate) interrupted: usize,
}

/// The file, written to by somebody who is not the service.
pub(crate) struct Intruder {
    connection: SqliteConnection,
}

impl Intruder {
    pub(crate) async fn open(database: &Path) -> anyhow::Result<Self> {
        Ok(Self { connection: SqliteConnectOptions::new().filename(database).connect().await? })
    }

    pub(crate) async fn execute(&mut self, statement: &'static str) -> anyhow::Result<()> {
        sqlx::query(statement).execute(&mut self.connection).await?;
        Ok(())
    }

    pub(crate) async fn close(self) -> anyhow::Result<()> {
        Ok(self.connection.close().await?)
    }
}

/// Checks that no connection is left, in any process: the last one merges the write-ahead log and removes it.
pub(crate) fn check_released(database: &Path) -> anyhow::Result<()> {
    for suffix in ["db-wal", "db-shm"] {
        let file = database.with_extension(suffix);
        ensure!(!file.exists(), "a connection is left: {} exists", file.display());
    }
    Ok(())
}

/// Counts the rows, reading only the file itself.
pub(crate) async fn count_rows(database: &Path) -> anyhow::Result<Rows> {
    let options = SqliteConnectOptions::new().filename(database).read_only(true).immutable(true);
    let mut connection = options.connect().await.with_context(|| format!("cannot reopen {}", database.display()))?;
    let rows = Rows {
        notes: count(&mut connection, "SELECT COUNT(*) FROM notes").await?,
        created: count(&mut connection, "SELECT COUNT(*) FROM audit WHERE action = 'created'").await?,
        deleted: count(&mut connection, "SELECT COUNT(*) FROM audit WHERE action = 'deleted'").await?,
        imports: Imports {
            completed: count(&mut connection, "SELECT COUNT(*) FROM imports WHERE outcome = 'completed'").await?,
            failed: count(&mut connection, "SELECT COUNT(*) FROM imports WHERE outcome = 'failed'").await?,
            interrupted: count(&mut connection, "SELECT COUNT(*) FROM imports WHERE outcome = 'interrupted'").await?,
        },
    };
    connection.close().await?;
    Ok(rows)
}

async fn count(connection: &mut SqliteConnection, query: &'static str) -> anyhow::Result<usize> {
    let rows: i64 = sqlx::query_scalar(query).fetch_one(connection).await?;
    Ok(usize::try_from(rows)?)
}
