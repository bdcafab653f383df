//! The wiring: what there is once, and what there is for each tenant.

use di::prelude::*;

use crate::audit::AuditLog;
use crate::clock::{Clock, system_clock};
use crate::config::{Config, config};
use crate::database::database;
use crate::http::App;
use crate::imports::{Importer, imports};
use crate::maintenance::{Maintenance, maintenance};
use crate::notes::{Notes, sqlite_notes};
use crate::requests::Requests;
use crate::server::{Server, server};
use crate::tenant::{Tenant, directory};

/// The program: the service, with what it takes from the world around it.
pub fn app() -> Layer<services![Server]> {
    layers![<Server> ..service(), config(), system_clock()]
}

/// The service alone. Its type says what the world has to give: tests and the demo give their own.
pub fn service() -> Layer<services![Server], services![Config, dyn Clock]> {
    layers![<Server needs Config, dyn Clock>
        server(), App::layer(), imports(), TenantServices::layer(), directory(), Requests::layer(),
    ]
}

/// What there is for each tenant while the tenant is in use and for a while after it: a pool on a file of its own, which
/// nobody but these services gets, and what is done with it in the background.
#[layer_map(TenantServices, idle_time_to_live_by = Tenant::idle_time)]
pub fn tenant_services(
    tenant: Tenant,
) -> Layer<services![dyn Notes, AuditLog, Maintenance, Importer], services![Config, dyn Clock]> {
    layers![<dyn Notes, AuditLog, Maintenance, Importer needs Config, dyn Clock>
        sqlite_notes(), AuditLog::layer(), maintenance(tenant.clone()), Importer::layer(), database(tenant),
    ]
}
