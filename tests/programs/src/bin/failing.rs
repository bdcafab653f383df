//! A program in whose end something fails, as its argument says; the release of one layer has a third of a second.

use std::io::Write;
use std::time::Duration;

use di::prelude::*;
use di::{FiberMap, FiberOptions, FiberScope};

#[derive(Service)]
struct Config {
    wish: String,
}

#[derive(Service)]
struct Server {
    config: Inject<Config>,
}

#[derive(Service)]
struct Session;

/// Lines are read by a test that waits for them.
fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("the test reads the output");
}

#[layer]
fn config(scope: &Scope) -> Config {
    scope.on_close(async |_exit| say("config released"));
    Config { wish: std::env::args().nth(1).unwrap_or_default() }
}

#[layer]
fn server(config: Inject<Config>, scope: &Scope) -> Server {
    let wish = config.wish.clone();
    scope.on_close_named("socket", async move |_exit| {
        say("server released");
        match wish.as_str() {
            "finalizer-fails" => Err("the socket is gone"),
            "layer-hangs" => std::future::pending().await,
            "fails-and-is-slow" => {
                tokio::time::sleep(Duration::from_millis(200)).await;
                Ok(())
            }
            _ => Ok(()),
        }
    });
    Server { config }
}

#[layer_map(Sessions, keep)]
fn session(user: u32, server: Inject<Server>, scope: &Scope) -> Session {
    let fails = server.config.wish == "key-fails";
    scope.on_close_named("log out", async move |_exit| {
        say(&format!("session {user} released"));
        if fails { Err("nobody is logged in") } else { Ok(()) }
    });
    Session
}

fn app() -> Layer<services![Server, Sessions], services![], failures![]> {
    Sessions::layer().provide_merge(server()).provide(config())
}

#[di::main(app(), shutdown_timeout = "2 seconds", release_timeout = "300 ms", worker_threads = 2)]
async fn main(
    server: Inject<Server>,
    sessions: Inject<Sessions>,
    scope: &Scope,
    shutdown: Shutdown,
) -> Result<(), BuildError> {
    if server.config.wish == "key-fails" {
        sessions.context(&7, scope).await?;
    }
    say("ready");
    let tasks = FiberMap::new(scope);
    match server.config.wish.as_str() {
        "fiber-fails" => {
            tasks.run("metrics", async |fiber: FiberScope| {
                fiber.on_interrupt(async || say("metrics released"));
                std::future::pending::<()>().await
            });
            let ingest = async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err::<(), _>("the queue is gone")
            };
            tasks.run_with("ingest", FiberOptions::new().critical(), ingest);
        }
        "fails" | "fails-and-is-slow" => {
            let failing = shutdown.clone();
            tokio::spawn(async move { failing.fail("ingest", "the queue is gone") });
        }
        "never-awaits" => loop {
            std::thread::sleep(Duration::from_millis(10));
        },
        _ => {}
    }
    shutdown.requested().await;
    say("told");
    if server.config.wish == "fails-late" {
        shutdown.fail("ingest", "the queue could not be emptied");
    }
    Ok(())
}
