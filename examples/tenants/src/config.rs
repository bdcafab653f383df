//! The settings, from environment variables.

use std::env;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use di::prelude::*;

/// The settings of the service.
#[derive(Clone, Debug, PartialEq, Eq, Service)]
pub struct Config {
    /// `TENANTS_LISTEN`: where to serve; port 0 is any free port.
    pub listen: SocketAddr,
    /// `TENANTS_DATABASE`: the database file, made if there is none.
    pub database: PathBuf,
    /// `TENANTS_CONNECTIONS`: how many connections to the database there may be.
    pub connections: NonZeroU32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 3000).into(),
            database: "notes.db".into(),
            connections: const { NonZeroU32::new(4).unwrap() },
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
        set(&mut config.listen, read("TENANTS_LISTEN"), "an address such as 127.0.0.1:3000")?;
        set(&mut config.database, read("TENANTS_DATABASE"), "a path in Unicode")?;
        set(&mut config.connections, read("TENANTS_CONNECTIONS"), "a number from 1 on")?;
        Ok(config)
    }
}

fn set<T: FromStr>(
    setting: &mut T,
    (name, text): (&'static str, Option<OsString>),
    expected: &'static str,
) -> Result<(), ConfigError> {
    if let Some(text) = text {
        let found = || text.to_string_lossy().into_owned();
        let parsed = text.to_str().and_then(|text| text.parse().ok());
        *setting = parsed.ok_or_else(|| ConfigError { name, found: found(), expected })?;
    }
    Ok(())
}

/// Gives the settings of this process.
#[layer]
pub fn config() -> Result<Config, ConfigError> {
    Config::from_variables(env::var_os)
}
