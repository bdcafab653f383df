//! Notes on a real file, in a world where it is always noon.

mod common;

use di::prelude::*;
use tempfile::TempDir;
use tenants::database::{Database, database};
use tenants::notes::{NewNote, Notes, sqlite_notes};

use common::{NOON, world};

fn notes(folder: &TempDir) -> Layer<services![dyn Notes, Database]> {
    sqlite_notes().provide_merge(database()).provide(world(folder))
}

fn note(title: &str) -> NewNote {
    NewNote { title: title.into(), text: "text".into() }
}

#[tokio::test]
async fn what_is_kept_can_be_found_listed_and_removed() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let scope = Scope::new();
    let context = notes(&folder).build(&scope).await?;
    let notes = context.get::<dyn Notes>();

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
async fn notes_outlive_the_program() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    for already_there in 0..3 {
        let scope = Scope::new();
        let context = notes(&folder).build(&scope).await?;
        assert_eq!(context.get::<dyn Notes>().list().await?.len(), already_there);
        context.get::<dyn Notes>().create(note("one more")).await?;
        scope.close(Exit::Success).await?;
        assert!(context.get::<Database>().is_closed());
    }
    Ok(())
}
