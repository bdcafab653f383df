//! The notes of tenants on real files, and what is done with them in the background, in a world where it is always noon.

mod common;

use std::time::Duration;

use anyhow::Context as _;
use di::prelude::*;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;
use tenants::app::TenantServices;
use tenants::audit::{Action, AuditLog};
use tenants::imports::Importer;
use tenants::maintenance::{Maintenance, Statistics};
use tenants::notes::{NewNote, Notes};
use tenants::tenant::{Directory, Tenant, directory};
use tokio::time::sleep;

use common::{NOON, world};

/// What there is for each tenant, without a server around it.
fn tenants(folder: &TempDir) -> Layer<services![TenantServices, Directory]> {
    TenantServices::layer().merge(directory()).provide(world(folder))
}

fn tenant(context: &Context<services![TenantServices, Directory]>, name: &str) -> anyhow::Result<Tenant> {
    context.get::<Directory>().find(name).cloned().context("there is no such tenant")
}

fn note(title: &str) -> NewNote {
    NewNote { title: title.into(), text: "text".into() }
}

#[tokio::test]
async fn what_is_kept_can_be_found_listed_and_removed() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let scope = Scope::new();
    let context = tenants(&folder).build(&scope).await?;
    let acme = context.get::<TenantServices>().acquire(&tenant(&context, "acme")?).await?;
    let notes = acme.get::<dyn Notes>();

    let first = notes.create(note("first")).await?;
    let second = notes.create(note("second")).await?;
    assert_eq!((first.id, second.id), (1, 2));
    assert_eq!(first.created_at.to_string(), NOON);
    assert_eq!(notes.list().await?, [first.clone(), second]);
    assert_eq!(notes.find(1).await?, Some(first));
    assert!(notes.delete(1).await?);
    assert!(!notes.delete(1).await?);
    assert_eq!(notes.find(1).await?, None);

    scope.close(Exit::Success).await?;
    Ok(())
}

#[tokio::test]
async fn a_tenant_has_no_notes_of_another_one() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let scope = Scope::new();
    let context = tenants(&folder).build(&scope).await?;
    let services = context.get::<TenantServices>();
    let acme = services.acquire(&tenant(&context, "acme")?).await?;
    let globex = services.acquire(&tenant(&context, "globex")?).await?;
    acme.get::<dyn Notes>().create(note("of acme")).await?;
    assert_eq!(globex.get::<dyn Notes>().list().await?, []);
    assert_eq!(services.stats().in_use, 2);
    scope.close(Exit::Success).await?;
    Ok(())
}

#[tokio::test]
async fn notes_outlive_the_program() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    for already_there in 0..3 {
        let scope = Scope::new();
        let context = tenants(&folder).build(&scope).await?;
        let acme = context.get::<TenantServices>().acquire(&tenant(&context, "acme")?).await?;
        let notes = acme.get::<dyn Notes>().clone();
        assert_eq!(notes.list().await?.len(), already_there);
        notes.create(note("one more")).await?;
        scope.close(Exit::Success).await?;
        assert!(notes.list().await.is_err(), "the pool is closed");
    }
    Ok(())
}

#[tokio::test]
async fn notes_are_counted_in_the_background_and_old_changes_are_forgotten() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let scope = Scope::new();
    let context = tenants(&folder).build(&scope).await?;
    let acme = context.get::<TenantServices>().acquire(&tenant(&context, "acme")?).await?;
    for title in ["first", "second"] {
        let note = acme.get::<dyn Notes>().create(note(title)).await?;
        acme.get::<AuditLog>().record(Action::Created, note.id).await?;
    }
    let file = SqliteConnectOptions::new().filename(folder.path().join("databases/acme.db"));
    let mut file = file.connect().await?;
    sqlx::query("INSERT INTO audit (at, action, note_id) VALUES ('2028-01-01T00:00:00Z', 'created', 7)")
        .execute(&mut file)
        .await?;
    let old = "SELECT COUNT(*) FROM audit WHERE note_id = 7";
    while sqlx::query_scalar::<_, i64>(old).fetch_one(&mut file).await? > 0 {
        sleep(Duration::from_millis(1)).await;
    }
    file.close().await?;
    let counted = acme.get::<Maintenance>().statistics().await?;
    assert_eq!(counted, Some(Statistics { at: NOON.into(), notes: 2, audit: 2 }));
    drop(acme);
    scope.close(Exit::Success).await?;
    Ok(())
}

#[tokio::test]
async fn an_import_that_was_completed_cannot_be_recorded_as_interrupted() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let scope = Scope::new();
    let context = tenants(&folder).build(&scope).await?;
    let acme = context.get::<TenantServices>().acquire(&tenant(&context, "acme")?).await?;
    let importer = acme.get::<Importer>();
    let mut batch = importer.begin().await?;
    batch.add(note("first")).await?;
    assert_eq!(batch.commit("completed").await?, 1);
    assert!(!importer.record_failure("completed", None).await?);

    let mut batch = importer.begin().await?;
    batch.add(note("second")).await?;
    drop(batch);
    assert!(importer.record_failure("interrupted", None).await?);
    assert_eq!(acme.get::<dyn Notes>().list().await?.len(), 1);
    drop(acme);
    scope.close(Exit::Success).await?;
    Ok(())
}
