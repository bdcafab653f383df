//! One service for each environment, made from the configuration of that environment: `cargo run --example configured_by_key`.
//!
//! The problem: staging must not send text messages, and production must not find out at three in the morning that its
//! configuration lacks a line. A map whose lookup reads the configuration builds the service of an environment when it is
//! asked for; what is wrong with the configuration is the build error of that key, and of no other.

use std::collections::HashMap;

use di::prelude::*;
use di::types::{AllSame, Apart, Here, Minus, Set, Union};
use serde_json::Value;

/// The configuration of each environment, as it came from files.
#[derive(Service)]
struct Sources(HashMap<&'static str, Value>);

/// What an environment says in its block `notifications`.
#[derive(Debug)]
struct Settings {
    email_provider: String,
    sms_provider: String,
    enable_email: bool,
    enable_sms: bool,
}

/// Why there are no settings.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Failure)]
enum ConfigError {
    #[error("nothing is configured")]
    NoSource,
    #[error("`notifications.{0}` is missing, or not of its type")]
    Field(&'static str),
}

impl Settings {
    fn read(source: &Value) -> Result<Self, ConfigError> {
        let field = |name| (name, &source["notifications"][name]);
        let text = |(name, value): (_, &Value)| value.as_str().map(str::to_owned).ok_or(ConfigError::Field(name));
        let truth = |(name, value): (_, &Value)| value.as_bool().ok_or(ConfigError::Field(name));
        Ok(Self {
            email_provider: text(field("email_provider"))?,
            sms_provider: text(field("sms_provider"))?,
            enable_email: truth(field("enable_email"))?,
            enable_sms: truth(field("enable_sms"))?,
        })
    }
}

/// Sends notifications, as far as its environment wants them to be sent.
#[derive(Service)]
struct Notifications {
    environment: &'static str,
    settings: Settings,
}

/// What became of a notification.
#[derive(Debug, PartialEq)]
enum Sent {
    Through(String),
    Skipped,
}

impl Notifications {
    fn email(&self, to: &str) -> Sent {
        self.send("email", to, self.settings.enable_email, &self.settings.email_provider)
    }

    fn sms(&self, to: &str) -> Sent {
        self.send("text message", to, self.settings.enable_sms, &self.settings.sms_provider)
    }

    fn send(&self, kind: &str, to: &str, enabled: bool, provider: &str) -> Sent {
        if !enabled {
            println!("[{}] {kind} disabled, skipping {to}", self.environment);
            return Sent::Skipped;
        }
        println!("[{}] {kind} to {to} through {provider}", self.environment);
        Sent::Through(provider.to_owned())
    }
}

/// What an environment sends is decided when its service is built.
#[layer_map(NotificationsOf, keep, fails)]
fn notifications(environment: &'static str, sources: Inject<Sources>) -> Result<Notifications, ConfigError> {
    let source = sources.0.get(environment).ok_or(ConfigError::NoSource)?;
    Ok(Notifications { environment, settings: Settings::read(source)? })
}

#[derive(Service)]
struct Customer {
    address: &'static str,
}

#[effect]
async fn greet(notifications: Inject<Notifications>, customer: Inject<Customer>) -> [Sent; 2] {
    [notifications.email(customer.address), notifications.sms(customer.address)]
}

/// Turns any program that needs notifications into one that needs the map of them, whatever else it needs.
///
/// The bounds are those of [`NotificationsOf::provide_to`], which is what is usually called; a helper of one's own repeats
/// them.
fn in_environment<Out, In, Left, Met, Needs>(environment: &'static str, program: Effect<Out, In>) -> Effect<Out, Needs>
where
    Out: Send + 'static,
    In: Set + Minus<Minus<services![Notifications], Here> = Apart<Left, Met>>,
    Met: AllSame,
    Left: Union<Union<services![NotificationsOf], Here> = Needs>,
{
    NotificationsOf::provide_to(environment, program)
}

fn sources() -> Layer<services![Sources], services![], failures![]> {
    let block = |email: &str, sms: bool| {
        serde_json::json!({ "notifications": {
            "email_provider": email, "sms_provider": "carrier", "enable_email": true, "enable_sms": sms
        } })
    };
    let torn = serde_json::json!({ "notifications": { "email_provider": "post", "sms_provider": "carrier" } });
    let sources = [("production", block("post", true)), ("staging", block("inbox", false)), ("torn", torn)];
    Layer::succeed::<Sources>(Sources(sources.into()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = ManagedRuntime::new(layers![<NotificationsOf> NotificationsOf::layer(), sources()]);
    let greet_in = |environment| {
        let program: Effect<[Sent; 2], services![NotificationsOf, Customer]> = in_environment(environment, greet());
        runtime.run(program.provide_service::<Customer>(Customer { address: "ada" }))
    };

    let through = |provider: &str| Sent::Through(provider.to_owned());
    assert_eq!(greet_in("production").await?, [through("post"), through("carrier")]);
    assert_eq!(greet_in("staging").await?, [through("inbox"), Sent::Skipped]);

    for (environment, expected) in [("torn", ConfigError::Field("enable_email")), ("nowhere", ConfigError::NoSource)] {
        let Err(di::RunError::Build(error)) = greet_in(environment).await else { panic!("{environment} was built") };
        println!("{error}");
        assert_eq!(error.failure::<ConfigError>().as_deref(), Some(&expected));
        assert_eq!(error.keys(), [format!("{environment:?}").into()]);
    }
    // What is wrong with one environment is nothing to the others.
    assert_eq!(greet_in("staging").await?, [through("inbox"), Sent::Skipped]);
    let stats = runtime.context().await?.get::<NotificationsOf>().stats();
    assert_eq!((stats.built, stats.failed), (2, 2));
    runtime.shutdown(std::time::Duration::from_secs(5)).await?;
    Ok(())
}
