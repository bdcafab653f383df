//! The behaviours of a service that tests need, by key: `cargo run --example test_scenarios`.
//!
//! The problem: a payment gateway that accepts, refuses, hangs, or fails the first time only, and a test for each of them,
//! without a mock built anew in every test. A map gives the gateway of a scenario; a test chooses by the key, and nothing
//! else changes. It ends with what a retry does to a gateway that fails the first time: a refusal that is a value is not
//! retried, and what is provided inside of a retry begins anew with each attempt.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use di::prelude::*;
use di::{BuildErrorKind, LayerMap};
use tokio::time::{Instant, sleep, timeout};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Success,
    Failed,
}

#[service]
trait Gateway {
    /// Takes the money: an id of the transaction, and what became of it.
    async fn pay(&self, cents: u64) -> (String, Status);
}

/// What a gateway does. The `match` over it is complete, or the example does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Scenario {
    Success,
    Failure,
    Timeout,
    PartialFailure,
}

struct Scripted {
    scenario: Scenario,
    calls: AtomicU32,
}

#[service]
impl Gateway for Scripted {
    async fn pay(&self, cents: u64) -> (String, Status) {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let status = match self.scenario {
            Scenario::Success => Status::Success,
            Scenario::Failure => Status::Failed,
            Scenario::Timeout => {
                sleep(Duration::from_secs(10)).await;
                Status::Failed
            }
            Scenario::PartialFailure if call == 1 => Status::Failed,
            Scenario::PartialFailure => Status::Success,
        };
        (format!("{:?}-{cents}-{call}", self.scenario), status)
    }
}

#[layer(as dyn Gateway)]
fn scripted(scenario: Scenario) -> Scripted {
    Scripted { scenario, calls: AtomicU32::new(0) }
}

/// Each gateway counts its calls for as long as the map lives.
#[layer_map(Gateways, keep)]
fn gateway(scenario: Scenario) -> Layer<services![dyn Gateway], services![], failures![]> {
    scripted(scenario)
}

/// The same gateways, but each is gone as soon as nobody uses it.
#[layer_map(FleetingGateways, release_immediately)]
fn fleeting_gateway(scenario: Scenario) -> Layer<services![dyn Gateway], services![], failures![]> {
    gateway(scenario)
}

#[derive(Clone, Debug, PartialEq)]
struct Receipt {
    order: u32,
    transaction: String,
    paid: bool,
}

/// What is tested: it knows of no scenario.
#[effect]
async fn pay_order(gateway: Inject<dyn Gateway>, order: u32) -> Receipt {
    let (transaction, status) = gateway.pay(995).await;
    Receipt { order, transaction, paid: status == Status::Success }
}

/// The same with a refusal as an error, which is what a retry acts upon.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("order {0} was not paid")]
struct NotPaid(u32);

#[effect]
async fn pay_order_or_fail(gateway: Inject<dyn Gateway>, order: u32) -> Result<Receipt, NotPaid> {
    let (transaction, status) = gateway.pay(995).await;
    if status == Status::Failed { Err(NotPaid(order)) } else { Ok(Receipt { order, transaction, paid: true }) }
}

type Failing = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Failing> {
    each_scenario_by_its_key().await?;
    a_value_is_not_retried().await?;
    what_is_provided_inside_of_a_retry_begins_anew().await?;
    an_unknown_name_is_an_error().await
}

async fn each_scenario_by_its_key() -> Result<(), Failing> {
    let runtime = ManagedRuntime::new(Gateways::layer());
    let pay = |order, scenario| runtime.run(Gateways::provide_to(scenario, pay_order(order)));

    let paid = pay(1, Scenario::Success).await?;
    assert_eq!(paid, Receipt { order: 1, transaction: "Success-995-1".into(), paid: true });
    // A refusal is a receipt as well, and no error.
    assert!(!pay(2, Scenario::Failure).await?.paid);

    let begun = Instant::now();
    let in_time = timeout(Duration::from_secs(2), pay(3, Scenario::Timeout)).await;
    let receipt = in_time.unwrap_or_else(|_| Ok(Receipt { order: 3, transaction: "none".into(), paid: false }))?;
    assert_eq!((receipt.transaction.as_str(), begun.elapsed()), ("none", Duration::from_secs(2)));

    // The gateway of a key is one gateway, which knows that it was called before.
    assert!(!pay(4, Scenario::PartialFailure).await?.paid);
    assert!(pay(4, Scenario::PartialFailure).await?.paid);
    println!("each scenario does what its name says");
    Ok(runtime.shutdown(Duration::from_secs(1)).await.map(drop)?)
}

