//! The program: `cargo run -p tenants` serves, `cargo run -p tenants -- --demo` shows and checks itself.

mod demo;

use std::env;
use std::ffi::OsStr;
use std::io::{IsTerminal, stderr};
use std::process::ExitCode;

use di::prelude::*;
use tenants::app::app;
use tenants::server::Server;

const HELP: &str = "\
An HTTP service for the notes of many tenants.

Usage: tenants [--demo | --help]

Without arguments it serves until Ctrl-C or SIGTERM, and answers what is under way before it ends.
  --demo    serve on a free port, use the service over HTTP as many tenants, stop it, and check all of that
  --help    print this

Environment:
  TENANTS_LISTEN               where to serve                              [default: 127.0.0.1:3000]
  TENANTS_NAMES                the tenants, with commas between them       [default: acme,globex]
  TENANTS_FOLDER               the folder of the database files            [default: databases]
  TENANTS_CONNECTIONS          the most connections to one database        [default: 4]
  TENANTS_IDLE_SECONDS         how long a database stays open when idle    [default: 120]
  TENANTS_MAINTENANCE_SECONDS  how often an open database is maintained    [default: 60]
  TENANTS_IMPORTS              the most imports that run at a time         [default: 2]
";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|argument| OsStr::to_str(argument)).collect();
    match arguments.as_slice() {
        [] => {
            tracing_subscriber::fmt().with_writer(stderr).with_ansi(stderr().is_terminal()).init();
            serve()
        }
        [Some("--demo")] => demo::run(),
        [Some("--help" | "-h")] => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        _ => {
            eprint!("error: these arguments are unknown\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

/// Builds the application, waits for the signal, and releases everything in order.
#[di::main(app())]
async fn serve(server: Inject<Server>, shutdown: Shutdown) {
    println!("serving on http://{}", server.address());
    shutdown.requested().await;
}
