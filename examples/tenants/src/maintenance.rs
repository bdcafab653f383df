//! Maintenance: what is done with the database of a tenant in the background, for as long as it is open.
//!
//! The fiber belongs to the scope of its layer, which is built from the database. So it has ended before that is closed,
//! whatever the reason is: the tenant is idle, was invalidated, or the program ends.

use std::time::Duration;

use di::prelude::*;
use di::{FiberMap, FiberScope, Restart, Schedule};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::time::sleep;

use crate::clock::Clock;
use crate::config::Config;
use crate::database::{Database, QueryError, begin_writing};
use crate::tenant::Tenant;

/// How long it is remembered who changed what.
const AUDIT_KEPT: SignedDuration = SignedDuration::from_hours(365 * 24);

/// Maintains the database of a tenant.
#[derive(Service)]
pub struct Maintenance {
    database: Inject<Database>,
    /// The fiber runs while this is there.
    _fibers: FiberMap<&'static str>,
}

/// What was counted last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// When it was counted, as RFC 3339 has it.
    pub at: String,
    pub notes: i64,
    /// How many changes are remembered.
    pub audit: i64,
}

impl Maintenance {
    /// What was counted last, if anything was yet.
    pub async fn statistics(&self) -> Result<Option<Statistics>, QueryError> {
        let row = sqlx::query_as("SELECT at, notes, audit FROM statistics").fetch_optional(&*self.database).await?;
        Ok(row.map(|(at, notes, audit)| Statistics { at, notes, audit }))
    }
}

/// Maintains the database at intervals. When that fails it begins again, after a delay that grows with each failure.
#[layer]
pub fn maintenance(
    tenant: Tenant,
    config: Inject<Config>,
    database: Inject<Database>,
    clock: Inject<dyn Clock>,
    scope: &Scope,
) -> Maintenance {
    let interval = config.maintenance_interval;
    let keeper = Keeper { tenant, database: database.clone(), clock, interval };
    let delays = Schedule::exponential(interval).capped(interval.saturating_mul(16));
    let fibers = FiberMap::builder().name("maintenance").build(scope);
    fibers.supervise("maintenance", Restart::on_failure().backoff(delays), move || {
        let keeper = keeper.clone();
        async move |fiber: FiberScope| keeper.run(fiber).await
    });
    Maintenance { database, _fibers: fibers }
}

/// Does the work, again and again.
#[derive(Clone)]
struct Keeper {
    tenant: Tenant,
    database: Inject<Database>,
    clock: Inject<dyn Clock>,
    interval: Duration,
}

impl Keeper {
    async fn run(self, fiber: FiberScope) -> Result<(), QueryError> {
        let id = self.tenant.id().clone();
        tracing::debug!(tenant = %id, "maintenance began");
        fiber.on_close_named(
            "maintenance",
            async move |exit: Exit| tracing::info!(tenant = %id, %exit, "maintenance ended"),
        );
        loop {
            sleep(self.interval).await;
            self.maintain().await?;
            tracing::debug!(tenant = %self.tenant.id(), "maintained");
        }
    }

    /// Forgets old changes, counts what is left, and has SQLite look after its indexes.
    async fn maintain(&self) -> Result<(), QueryError> {
        let now = self.clock.now();
        let oldest = now.checked_sub(AUDIT_KEPT).unwrap_or(Timestamp::MIN);
        let mut transaction = begin_writing(&self.database).await?;
        sqlx::query("DELETE FROM audit WHERE at < ?").bind(oldest.to_string()).execute(&mut *transaction).await?;
        sqlx::query(
            "INSERT OR REPLACE INTO statistics (id, at, notes, audit)
             VALUES (1, ?, (SELECT COUNT(*) FROM notes), (SELECT COUNT(*) FROM audit))",
        )
        .bind(now.to_string())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        sqlx::query("PRAGMA optimize").execute(&*self.database).await?;
        Ok(())
    }
}
