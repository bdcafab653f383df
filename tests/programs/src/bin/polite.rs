//! A program that is told of its end, and has a second for it.

use std::io::Write;

use di::prelude::*;

#[derive(Service)]
struct Server {
    wish: String,
}

/// Lines are read by a test that waits for them.
fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("the test reads the output");
}

#[layer]
fn server(scope: &Scope) -> Server {
    let wish = std::env::args().nth(1).unwrap_or_default();
    let hangs = wish == "hang";
    scope.on_close_named("socket", async move |_exit| {
        say("server released");
        if hangs {
            std::future::pending::<()>().await;
        }
    });
    Server { wish }
}

#[di::main(server(), shutdown_timeout = "1 second", worker_threads = 2)]
async fn main(server: Inject<Server>, shutdown: Shutdown) {
    say("ready");
    shutdown.requested().await;
    say("told");
    if server.wish == "ignore" {
        std::future::pending::<()>().await;
    }
    say("done");
}
