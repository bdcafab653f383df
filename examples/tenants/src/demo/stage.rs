//! What all chapters of the demo work on, and what they expect to find at its end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::ensure;

use super::client::Client;
use super::file::Imports;
use super::half::HalfRequest;
use super::journal::Journal;

/// The tenants with a database.
pub(crate) const TENANTS: [&str; 8] = ["acme", "globex", "hooli", "initech", "stark", "tyrell", "umbrella", "wayne"];

/// A tenant whose file is no database.
pub(crate) const BROKEN: &str = "broken";

/// The service that runs, and what was done to it.
pub(crate) struct Stage {
    pub(crate) journal: Journal,
    pub(crate) client: Client,
    pub(crate) address: SocketAddr,
    pub(crate) folder: PathBuf,
    tallies: BTreeMap<&'static str, Tally>,
}

/// What was done as one tenant, by what the demo knows and not by what the service says.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    /// How often its database has to have been opened by now.
    pub(crate) opened: usize,
    /// How often it has to have been closed by now.
    pub(crate) closed: usize,
    pub(crate) created: usize,
    pub(crate) deleted: usize,
    pub(crate) imports: Imports,
}

impl Stage {
    pub(crate) fn new(journal: Journal, address: SocketAddr, folder: PathBuf) -> anyhow::Result<Self> {
        let tallies = TENANTS.into_iter().chain([BROKEN]).map(|tenant| (tenant, Tally::default())).collect();
        Ok(Self { journal, client: Client::new(address)?, address, folder, tallies })
    }

    /// The tally of a tenant.
    pub(crate) fn tally(&mut self, tenant: &'static str) -> &mut Tally {
        self.tallies.entry(tenant).or_default()
    }

    /// All tallies.
    pub(crate) fn tallies(&self) -> impl Iterator<Item = (&'static str, Tally)> {
        self.tallies.iter().map(|(tenant, tally)| (*tenant, *tally))
    }

    /// Where the file of a tenant is.
    pub(crate) fn file(&self, tenant: &str) -> PathBuf {
        self.folder.join(format!("{tenant}.db"))
    }

    /// Begins a slow request of a tenant. Until it is finished, the tenant's services are in use, however slow this machine
    /// is: what is counted meanwhile can be counted exactly.
    pub(crate) async fn hold(&mut self, tenant: &'static str) -> anyhow::Result<HalfRequest> {
        let provided = self.journal.count_of("provided", tenant);
        let half = HalfRequest::begin(self.address, tenant).await?;
        self.journal.wait_for("provided", tenant, provided + 1).await?;
        self.tally(tenant).created += 1;
        Ok(half)
    }

    /// Waits until nobody has a database open, as all are idle.
    pub(crate) async fn settle(&mut self) -> anyhow::Result<()> {
        for (tenant, tally) in &mut self.tallies {
            tally.closed = tally.opened;
            self.journal.wait_for("database closed", tenant, tally.closed).await?;
        }
        self.check_pools()
    }

    /// Checks that the databases of all tenants were opened and closed as often as they have to be.
    pub(crate) fn check_pools(&self) -> anyhow::Result<()> {
        self.tallies.keys().try_for_each(|tenant| self.check_pool(tenant))
    }

    /// The same for one tenant. What counts are the events of the application itself.
    pub(crate) fn check_pool(&self, tenant: &str) -> anyhow::Result<()> {
        let tally = self.tallies[tenant];
        for (event, times) in [("database opened", tally.opened), ("database closed", tally.closed)] {
            let seen = self.journal.count_of(event, tenant);
            ensure!(seen == times, "`{event}` happened {seen} times for {tenant}, not {times} times");
        }
        Ok(())
    }

    /// Checks that the maintenance of a tenant had ended each time before its database was closed. All of them are.
    pub(crate) fn check_maintenance(&self, tenant: &str) -> anyhow::Result<()> {
        let [began, ended, closed] = ["maintenance began", "maintenance ended", "database closed"]
            .map(|event| self.journal.ticks(event, tenant));
        // It may have ended more often: when it fails, it is run again on the same database.
        let each = ended.len() >= closed.len() && ended.iter().zip(&closed).all(|(ended, closed)| ended < closed);
        let in_order = each && ended.last() <= closed.last();
        ensure!(in_order, "maintenance of {tenant} ended at {ended:?}, its pools were closed at {closed:?}");
        let counts = (began.len(), ended.len());
        ensure!(counts.0 == counts.1, "maintenance of {tenant} began {} times, and ended {} times", counts.0, counts.1);
        Ok(())
    }
}
