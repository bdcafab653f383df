//! Maintenance: it goes on while a tenant is in use, fails, and begins again.

use anyhow::{Context as _, ensure};

use super::file::Intruder;
use super::stage::Stage;

/// What is counted in the background is what there is; and what fails is run again until it does not.
pub(crate) async fn maintenance(stage: &mut Stage) -> anyhow::Result<()> {
    stage.journal.title("Maintenance");
    let half = stage.hold("initech").await?;
    stage.tally("initech").opened += 1;
    let initech = stage.client.of("initech");
    next(stage, "maintained", 1).await?;
    let (counted, notes) = (initech.statistics().await?.context("nothing was counted")?, initech.list().await?.len());
    ensure!(counted.notes == notes, "{} notes were counted, and there are {notes}", counted.notes);
    stage.journal.say(format_args!("GET    /statistics initech 200  {notes} notes were counted"));

    let mut intruder = Intruder::open(&stage.file("initech")).await?;
    intruder.execute("ALTER TABLE statistics RENAME TO hidden").await?;
    stage.journal.say("somebody hides the table of the statistics");
    next(stage, "maintenance began", 2).await?;
    initech.get("/statistics").await?.expect(500)?;
    ensure!(initech.list().await?.len() == notes, "notes are gone");
    stage.journal.say("GET    /statistics initech 500  and its notes are served all the same");
    intruder.execute("ALTER TABLE hidden RENAME TO statistics").await?;
    intruder.close().await?;
    next(stage, "maintained", 1).await?;
    initech.statistics().await?.context("nothing was counted")?;
    stage.journal.say("GET    /statistics initech 200  the table is there again");
    half.finish().await?;
    stage.check_pool("initech")
}

/// Waits until this has happened so many times more.
async fn next(stage: &Stage, event: &str, times: usize) -> anyhow::Result<()> {
    let before = stage.journal.count_of(event, "initech");
    stage.journal.wait_for(event, "initech", before + times).await
}
