//! Work: one tenant and its neighbour, mistakes of clients, and a burst of many clients on all tenants.

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::ensure;
use futures_util::future::try_join_all;
use tokio::task::JoinSet;

use super::client::Client;
use super::half::HalfRequest;
use super::stage::{BROKEN, Stage, TENANTS};

const CLIENTS_OF_A_TENANT: usize = 6;
const NOTES_OF_A_CLIENT: usize = 10;

/// A note is created, found and deleted, and the neighbour sees nothing of it.
pub(crate) async fn one_tenant(stage: &mut Stage) -> anyhow::Result<()> {
    stage.journal.title("One tenant and its neighbour");
    let (acme, globex) = (stage.client.of("acme"), stage.client.of("globex"));
    let created = acme.create("Buy milk").await?;
    stage.journal.say(format_args!("POST   /notes    acme    201  note {} at {:.0}", created.id, created.created_at));
    let second = acme.create("Sell the cow").await?;
    let listed = acme.list().await?;
    ensure!(listed == [created.clone(), second.clone()], "the list is {listed:?}");
    ensure!(acme.find(created.id).await? == created, "another note was found");
    stage.journal.say("GET    /notes    acme    200  that note and another one");
    acme.delete(&format!("/notes/{}", second.id)).await?.expect(204)?;
    acme.get(&format!("/notes/{}", second.id)).await?.expect(404)?;
    stage.journal.say(format_args!("DELETE /notes/{}  acme    204  and it is gone", second.id));
    ensure!(globex.list().await?.is_empty(), "globex has the notes of somebody else");
    stage.journal.say("GET    /notes    globex  200  no notes");
    stage.tally("acme").created += 2;
    stage.tally("acme").deleted += 1;

    let overview = stage.client.overview().await?;
    let states = ["acme", "globex", "hooli"].map(|tenant| overview.of(tenant).map(|row| (&*row.state, row.requests)));
    let [acme, globex, hooli] = states;
    ensure!((acme?, globex?, hooli?) == (("in use", 1), ("in use", 1), ("closed", 0)), "operators see {overview:?}");
    ensure!((overview.in_use, overview.idle, overview.opened) == (2, 0, 2), "operators see {overview:?}");
    stage.journal.say("GET    /admin/tenants    200  acme and globex are in use, the others are closed");
    stage.check_pools()
}

/// What makes no sense is answered with what is wrong, and a broken database concerns nobody but its tenant.
pub(crate) async fn mistakes(stage: &mut Stage) -> anyhow::Result<()> {
    stage.journal.title("Mistakes of clients, and a broken database");
    let (nobody, acme) = (stage.client.clone(), stage.client.of("acme"));
    for body in [r#"{"title": " "}"#, "{"] {
        let error = acme.post(body).await?.expect(400)?.error()?;
        stage.journal.say(format_args!("POST   /notes      acme    400  {error}"));
    }
    for (path, status) in [("/notes/one", 400), ("/notes/999", 404), ("/nowhere", 404)] {
        let error = acme.get(path).await?.expect(status)?.error()?;
        stage.journal.say(format_args!("GET    {path:<10}  acme    {status}  {error}"));
    }
    for (name, client, status) in
        [("-", nobody, 400), ("unknown", stage.client.of("unknown"), 404), (BROKEN, stage.client.of(BROKEN), 503)]
    {
        let error = client.get("/notes").await?.expect(status)?.error()?;
        stage.journal.say(format_args!("GET    /notes      {name:<7} {status}  {error}"));
    }
    ensure!(stage.client.overview().await?.failed == 1, "the database that is broken was not tried once");
    stage.check_pools()
}

/// Many clients of all tenants begin at once: one pool for each tenant, and each note is where it belongs, once.
pub(crate) async fn burst(stage: &mut Stage) -> anyhow::Result<()> {
    let all = TENANTS.len() * CLIENTS_OF_A_TENANT;
    stage.journal.title("A burst");
    let before = TENANTS.map(|tenant| (tenant, stage.journal.count_of("provided", tenant)));
    let begun = Instant::now();
    let clients = TENANTS.into_iter().flat_map(|tenant| [tenant; CLIENTS_OF_A_TENANT]);
    let slow = try_join_all(clients.map(|tenant| HalfRequest::begin(stage.address, tenant))).await?;
    for (tenant, provided) in before {
        stage.journal.wait_for("provided", tenant, provided + CLIENTS_OF_A_TENANT).await?;
        stage.tally(tenant).created += CLIENTS_OF_A_TENANT;
        // The first two have been in use all the time.
        stage.tally(tenant).opened = 1;
    }
    stage.check_pools()?;
    stage.journal.say(format_args!("{all} clients wait for their first answer, on one pool for each of the tenants"));

    let mut clients = JoinSet::new();
    for tenant in TENANTS {
        for number in 0..CLIENTS_OF_A_TENANT {
            clients.spawn(write_notes(stage.client.clone(), tenant, number));
        }
    }
    while let Some(ended) = clients.join_next().await {
        ended??;
    }
    let written = CLIENTS_OF_A_TENANT * NOTES_OF_A_CLIENT;
    for tenant in TENANTS {
        stage.tally(tenant).created += written;
        let titles: Vec<_> = stage.client.of(tenant).list().await?.into_iter().map(|note| note.title).collect();
        let of_tenant = titles.iter().filter(|title| title.ends_with(&format!("of {tenant}")));
        let different: BTreeSet<_> = of_tenant.clone().collect();
        let foreign = titles.iter().filter(|title| title.contains(" of ")).count() - different.len();
        ensure!(different.len() == written, "{tenant} has {} of its {written} notes", different.len());
        ensure!(of_tenant.count() == written && foreign == 0, "{tenant} has notes twice, or those of somebody else");
    }
    try_join_all(slow.into_iter().map(HalfRequest::finish)).await?;
    let notes = TENANTS.len() * written + all;
    stage.journal.say(format_args!("they wrote {notes} notes in {} ms", begun.elapsed().as_millis()));
    stage.journal.say(format_args!("unknown tenants were told so {all} times, and clients of the broken one too"));
    Ok(())
}

/// One client of a tenant, which in the middle of its work is mistaken for a client of others.
async fn write_notes(client: Client, tenant: &'static str, number: usize) -> anyhow::Result<()> {
    let own = client.of(tenant);
    for note in 0..NOTES_OF_A_CLIENT {
        own.create(&format!("Note {note} of client {number} of {tenant}")).await?;
        if note == number {
            client.of("unknown").post("{}").await?.expect(404)?;
            client.of(BROKEN).get("/notes").await?.expect(503)?;
        }
    }
    Ok(())
}
