//! Upkeep: a tenant is invalidated while it is in use, what is idle is closed and opened again, and a file is repaired.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::ensure;

use super::file;
use super::half::HalfRequest;
use super::stage::{BROKEN, Stage, TENANTS};

/// Who uses the old pool goes on with it until its request is answered; who comes later gets another one.
pub(crate) async fn invalidation(stage: &mut Stage, old: HalfRequest) -> anyhow::Result<HalfRequest> {
    stage.journal.title("Invalidated while in use");
    let acme = stage.client.of("acme");
    ensure!(stage.client.invalidate("acme").await?, "there was nothing to invalidate");
    ensure!(!stage.client.invalidate(BROKEN).await?, "there was something of a tenant that cannot be opened");
    stage.client.delete("/admin/tenants/unknown").await?.expect(404)?;

    let new = stage.hold("acme").await?;
    stage.tally("acme").opened += 1;
    stage.check_pool("acme")?;
    stage.journal.say("a request came after that, and opened a pool of its own beside the one in use");

    let notes = acme.list().await?.len();
    old.finish().await?;
    stage.journal.say("POST   /notes    acme    201  the request that came before was answered on the old pool");
    stage.journal.wait_for("database closed", "acme", 1).await?;
    stage.tally("acme").closed += 1;
    ensure!(acme.list().await?.len() == notes + 1, "what was written on the old pool is not seen on the new one");
    stage.check_pool("acme")?;
    stage.journal.say("GET    /notes    acme    200  and what it wrote is there, on the new pool");
    Ok(new)
}

/// All pools are closed some time after the last request, and their files are left alone.
pub(crate) async fn idle(stage: &mut Stage, held: [HalfRequest; 2], idle_time: Duration) -> anyhow::Result<()> {
    stage.journal.title("Idle");
    let begun = Instant::now();
    for half in held {
        half.finish().await?;
    }
    stage.journal.say("the last requests are answered");
    for tenant in TENANTS {
        let tally = stage.tally(tenant);
        tally.closed = tally.opened;
        let closed = tally.closed;
        stage.journal.wait_for("database closed", tenant, closed).await?;
        if tenant == "acme" {
            ensure!(begun.elapsed() >= idle_time, "acme was closed before it had been idle for {idle_time:?}");
        }
        file::check_released(&stage.file(tenant))?;
        stage.check_maintenance(tenant)?;
    }
    stage.check_pools()?;
    stage.journal.say("the maintenance of each tenant had ended before its pool was closed");
    let overview = stage.client.overview().await?;
    ensure!(overview.tenants.iter().all(|row| row.state == "closed"), "operators see {overview:?}");
    ensure!((overview.in_use, overview.idle) == (0, 0), "operators see {overview:?}");
    stage.journal.say("GET    /admin/tenants    200  all are closed; no connection has a file open");
    Ok(())
}

/// Who comes back finds everything as it was.
pub(crate) async fn reopening(stage: &mut Stage) -> anyhow::Result<()> {
    stage.journal.title("Opened again");
    let half = stage.hold("globex").await?;
    stage.tally("globex").opened += 1;
    let notes = stage.client.of("globex").list().await?.len();
    // All but the one that is half written.
    let expected = stage.tally("globex").created - 1;
    ensure!(notes == expected, "globex has {notes} notes, not {expected}");
    stage.check_pools()?;
    half.finish().await?;
    stage.journal.say(format_args!("GET    /notes    globex  200  all {notes} notes"));
    Ok(())
}

/// No failure is remembered: as soon as the cause is gone, the tenant is served.
pub(crate) async fn repair(stage: &mut Stage) -> anyhow::Result<()> {
    stage.journal.title("Repaired");
    let client = stage.client.of(BROKEN);
    client.get("/notes").await?.expect(503)?;
    fs::remove_file(stage.file(BROKEN))?;
    stage.journal.say("GET    /notes    broken  503  and now the file is removed");
    client.create("There is a database now").await?;
    let tally = stage.tally(BROKEN);
    tally.opened += 1;
    tally.created += 1;
    stage.journal.say("POST   /notes    broken  201");
    Ok(())
}
