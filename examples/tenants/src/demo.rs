//! The demo: a real server on real files, used over real HTTP as many tenants, stopped in the middle of its work.

mod client;
mod file;
mod half;
mod imports;
mod journal;
mod maintenance;
mod stage;
mod stop;
mod upkeep;
mod work;

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::ensure;
use di::ManagedRuntime;
use di::prelude::*;
use tenants::app::service;
use tenants::clock::system_clock;
use tenants::config::Config;
use tenants::server::Server;
use tokio::time::timeout;

use journal::Journal;
use stage::{BROKEN, Stage, TENANTS};

/// How long the whole demo may take.
const LIMIT: Duration = Duration::from_secs(60);

/// How long a tenant's pool stays open when idle.
const IDLE_TIME: Duration = Duration::from_millis(400);

/// How long between two times that a tenant's database is maintained.
const MAINTENANCE_INTERVAL: Duration = Duration::from_millis(100);

/// Runs the demo; the exit code says whether all was as it should be.
#[tokio::main]
pub(crate) async fn run() -> ExitCode {
    let journal = Journal::install();
    let result = match timeout(LIMIT, demo(&journal)).await {
        Ok(result) => result,
        Err(_) => Err(anyhow::anyhow!("it did not come to its end within {LIMIT:?}")),
    };
    match result {
        Ok(()) => {
            journal.say("all of it was right");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: the demo failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn demo(journal: &Journal) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join(format!("{BROKEN}.db")), "This is no database. ".repeat(100))?;

    journal.title("Start");
    let world = Layer::succeed::<Config>(config(folder.path())?).merge(system_clock());
    let runtime = ManagedRuntime::new(service().provide(world));
    let address = runtime.context().await?.get::<Server>().address();
    let mut stage = Stage::new(journal.clone(), address, folder.path().into())?;

    let used = use_it(&mut stage).await;
    // Also what failed is stopped in order.
    let stopped = stop::stop(&mut stage, &runtime).await;
    used?;
    stopped?;
    stop::look(&mut stage).await
}

fn config(folder: &Path) -> anyhow::Result<Config> {
    let mut config = Config { listen: (Ipv4Addr::LOCALHOST, 0).into(), folder: folder.into(), ..Config::default() };
    config.tenants = TENANTS.into_iter().chain([BROKEN]).map(str::parse).collect::<Result<_, _>>()?;
    config.idle_time = IDLE_TIME;
    config.maintenance_interval = MAINTENANCE_INTERVAL;
    config.imports = imports::AT_A_TIME;
    Ok(config)
}

async fn use_it(stage: &mut Stage) -> anyhow::Result<()> {
    stage.client.get("/health").await?.expect(200)?;
    stage.check_pools()?;
    let overview = stage.client.overview().await?;
    ensure!(overview.tenants.len() == TENANTS.len() + 1 && overview.opened == 0, "operators see {overview:?}");
    stage.journal.say(format_args!("{} tenants are known, and no database is open", overview.tenants.len()));

    let acme = stage.hold("acme").await?;
    let globex = stage.hold("globex").await?;
    stage.tally("acme").opened += 1;
    stage.tally("globex").opened += 1;
    work::one_tenant(stage).await?;
    work::mistakes(stage).await?;
    work::burst(stage).await?;
    let acme = upkeep::invalidation(stage, acme).await?;
    upkeep::idle(stage, [acme, globex], IDLE_TIME).await?;
    upkeep::reopening(stage).await?;
    upkeep::repair(stage).await?;
    maintenance::maintenance(stage).await?;
    imports::to_the_end(stage).await?;
    imports::mistakes(stage).await?;
    imports::cancelled(stage).await?;
    imports::too_many(stage).await
}
