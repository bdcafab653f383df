//! The program itself: its arguments, its exit codes, and a real SIGTERM.

#![cfg(unix)]

use std::process::Stdio;

use tempfile::TempDir;
use tenants::imports::MOST_LINES;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

fn tenants() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenants"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).env("TENANTS_LISTEN", "127.0.0.1:0");
    command
}

#[tokio::test]
async fn sigterm_ends_the_program_in_order() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let mut program = tenants().env("TENANTS_FOLDER", folder.path()).spawn()?;
    let mut lines = BufReader::new(program.stdout.take().expect("it is piped")).lines();
    let line = lines.next_line().await?.expect("it says where it serves");
    let url = line.strip_prefix("serving on ").expect("the line ends with the address");
    let http = reqwest::Client::builder().no_proxy().build()?;
    assert_eq!(http.get(format!("{url}/health")).send().await?.text().await?, "ok\n");
    let notes = http.get(format!("{url}/notes")).header("x-tenant-id", "acme").send().await?.text().await?;
    assert_eq!(notes, "[]");

    let id = program.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await?.success());
    let output = program.wait_with_output().await?;
    let log = String::from_utf8(output.stderr)?;
    assert!(output.status.success(), "{}: {log}", output.status);
    let place = |event| log.find(event).unwrap_or_else(|| panic!("no `{event}` in {log}"));
    assert!(place("answered") < place("shutting down"), "{log}");
    assert!(place("shutting down") < place("server drained"), "{log}");
    assert!(place("server drained") < place("database closed"), "{log}");
    Ok(())
}

#[tokio::test]
async fn sigterm_interrupts_an_import_before_its_database_is_closed() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let mut program = tenants().env("TENANTS_FOLDER", folder.path()).spawn()?;
    let mut lines = BufReader::new(program.stdout.take().expect("it is piped")).lines();
    let line = lines.next_line().await?.expect("it says where it serves");
    let url = line.strip_prefix("serving on ").expect("the line ends with the address");
    let http = reqwest::Client::builder().no_proxy().build()?;
    let notes = "{\"title\": \"one of many\"}\n".repeat(MOST_LINES);
    let import = http.post(format!("{url}/imports")).header("x-tenant-id", "acme").body(notes).send().await?;
    let import = format!("{url}{}", import.headers()["location"].to_str()?);
    while !http.get(&import).header("x-tenant-id", "acme").send().await?.text().await?.contains("running") {}

    let id = program.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await?.success());
    let output = program.wait_with_output().await?;
    let log = String::from_utf8(output.stderr)?;
    assert!(output.status.success(), "{}: {log}", output.status);
    let place = |event| log.find(event).unwrap_or_else(|| panic!("no `{event}` in {log}"));
    assert!(place("server drained") < place("import ended"), "{log}");
    assert!(place("exit=cancelled") < place("database closed"), "{log}");
    assert!(place("import ended") < place("database closed"), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_program_that_cannot_start_says_why() -> anyhow::Result<()> {
    let output = tenants().env("TENANTS_LISTEN", "localhost").output().await?;
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr)?;
    let expected = "error: cannot build `Server`: `config` failed: the environment variable TENANTS_LISTEN is \
                    `localhost`, which is not an address such as 127.0.0.1:3000";
    assert!(told.starts_with(expected), "{told}");
    Ok(())
}

#[tokio::test]
async fn arguments_are_checked() -> anyhow::Result<()> {
    for (argument, code) in [("--help", 0), ("--nope", 2)] {
        assert_eq!(tenants().arg(argument).output().await?.status.code(), Some(code), "{argument}");
    }
    Ok(())
}
