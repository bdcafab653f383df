//! Four ways to make something a service: a derive, a trait, a tag, and no `Arc` around it.

#![allow(unused)]

use std::net::TcpListener;

use di::prelude::*;

#[derive(Service)]
struct Config;

#[service]
trait Clock {}

struct Wall;
#[service]
impl Clock for Wall {}

#[service(for = TcpListener)]
struct Listener;

#[layer]
fn config() -> Config {
    Config
}

#[layer(as dyn Clock)]
fn clock() -> Wall {
    Wall
}

#[layer(as Listener)]
fn listener(config: Inject<Config>, clock: Inject<dyn Clock>) -> Result<TcpListener, std::io::Error> {
    TcpListener::bind("127.0.0.1:0")
}

fn app() -> Layer<services![Listener]> {
    listener().provide(config().merge(clock()))
}

fn main() {
    let app = app();
}
