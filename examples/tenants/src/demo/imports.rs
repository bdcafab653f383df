//! Imports: to the end, with a bad line, cancelled in the middle, more of them than may run, and at the end of the program.

use std::num::NonZeroUsize;

use anyhow::ensure;
use tenants::imports::MOST_LINES;

use super::client::{Client, Import};
use super::file::Intruder;
use super::journal::Journal;
use super::stage::{BROKEN, Stage};

/// How many imports run at a time.
pub(crate) const AT_A_TIME: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// The tenants whose imports are under way when the program ends.
const AT_THE_END: [&str; AT_A_TIME.get()] = ["globex", "tyrell"];

const SOME_LINES: usize = 500;

/// One that is completed, and one with a bad line.
pub(crate) async fn to_the_end(stage: &mut Stage) -> anyhow::Result<()> {
    stage.journal.title("Imports");
    let held = [stage.hold("hooli").await?, stage.hold("stark").await?];
    let (hooli, stark) = (stage.client.of("hooli"), stage.client.of("stark"));
    let before = (hooli.list().await?.len(), stark.list().await?.len());

    let import = hooli.start_import(&lines(SOME_LINES)).await?;
    let seen = hooli.follow(&import, |_| false).await?;
    ensure!((&*seen.state, seen.notes) == ("completed", Some(SOME_LINES)), "an import ended as {seen:?}");
    ensure!(hooli.list().await?.len() == before.0 + SOME_LINES, "not all notes were imported");
    stage.journal.say(format_args!("GET    /imports/..  hooli  200  completed, {SOME_LINES} notes"));

    let bad = stark.start_import(&lines(SOME_LINES).replace("Line 300\"", "\"")).await?;
    let seen = stark.follow(&bad, |_| false).await?;
    let error = seen.error.as_deref().unwrap_or_default();
    ensure!((&*seen.state, error) == ("failed", "line 300: the title is empty"), "a bad import ended as {seen:?}");
    ensure!(stark.list().await?.len() == before.1, "some notes were imported before the bad line, and are still there");
    stage.journal.say(format_args!("GET    /imports/..  stark  200  failed: {error}; none of its notes is there"));
    stark.get(&import).await?.expect(404)?;
    stage.journal.say("GET    /imports/..  stark  404  for the import of hooli");
    for half in held {
        half.finish().await?;
    }
    let tally = stage.tally("hooli");
    tally.opened += 1;
    tally.created += SOME_LINES;
    tally.imports.completed += 1;
    let tally = stage.tally("stark");
    tally.opened += 1;
    tally.imports.failed += 1;
    Ok(())
}

/// What is no import is answered with what is wrong, and opens nothing.
pub(crate) async fn mistakes(stage: &mut Stage) -> anyhow::Result<()> {
    let tyrell = stage.client.of("tyrell");
    for (lines, status) in [(String::from("\n \n"), 400), (lines(MOST_LINES + 1), 413)] {
        let error = tyrell.import(&lines).await?.expect(status)?.error()?;
        stage.journal.say(format_args!("POST   /imports     tyrell {status}  {error}"));
    }
    let error = tyrell.delete("/imports/unknown").await?.expect(404)?.error()?;
    stage.journal.say(format_args!("DELETE /imports/..  tyrell 404  {error}"));
    stage.check_pool("tyrell")
}

/// One is cancelled in the middle. Nobody else uses its tenant, which is even invalidated: its pool is there until the end.
pub(crate) async fn cancelled(stage: &mut Stage) -> anyhow::Result<()> {
    stage.journal.title("Cancelled in the middle of an import");
    let tyrell = stage.client.of("tyrell");
    let import = begin(&tyrell).await?;
    let overview = stage.client.overview().await?;
    let row = overview.of("tyrell")?;
    ensure!((&*row.state, row.requests) == ("in use", 0), "operators see {overview:?}");
    stage.tally("tyrell").opened += 1;
    ensure!(stage.client.invalidate("tyrell").await?, "there was nothing to invalidate");
    let seen = tyrell.status(&import).await?;
    let (done, total) = (seen.done.unwrap_or_default(), seen.total.unwrap_or_default());
    ensure!(0 < done && done < total && total == MOST_LINES, "an import in its middle is {seen:?}");
    stage.check_pool("tyrell")?;
    stage.journal.say(format_args!("GET    /imports/..  tyrell 200  running, {done} of {total}; its tenant is in use"));

    let seen = tyrell.cancel(&import).await?;
    ensure!(seen.state == "cancelled", "a cancelled import is {seen:?}");
    ensure!(tyrell.status(&import).await?.state == "cancelled", "it was not for long that it was cancelled");
    stage.journal.say("DELETE /imports/..  tyrell 200  cancelled");
    let tally = stage.tally("tyrell");
    tally.imports.interrupted += 1;
    tally.closed += 1;
    let (closed, notes) = (tally.closed, tally.created - tally.deleted);
    stage.journal.wait_for("database closed", "tyrell", closed).await?;
    check_order(&stage.journal, "tyrell")?;

    let half = stage.hold("tyrell").await?;
    stage.tally("tyrell").opened += 1;
    let found = tyrell.list().await?.len();
    ensure!(found == notes, "tyrell has {found} notes after a cancelled import, not {notes}");
    stage.journal.say(format_args!("GET    /notes       tyrell 200  {notes} notes, none of them imported"));
    half.finish().await
}