async fn a_value_is_not_retried() -> Result<(), Failing> {
    let flaky = Gateways::get(Scenario::PartialFailure);

    // A receipt that says "not paid" is a value to a retry: there is one attempt.
    let as_a_value = pay_order(5).map(Ok::<_, NotPaid>).retry(Schedule::recurs(2));
    let receipt = ManagedRuntime::new(Gateways::layer()).run(as_a_value.provide(flaky.clone())).await??;
    assert_eq!((receipt.transaction.as_str(), receipt.paid), ("PartialFailure-995-1", false));

    // To go on until a value is good, repeat.
    let until_paid = pay_order(5).repeat(Schedule::recurs(2).until_input(|receipt: &Receipt| receipt.paid));
    let receipt = ManagedRuntime::new(Gateways::layer()).run(until_paid.provide(flaky.clone())).await?;
    assert_eq!((receipt.transaction.as_str(), receipt.paid), ("PartialFailure-995-2", true));

    // Or say that it is an error.
    let as_an_error = pay_order_or_fail(5).retry(Schedule::recurs(2));
    let receipt = ManagedRuntime::new(Gateways::layer()).run(as_an_error.provide(flaky)).await??;
    assert_eq!(receipt.transaction, "PartialFailure-995-2");
    println!("a refusal is retried if it is an error");
    Ok(())
}

async fn what_is_provided_inside_of_a_retry_begins_anew() -> Result<(), Failing> {
    let runtime = ManagedRuntime::new(FleetingGateways::layer());
    let flaky = || FleetingGateways::get(Scenario::PartialFailure);
    // Three attempts, and each is the first one of a gateway of its own.
    let inside = pay_order_or_fail(6).provide(flaky()).retry(Schedule::recurs(2));
    assert_eq!(runtime.run(inside).await?, Err(NotPaid(6)));
    // One gateway for all attempts.
    let outside = pay_order_or_fail(6).retry(Schedule::recurs(2)).provide(flaky());
    assert_eq!(runtime.run(outside).await??.transaction, "PartialFailure-995-2");
    assert_eq!(runtime.context().await?.get::<FleetingGateways>().stats().built, 4);

    // A map that keeps its gateways has one, wherever it is provided.
    let runtime = ManagedRuntime::new(Gateways::layer());
    let kept = pay_order_or_fail(6).provide(Gateways::get(Scenario::PartialFailure)).retry(Schedule::recurs(2));
    assert_eq!(runtime.run(kept).await??.transaction, "PartialFailure-995-2");
    println!("who retries provides after the retry, or keeps the gateway");
    Ok(())
}

/// Where the scenario comes from outside as a text, the record of all of them says which there are.
async fn an_unknown_name_is_an_error() -> Result<(), Failing> {
    let scope = Scope::new();
    let scenarios = [Scenario::Success, Scenario::Failure, Scenario::Timeout, Scenario::PartialFailure];
    let by_name: HashMap<_, _> = scenarios.map(|it| (format!("{it:?}"), scripted(it))).into();
    let gateways = LayerMap::from_record(by_name).keep().build(&scope).await?;
    assert_eq!(gateways.acquire("Failure").await?.get::<dyn Gateway>().pay(1).await.1, Status::Failed);
    let unknown = gateways.acquire("Earthquake").await.expect_err("there is no such scenario");
    assert!(matches!(unknown.kind(), BuildErrorKind::UnknownKey));
    println!("{unknown}");
    Ok(scope.close(Exit::Success).await?)
}
