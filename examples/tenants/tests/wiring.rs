//! What the program says when it cannot start.

mod common;

use std::ffi::OsString;

use di::prelude::*;
use tempfile::TempDir;
use tenants::app::service;
use tenants::clock::system_clock;
use tenants::config::Config;

use common::world;

async fn error_of(config: Config) -> BuildError {
    let world = Layer::succeed::<Config>(config).merge(system_clock());
    let built = service().provide(world).build(&Scope::new()).await;
    built.expect_err("the service cannot be built")
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_named_with_the_reason() {
    let error = error_of(Config { database: "/nowhere/notes.db".into(), ..Config::default() }).await.to_string();
    let (chain, after) = error.split_once(" (after ").expect("it says how long it took");
    assert_eq!(
        chain,
        "cannot build `Server`: `database` failed: cannot open the database /nowhere/notes.db: \
         error returned from database: (code: 14) unable to open database file"
    );
    assert!(after.contains("released: "), "{after}");
}

#[tokio::test]
async fn a_port_in_use_is_named_and_what_was_built_is_released() -> anyhow::Result<()> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let folder = TempDir::new()?;
    let config = Config { listen: taken.local_addr()?, database: folder.path().join("notes.db"), ..Config::default() };
    let error = error_of(config).await;
    let expected = format!("`server` failed: cannot listen on {}: Address already in use", taken.local_addr()?);
    assert!(error.to_string().contains(&expected), "{error}");
    assert!(error.released().contains(&"database"), "{error}");
    Ok(())
}

#[tokio::test]
async fn the_service_needs_nothing_but_its_world() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let scope = Scope::new();
    service().provide(world(&folder)).build(&scope).await?;
    scope.close(Exit::Success).await?;
    Ok(())
}

#[test]
fn a_variable_that_makes_no_sense_is_named() {
    let variable = |name| (name == "TENANTS_CONNECTIONS").then(|| OsString::from("0"));
    let error = Config::from_variables(variable).expect_err("there is no pool of 0 connections");
    let expected = "the environment variable TENANTS_CONNECTIONS is `0`, which is not a number from 1 on";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn every_variable_has_a_default() {
    assert_eq!(Config::from_variables(|_| None).expect("nothing is wrong"), Config::default());
}
