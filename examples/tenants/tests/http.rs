//! What clients are told, and what they are not.

mod common;

use di::prelude::*;
use tempfile::TempDir;
use tenants::audit::AuditLog;
use tenants::database::{QueryError, database};
use tenants::http::App;
use tenants::notes::{NewNote, Note, Notes};
use tenants::server::{Server, server};

use common::world;

/// A store that always fails.
struct Broken;

fn broken<T>() -> Result<T, QueryError> {
    Err(sqlx::Error::Protocol("secret".into()).into())
}

#[service]
impl Notes for Broken {
    async fn create(&self, _: NewNote) -> Result<Note, QueryError> {
        broken()
    }

    async fn list(&self) -> Result<Vec<Note>, QueryError> {
        broken()
    }

    async fn find(&self, _: i64) -> Result<Option<Note>, QueryError> {
        broken()
    }

    async fn delete(&self, _: i64) -> Result<bool, QueryError> {
        broken()
    }
}

/// The service, but for the store.
fn service_of_broken_notes(folder: &TempDir) -> Layer<services![Server]> {
    server()
        .provide(App::layer())
        .provide(Layer::succeed::<dyn Notes>(Broken).merge(AuditLog::layer()))
        .provide(database())
        .provide(world(folder))
}

#[tokio::test]
async fn a_failure_of_ours_is_not_told_to_clients() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let scope = Scope::new();
    let context = service_of_broken_notes(&folder).build(&scope).await?;
    let url = format!("http://{}/notes", context.get::<Server>().address());

    let http = reqwest::Client::builder().no_proxy().build()?;
    let answer = http.get(url).send().await?;
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.text().await?, r#"{"error":"internal error"}"#);

    scope.close(Exit::Success).await?;
    Ok(())
}
