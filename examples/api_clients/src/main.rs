//! A client for each API that a program uses, with its rate limit, timeout and retries: `cargo run -p api_clients`.
//!
//! The problem: three APIs, each with an address, a key, a limit of requests and a patience of its own, and workflows that run
//! side by side. All of them have to use one client for each API, or the limit is no limit; and what one API does must be
//! nothing to the others. A map of clients builds each on first use and shares it for as long as it is needed.
//!
//! The APIs are a real server on the loopback, which counts what it is asked: [`server`]. The clients and their map:
//! [`client`]. What is done with them: [`workflows`].

mod client;
mod limit;
mod server;
mod settings;
mod workflows;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{bail, ensure};
use di::prelude::*;
use di::{BuildErrorKind, RunError};
use futures_util::{StreamExt, TryStreamExt, stream};

use client::{ApiClients, ApiError, UnknownApi};
use server::{Apis, apis};
use settings::{BILLING, CHAT, USERS, settings};
use workflows::{find_user, post_message, sync_user};

type App = services![ApiClients, Apis];

fn app() -> Layer<App> {
    layers![<ApiClients, Apis> ApiClients::layer(), settings(), apis()]
}

#[tokio::main]
async fn main() -> ExitCode {
    let runtime = ManagedRuntime::new(app());
    let used = use_it(&runtime).await;
    let stopped = stop(&runtime).await;
    match used.and(stopped) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn use_it(runtime: &ManagedRuntime<App>) -> anyhow::Result<()> {
    workflows_side_by_side(runtime).await?;
    a_limit_that_is_reached(runtime).await?;
    a_window_that_ends(runtime).await?;
    an_unknown_api(runtime).await
}

/// Three workflows, two at a time. Each uses three clients, and what one of them says is what the next one is told.
async fn workflows_side_by_side(runtime: &ManagedRuntime<App>) -> anyhow::Result<()> {
    let runs = ["ada", "grace", "edsger"].map(|user| runtime.run(sync_user(user.to_owned())));
    let synced: Vec<_> = stream::iter(runs).buffered(2).map(|run| anyhow::Ok(run??)).try_collect().await?;
    for user in &synced {
        println!("{} is customer {}", user.login, user.customer);
    }
    let customers: Vec<_> = synced.iter().map(|user| user.customer.as_str()).collect();
    ensure!(customers == ["customer-of-ada", "customer-of-grace", "customer-of-edsger"], "{customers:?}");

    let context = runtime.context().await?;
    let asked = context.get::<Apis>().asked();
    // The first request for grace is answered 503, and the first one for a bill of edsger is not answered at all.
    ensure!(asked[USERS] == 4, "the users were asked {} times: three users, and one retry", asked[USERS]);
    ensure!(asked[BILLING] == 4, "billing was asked {} times: three customers, and one retry", asked[BILLING]);
    ensure!(asked[CHAT] == 3, "the chat was asked {} times", asked[CHAT]);
    ensure!(context.get::<Apis>().most_at_once() <= 2, "more than two workflows ran at once");
    let stats = context.get::<ApiClients>().stats();
    ensure!(stats.built == 3, "{} clients were built for three APIs", stats.built);
    println!("11 requests, two of them retries, through 3 clients");
    Ok(())
}

/// What is over the limit is refused by the client; the API does not notice.
async fn a_limit_that_is_reached(runtime: &ManagedRuntime<App>) -> anyhow::Result<()> {
    let context = runtime.context().await?;
    let mut sent = 0;
    let resets_in = loop {
        match runtime.run(post_message(format!("message {sent}")).provide(ApiClients::get(CHAT))).await? {
            Ok(()) => sent += 1,
            Err(ApiError::RateLimited { resets_in }) => break resets_in,
            Err(error) => bail!(error),
        }
    };
    // Three workflows have sent a message each, and five are allowed in a minute.
    ensure!(sent == 2, "{sent} more messages were sent");
    ensure!(context.get::<Apis>().asked()[CHAT] == 5, "the limit did not keep the request from the API");
    ensure!(resets_in <= Duration::from_secs(60), "it is to reset in {resets_in:?}");
    println!("the sixth message is refused here, for {:.0} more seconds", resets_in.as_secs_f64());

    // The clients of the other APIs have limits of their own.
    for api in [USERS, BILLING, CHAT] {
        let client = context.get::<ApiClients>().acquire(&api).await?;
        let limit = client.run(workflows::limit()).await?;
        println!("{api:<8} {} requests remain", limit.remaining);
        ensure!((limit.remaining == 0) == (api == CHAT), "{api} has {} requests left", limit.remaining);
    }
    Ok(())
}

/// A window that is over is a new one.
async fn a_window_that_ends(runtime: &ManagedRuntime<App>) -> anyhow::Result<()> {
    let find = || find_user("ada".into()).provide(ApiClients::get(settings::SEARCH));
    // How many are allowed in one window depends on how slow this machine is; in the end one is refused.
    let resets_in = loop {
        match runtime.run(find()).await? {
            Ok(_) => {}
            Err(ApiError::RateLimited { resets_in }) => break resets_in,
            Err(error) => bail!(error),
        }
    };
    tokio::time::sleep(resets_in).await;
    runtime.run(find()).await??;
    println!("after {} ms there is a new window", resets_in.as_millis());
    Ok(())
}

/// An API that nobody has configured is an error of its key alone, and is not remembered.
async fn an_unknown_api(runtime: &ManagedRuntime<App>) -> anyhow::Result<()> {
    let failed = stream::iter(0..2).then(|_| runtime.run(find_user("ada".into()).provide(ApiClients::get("weather"))));
    let failed: Vec<_> = failed.collect().await;
    for run in failed {
        let Err(RunError::Build(error)) = run else { bail!("there is a client of an unknown API") };
        println!("{error}");
        ensure!(error.failure::<UnknownApi>().is_some_and(|unknown| unknown.0 == "weather"), "it is another error");
        ensure!(matches!(error.kind(), BuildErrorKind::Failed(_)), "it is another kind of error");
    }
    let stats = runtime.context().await?.get::<ApiClients>().stats();
    ensure!(stats.failed == 2, "{} builds failed", stats.failed);
    Ok(())
}

async fn stop(runtime: &ManagedRuntime<App>) -> anyhow::Result<()> {
    let context = runtime.context().await?;
    runtime.shutdown(Duration::from_secs(10)).await?;
    let stats = context.get::<ApiClients>().stats();
    ensure!((stats.in_use, stats.idle) == (0, 0), "clients are left: {stats:?}");
    Ok(())
}
