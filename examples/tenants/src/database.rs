//! The database of a tenant: opened and migrated before anybody gets it, closed after everybody is gone.

use std::path::PathBuf;
use std::time::Duration;

use di::prelude::*;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{SqlSafeStr, Sqlite, SqlitePool, Transaction};

use crate::config::Config;
use crate::tenant::Tenant;

/// How long a writer waits for another one. An import is one, and is over sooner: it has a limit of lines.
const PATIENCE: Duration = Duration::from_secs(30);

/// The service behind which the pool is found: a name of ours for a type of sqlx.
#[service(for = SqlitePool)]
pub struct Database;

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot open the database {}", path.display())]
    Open { path: PathBuf, source: sqlx::Error },
    #[error("cannot migrate the database {}", path.display())]
    Migrate { path: PathBuf, source: MigrateError },
}

/// A query that failed.
#[derive(Debug, thiserror::Error)]
#[error("the database failed")]
pub struct QueryError(#[from] sqlx::Error);

/// Begins a transaction that writes: it has the file to itself from here on, and is never refused later.
///
/// It is rolled back if it is dropped.
pub async fn begin_writing(database: &SqlitePool) -> Result<Transaction<'static, Sqlite>, QueryError> {
    Ok(database.begin_with("BEGIN IMMEDIATE").await?)
}

/// Opens and migrates the database of a tenant; closes it on release.
#[layer(as Database)]
pub async fn database(tenant: Tenant, config: Inject<Config>, scope: &Scope) -> Result<SqlitePool, OpenError> {
    let path = tenant.database(&config.folder);
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true)
        .busy_timeout(PATIENCE)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    let pool = SqlitePoolOptions::new().max_connections(config.connections.get()).connect_with(options).await;
    let pool = pool.map_err(|source| OpenError::Open { path: path.clone(), source })?;
    tracing::info!(tenant = %tenant.id(), "database opened");

    // From here on the pool is closed, whatever happens: also if the migration fails.
    let (closing, id) = (pool.clone(), tenant.id().clone());
    scope.on_close_named("database", move |_exit| async move {
        closing.close().await;
        tracing::info!(tenant = %id, "database closed");
    });

    migrations().run(&pool).await.map_err(|source| OpenError::Migrate { path, source })?;
    Ok(pool)
}

/// The migrations, embedded in the program.
fn migrations() -> Migrator {
    let files = [
        ("notes", include_str!("../migrations/0001_notes.sql")),
        ("audit", include_str!("../migrations/0002_audit.sql")),
        ("imports", include_str!("../migrations/0003_imports.sql")),
        ("statistics", include_str!("../migrations/0004_statistics.sql")),
    ];
    let migration = |(version, (name, sql)): (i64, (&'static str, &'static str))| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations((1..).zip(files).map(migration).collect())
}
