//! The database: opened and migrated before anybody gets it, closed after everybody is gone.

use std::path::PathBuf;

use di::prelude::*;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{SqlSafeStr, SqlitePool};

use crate::config::Config;

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

/// Opens and migrates the database; closes it on release.
#[layer(as Database)]
pub async fn database(config: Inject<Config>, scope: &Scope) -> Result<SqlitePool, OpenError> {
    let path = || config.database.clone();
    let options = SqliteConnectOptions::new()
        .filename(&config.database)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    let pool = SqlitePoolOptions::new().max_connections(config.connections.get()).connect_with(options).await;
    let pool = pool.map_err(|source| OpenError::Open { path: path(), source })?;

    // From here on the pool is closed, whatever happens: also if the migration fails.
    let closing = pool.clone();
    scope.on_close_named("database", move |_exit| async move {
        closing.close().await;
        tracing::info!("database closed");
    });

    let migrations = migrations();
    migrations.run(&pool).await.map_err(|source| OpenError::Migrate { path: path(), source })?;
    tracing::info!(path = %config.database.display(), version = migrations.iter().len(), "database open");
    Ok(pool)
}

/// The migrations, embedded in the program.
fn migrations() -> Migrator {
    let files = [
        ("notes", include_str!("../migrations/0001_notes.sql")),
        ("audit", include_str!("../migrations/0002_audit.sql")),
    ];
    let migration = |(version, (name, sql)): (i64, (&'static str, &'static str))| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations((1..).zip(files).map(migration).collect())
}