/// As many run as may, and another one waits until one of them has ended.
pub(crate) async fn too_many(stage: &mut Stage) -> anyhow::Result<()> {
    stage.journal.title("More imports than may run at a time");
    let [first, second, acme] = ["wayne", "umbrella", "acme"].map(|tenant| stage.client.of(tenant));
    let one = begin_and_hold(stage, "wayne").await?;
    let two = begin_and_hold(stage, "umbrella").await?;
    let three = acme.start_import(&lines(1)).await?;
    let seen = acme.status(&three).await?;
    ensure!(seen.state == "waiting", "an import that may not run yet is {seen:?}");
    stage.journal.say("POST   /imports     acme   202  waiting, as those of wayne and umbrella run");
    one.intruder.close().await?;
    completed(&first, &one.import).await?;
    completed(&acme, &three).await?;
    let seen = second.status(&two.import).await?;
    ensure!(seen.state == "running", "an import that cannot write yet is {seen:?}");
    two.intruder.close().await?;
    completed(&second, &two.import).await?;
    for tenant in ["wayne", "umbrella", "acme"] {
        let tally = stage.tally(tenant);
        tally.opened += 1;
        tally.created += 1;
        tally.imports.completed += 1;
    }
    let most = stage.journal.most_at_a_time("import began", "import ended");
    ensure!(most == AT_A_TIME.get(), "{most} imports ran at a time, not {AT_A_TIME}");
    stage.journal.say(format_args!("all three were completed, {most} at a time"));
    Ok(())
}

/// An import that runs until somebody else has written.
struct Held {
    import: String,
    intruder: Intruder,
}

/// Has somebody else write to the file of a tenant, so that an import of one line takes as long as the demo wants.
async fn begin_and_hold(stage: &Stage, tenant: &'static str) -> anyhow::Result<Held> {
    let mut intruder = Intruder::open(&stage.file(tenant)).await?;
    intruder.execute("BEGIN IMMEDIATE").await?;
    let import = stage.client.of(tenant).start_import(&lines(1)).await?;
    stage.journal.wait_for("import began", tenant, 1).await?;
    Ok(Held { import, intruder })
}

/// Starts as many imports as may run, and another one. Gives the tenant of that, whose pool is not opened for it.
pub(crate) async fn under_way(stage: &mut Stage) -> anyhow::Result<&'static str> {
    for tenant in AT_THE_END {
        begin(&stage.client.of(tenant)).await?;
        let tally = stage.tally(tenant);
        tally.opened += 1;
        tally.imports.interrupted += 1;
    }
    let client = stage.client.of(BROKEN);
    let seen = client.status(&client.start_import(&lines(1)).await?).await?;
    ensure!(seen.state == "waiting", "an import that may not run yet is {seen:?}");
    stage.journal.say("POST   /imports     ...    202  two of them run, and another one waits");
    Ok(BROKEN)
}

fn lines(notes: usize) -> String {
    (1..=notes).map(|line| format!("{{\"title\": \"Line {line}\"}}\n")).collect()
}

/// Starts an import that is long enough to be found in its middle, and waits until it is there.
async fn begin(client: &Client) -> anyhow::Result<String> {
    let import = client.start_import(&lines(MOST_LINES)).await?;
    let in_its_middle = |import: &Import| import.done.is_some_and(|done| done > 0);
    let seen = client.follow(&import, in_its_middle).await?;
    ensure!(seen.state == "running", "a long import did not run: {seen:?}");
    Ok(import)
}

async fn completed(client: &Client, import: &str) -> anyhow::Result<()> {
    let seen = client.follow(import, |_| false).await?;
    ensure!(seen.state == "completed", "an import ended as {seen:?}");
    Ok(())
}

/// Checks that the last import of a tenant had ended before anything of the tenant was released.
fn check_order(journal: &Journal, tenant: &str) -> anyhow::Result<()> {
    let events = ["import ended", "maintenance ended", "database closed"];
    let ticks = events.map(|event| journal.ticks(event, tenant).pop());
    ensure!(ticks.is_sorted(), "{tenant} was closed under an import: {events:?} happened at {ticks:?}");
    Ok(())
}

/// Checks that at the shutdown the imports ended after the requests and before the pools, and that the one that waited never began.
pub(crate) fn check_ended(journal: &Journal, waiting: &str) -> anyhow::Result<()> {
    let drained = journal.last("server drained");
    for tenant in AT_THE_END {
        let ended = journal.ticks("import ended", tenant).pop();
        ensure!(drained < ended, "an import of {tenant} ended at {ended:?}, the server drained at {drained:?}");
        check_order(journal, tenant)?;
    }
    ensure!(journal.count_of("import began", waiting) == 0, "an import began after the shutdown");
    journal.say(
        "imports were interrupted after that, and before their tenants were closed; the one that waited never began",
    );
    Ok(())
}
