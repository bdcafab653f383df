//! The world around the service, in tests.

use std::net::Ipv4Addr;
use std::time::Duration;

use di::prelude::*;
use tempfile::TempDir;
use tenants::clock::Clock;
use tenants::config::Config;

pub const NOON: &str = "2030-01-02T12:00:00Z";

/// It is always noon.
struct Noon;

#[service]
impl Clock for Noon {
    fn now(&self) -> jiff::Timestamp {
        NOON.parse().expect("it is a time")
    }
}

/// A world with databases in this folder, which are maintained all the time, any free port, and a clock that stands still.
pub fn world(folder: &TempDir) -> Layer<services![Config, dyn Clock], services![], failures![]> {
    let folder = folder.path().join("databases");
    let (listen, maintenance_interval) = ((Ipv4Addr::LOCALHOST, 0).into(), Duration::from_millis(5));
    let config = Config { listen, folder, maintenance_interval, ..Config::default() };
    Layer::succeed::<Config>(config).merge(Layer::succeed::<dyn Clock>(Noon))
}
