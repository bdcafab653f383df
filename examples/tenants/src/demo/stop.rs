//! The end: the service is stopped in the middle of a request and of imports, and what it left is looked at.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use di::ManagedRuntime;
use di::prelude::*;
use tenants::server::Server;

use super::stage::{Stage, Tally};
use super::{file, half, imports};

/// Stops the service while a request is under way, as many imports run as may, and another one waits.
pub(crate) async fn stop(stage: &mut Stage, runtime: &ManagedRuntime<services![Server]>) -> anyhow::Result<()> {
    stage.journal.title("Stop, in the middle of a request and of imports");
    stage.settle().await?;
    let half = stage.hold("acme").await?;
    stage.tally("acme").opened += 1;
    let waiting = imports::under_way(stage).await?;
    let journal = &stage.journal;
    let closed = journal.count_of("database closed", "acme");
    journal.say("POST   /notes    acme    ...  half of it sent, the server has begun to read");

    let stopping = tokio::spawn({
        let runtime = runtime.clone();
        async move { runtime.shutdown(Duration::from_secs(25)).await }
    });
    half::refused(stage.address).await;
    journal.say("shutdown requested: new clients are refused");
    ensure!(journal.count_of("database closed", "acme") == closed, "the database was closed during a request");
    half.finish().await?;
    journal.say("POST   /notes    acme    201  the other half sent, and answered");

    let report = stopping.await??;
    let released: Vec<_> = report.layers().iter().map(|release| release.layer).collect();
    journal.say(format_args!("released {} in {} ms", released.join(", "), report.took().as_millis()));
    let place = |layer| released.iter().position(|&name| name == layer).with_context(|| format!("`{layer}` is left"));
    ensure!(place("server")? < place("imports")?, "the imports were interrupted before the server had drained");
    ensure!(place("imports")? < place("TenantServices")?, "the tenants' services were released before the imports");
    imports::check_ended(journal, waiting)?;
    let ticks = ["answered", "server drained", "database closed"].map(|event| journal.last(event));
    let [Some(answered), Some(drained), Some(closed)] = ticks else {
        anyhow::bail!("something did not end: {ticks:?}")
    };
    ensure!(answered < drained && drained < closed, "the order is wrong: {answered}, {drained}, {closed}");
    let answers = journal.count("answered");
    ensure!(answers == journal.count("request"), "not every request was answered");
    journal.say(format_args!("all {answers} requests were answered, the last at tick {answered}"));
    journal.say(format_args!("the server drained at tick {drained}, and the last pool closed at tick {closed}"));
    Ok(())
}

/// Each pool that was opened is closed, and each file has what its tenant wrote.
pub(crate) async fn look(stage: &mut Stage) -> anyhow::Result<()> {
    stage.journal.title("Look at what is left");
    let tenants: Vec<_> = stage.tallies().map(|(tenant, _)| tenant).collect();
    for tenant in tenants {
        let tally = stage.tally(tenant);
        tally.closed = tally.opened;
        let tally = *tally;
        let file = stage.file(tenant);
        file::check_released(&file)?;
        let rows = file::count_rows(&file).await?;
        let notes = tally.created - tally.deleted;
        let Tally { created, deleted, imports, .. } = tally;
        let expected = file::Rows { notes, created, deleted, imports };
        ensure!(rows == expected, "the file of {tenant} has {rows:?}, not {expected:?}");
        stage.check_maintenance(tenant)?;
        let (times, file::Imports { completed, failed, interrupted }) = (tally.opened, imports);
        stage.journal.say(format_args!(
            "{tenant:<8}  opened and closed {times} times, {notes:3} notes; \
             imports: {completed} completed, {failed} failed, {interrupted} interrupted"
        ));
    }
    for what in ["maintenance", "import"] {
        let [began, ended] = ["began", "ended"].map(|event| stage.journal.count(&format!("{what} {event}")));
        ensure!(began > 0 && began == ended, "{what} began {began} times, and ended {ended} times");
        stage.journal.say(format_args!("{what} began {began} times, and ended as often"));
    }
    stage.check_pools()
}
