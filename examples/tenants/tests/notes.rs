//! The notes of tenants on real files, in a world where it is always noon.

mod common;

use anyhow::Context as _;
use di::prelude::*;
use tempfile::TempDir;
use tenants::app::TenantServices;
use tenants::notes::{NewNote, Notes};
use tenants::tenant::{Directory, Tenant, directory};

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
