//! What the program says when it cannot start.

mod common;

use std::ffi::OsString;

use anyhow::Context as _;
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
async fn a_folder_that_cannot_be_made_is_named_with_the_reason() -> anyhow::Result<()> {
    let file = tempfile::NamedTempFile::new()?;
    let folder = file.path().join("databases");
    let error = error_of(Config { folder: folder.clone(), ..Config::default() }).await.to_string();
    let (chain, after) = error.split_once(" (after ").context("it says how long it took")?;
    let expected = format!(
        "cannot build `Server`: `directory` failed: cannot make the folder {}: Not a directory (os error 20)",
        folder.display()
    );
    assert_eq!(chain, expected);
    assert!(after.contains("released: "), "{after}");
    Ok(())
}

#[tokio::test]
async fn a_port_in_use_is_named_and_what_was_built_is_released() -> anyhow::Result<()> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let folder = TempDir::new()?;
    let config = Config { listen: taken.local_addr()?, folder: folder.path().into(), ..Config::default() };
    let error = error_of(config).await;
    let expected = format!("`server` failed: cannot listen on {}: Address already in use", taken.local_addr()?);
    assert!(error.to_string().contains(&expected), "{error}");
    assert!(error.released().contains(&"TenantServices"), "{error}");
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
    for (name, text, expected) in [
        ("TENANTS_CONNECTIONS", "0", "a number from 1 on"),
        ("TENANTS_NAMES", "acme,../globex", "names such as acme,globex"),
        ("TENANTS_NAMES", "", "names such as acme,globex"),
        ("TENANTS_IDLE_SECONDS", "-1", "a whole number of seconds"),
        ("TENANTS_MAINTENANCE_SECONDS", "0", "a number of seconds from 1 on"),
        ("TENANTS_IMPORTS", "0", "a number from 1 on"),
    ] {
        let error = Config::from_variables(|asked| (asked == name).then(|| OsString::from(text))).expect_err(text);
        assert_eq!(error.to_string(), format!("the environment variable {name} is `{text}`, which is not {expected}"));
    }
}

#[test]
fn every_variable_has_a_default() {
    assert_eq!(Config::from_variables(|_| None).expect("nothing is wrong"), Config::default());
}
