//! The settings, from environment variables.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use di::prelude::*;

use crate::tenant::TenantId;

/// The settings of the service.
#[derive(Clone, Debug, PartialEq, Eq, Service)]
pub struct Config {
    /// `TENANTS_LISTEN`: where to serve; port 0 is any free port.
    pub listen: SocketAddr,
    /// `TENANTS_NAMES`: the tenants, with commas between them.
    pub tenants: BTreeSet<TenantId>,
    /// `TENANTS_FOLDER`: where the database files are, one for each tenant; made if there is none.
    pub folder: PathBuf,
    /// `TENANTS_CONNECTIONS`: how many connections to a tenant's database there may be.
    pub connections: NonZeroU32,
    /// `TENANTS_IDLE_SECONDS`: how long the database of a tenant stays open when no request uses it.
    pub idle_time: Duration,
    /// `TENANTS_MAINTENANCE_SECONDS`: how long an open database is left alone between two times that it is maintained.
    pub maintenance_interval: Duration,
    /// `TENANTS_IMPORTS`: how many imports may run at a time, those of all tenants together.
    pub imports: NonZeroUsize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 3000).into(),
            tenants: names("acme,globex").expect("these are names"),
            folder: "databases".into(),
            connections: const { NonZeroU32::new(4).unwrap() },
            idle_time: Duration::from_secs(120),
            maintenance_interval: Duration::from_secs(60),
            imports: const { NonZeroUsize::new(2).unwrap() },
        }
    }
}

/// A variable that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {name} is `{found}`, which is not {expected}")]
pub struct ConfigError {
    name: &'static str,
    found: String,
    expected: &'static str,
}

impl Config {
    /// The settings that these variables say, and the defaults for the others.
    pub fn from_variables(variable: impl Fn(&'static str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        let read = |name| (name, variable(name));
        set(&mut config.listen, read("TENANTS_LISTEN"), "an address such as 127.0.0.1:3000", |text| text.parse().ok())?;
        set(&mut config.tenants, read("TENANTS_NAMES"), "names such as acme,globex", names)?;
        set(&mut config.folder, read("TENANTS_FOLDER"), "a path in Unicode", |text| text.parse().ok())?;
        set(&mut config.connections, read("TENANTS_CONNECTIONS"), "a number from 1 on", |text| text.parse().ok())?;
        let seconds = |text: &str| text.parse().ok().map(Duration::from_secs);
        set(&mut config.idle_time, read("TENANTS_IDLE_SECONDS"), "a whole number of seconds", seconds)?;
        // Not all the time: there has to be some between two.
        let some_seconds = |text: &str| seconds(text).filter(|time| !time.is_zero());
        let expected = "a number of seconds from 1 on";
        set(&mut config.maintenance_interval, read("TENANTS_MAINTENANCE_SECONDS"), expected, some_seconds)?;
        set(&mut config.imports, read("TENANTS_IMPORTS"), "a number from 1 on", |text| text.parse().ok())?;
        Ok(config)
    }
}

fn set<T>(
    setting: &mut T,
    (name, text): (&'static str, Option<OsString>),
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<(), ConfigError> {
    if let Some(text) = text {
        let found = || text.to_string_lossy().into_owned();
        *setting = text.to_str().and_then(parse).ok_or_else(|| ConfigError { name, found: found(), expected })?;
    }
    Ok(())
}

fn names(text: &str) -> Option<BTreeSet<TenantId>> {
    text.split(',').map(|name| name.trim().parse().ok()).collect()
}

/// Gives the settings of this process.
#[layer]
pub fn config() -> Result<Config, ConfigError> {
    Config::from_variables(env::var_os)
}
