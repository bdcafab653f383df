//! Tenants: who is one. A request for anybody else is refused before anything is opened.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use di::prelude::*;

use crate::config::Config;

/// The name of a tenant: lower-case letters, digits and hyphens, as it is a part of a file's name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(Arc<str>);

/// A text that is no name of a tenant.
#[derive(Debug, thiserror::Error)]
#[error("a tenant's name consists of lower-case letters, digits and hyphens")]
pub struct NotATenantId;

impl FromStr for TenantId {
    type Err = NotATenantId;

    fn from_str(text: &str) -> Result<Self, NotATenantId> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || !text.chars().all(fits) { Err(NotATenantId) } else { Ok(Self(text.into())) }
    }
}

impl TenantId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A tenant: the key of what there is for each of them.
///
/// Only a [`Directory`] makes one, so nothing is ever built for a name that a client made up. It carries how long its
/// services stay when idle, which may be another time for each tenant.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Tenant {
    id: TenantId,
    idle_time: Duration,
}

impl Tenant {
    /// The name.
    pub fn id(&self) -> &TenantId {
        &self.id
    }

    /// How long the tenant's services stay when nobody uses them.
    pub fn idle_time(&self) -> Duration {
        self.idle_time
    }

    /// Where the tenant's database is, in the folder of all databases.
    pub fn database(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.db", self.id))
    }
}

/// A tenant is its name in errors and logs.
impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.id, f)
    }
}

/// Knows all tenants.
#[derive(Service)]
pub struct Directory {
    tenants: BTreeMap<String, Tenant>,
}

impl Directory {
    /// The tenant of this name.
    pub fn find(&self, name: &str) -> Option<&Tenant> {
        self.tenants.get(name)
    }

    /// All tenants, by name.
    pub fn all(&self) -> impl Iterator<Item = &Tenant> {
        self.tenants.values()
    }
}

/// The folder of the databases cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the folder {}", folder.display())]
pub struct FolderError {
    folder: PathBuf,
    source: io::Error,
}

/// Makes a directory of the tenants in the settings, and the folder of their databases if there is none.
#[layer]
pub fn directory(config: Inject<Config>) -> Result<Directory, FolderError> {
    let folder = &config.folder;
    std::fs::create_dir_all(folder).map_err(|source| FolderError { folder: folder.clone(), source })?;
    let tenant = |id: &TenantId| Tenant { id: id.clone(), idle_time: config.idle_time };
    Ok(Directory { tenants: config.tenants.iter().map(|id| (id.to_string(), tenant(id))).collect() })
}
