//! What clients are told, and what they are not.

mod common;

use di::prelude::*;
use tempfile::TempDir;
use tenants::app::service;
use tenants::database::QueryError;
use tenants::notes::{NewNote, Note, Notes};
use tenants::server::Server;

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

#[tokio::test]
async fn a_failure_of_ours_is_not_told_to_clients() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let scope = Scope::new();
    let broken = service().substitute(Layer::succeed::<dyn Notes>(Broken));
    let context = broken.provide(world(&folder)).build(&scope).await?;
    let answer = get(context.get::<Server>(), "/notes", Some("acme")).await?;
    assert_eq!(answer, (500, r#"{"error":"internal error"}"#.to_owned()));
    scope.close(Exit::Success).await?;
    Ok(())
}

#[tokio::test]
async fn a_request_without_a_tenant_opens_nothing() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let scope = Scope::new();
    let context = service().provide(world(&folder)).build(&scope).await?;
    let server = context.get::<Server>();
    for (tenant, status, error) in [
        (None, 400, "the header x-tenant-id is missing"),
        (Some("nobody"), 404, "there is no such tenant"),
        (Some("../acme"), 404, "there is no such tenant"),
    ] {
        let answer = get(server, "/notes", tenant).await?;
        assert_eq!(answer, (status, format!(r#"{{"error":"{error}"}}"#)));
    }
    assert_eq!(std::fs::read_dir(folder.path().join("databases"))?.count(), 0);
    scope.close(Exit::Success).await?;
    Ok(())
}

async fn get(server: &Server, path: &str, tenant: Option<&str>) -> anyhow::Result<(u16, String)> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let mut request = http.get(format!("http://{}{path}", server.address()));
    if let Some(tenant) = tenant {
        request = request.header("x-tenant-id", tenant);
    }
    let answer = request.send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}
