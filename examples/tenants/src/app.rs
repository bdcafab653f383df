//! The wiring: which layer feeds which.

use di::prelude::*;

use crate::audit::AuditLog;
use crate::clock::{Clock, system_clock};
use crate::config::{Config, config};
use crate::database::database;
use crate::http::App;
use crate::notes::sqlite_notes;
use crate::server::{Server, server};

/// The program: the service, with what it takes from the world around it.
pub fn app() -> Layer<services![Server]> {
    service().provide(config().merge(system_clock()))
}

/// The service alone. Its type says what the world has to give: tests and the demo give their own.
pub fn service() -> Layer<services![Server], services![Config, dyn Clock]> {
    server().provide(App::layer()).provide(sqlite_notes().merge(AuditLog::layer())).provide(database())
}
