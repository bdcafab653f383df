//! A program that says what it does, and ends as its argument tells it to, or when it is cancelled.

use std::io::Write;

use di::prelude::*;

#[derive(Service)]
struct Config {
    wish: String,
}

#[derive(Service)]
struct Server {
    config: Inject<Config>,
}

/// Lines are read by a test that waits for them.
fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("the test reads the output");
}

#[layer]
fn config(scope: &Scope) -> Config {
    scope.on_close(async |exit| say(&format!("config released: {exit}")));
    Config { wish: std::env::args().nth(1).unwrap_or_default() }
}

#[layer]
async fn server(config: Inject<Config>, scope: &Scope) -> Result<Server, String> {
    let hangs = config.wish == "hang";
    scope.on_close_named("socket", async move |exit| {
        say(&format!("server released: {exit}"));
        if hangs {
            std::future::pending::<()>().await;
        }
    });
    match config.wish.as_str() {
        "fail-to-build" => Err("the port is taken".to_owned()),
        "build-for-ever" => {
            say("ready");
            std::future::pending().await
        }
        _ => Ok(Server { config }),
    }
}

#[di::main(server().provide(config()), shutdown_timeout = "60 seconds", worker_threads = 2)]
async fn main(server: Inject<Server>) -> Result<(), String> {
    say("ready");
    match server.config.wish.as_str() {
        "return" => Ok(()),
        "fail" => Err("the disk is full".to_owned()),
        "panic" => panic!("a bug"),
        _ => std::future::pending().await,
    }
}
