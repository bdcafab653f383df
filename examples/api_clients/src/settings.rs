//! What is known of each API: where it is, the key for it, how often it may be asked, and how long to wait for it.

use std::collections::HashMap;
use std::env;
use std::time::Duration;

use di::prelude::*;

use crate::server::Apis;

pub const USERS: &str = "users";
pub const BILLING: &str = "billing";
pub const CHAT: &str = "chat";
/// The users again, with a limit that is soon reached and soon over.
pub const SEARCH: &str = "search";

/// What is known of one API.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    pub base: String,
    pub key: String,
    /// How many requests there may be in a window.
    pub limit: u32,
    pub window: Duration,
    /// How long one attempt may take.
    pub timeout: Duration,
}

/// What is known of all of them.
#[derive(Service)]
pub struct Settings(pub HashMap<&'static str, ApiSettings>);

/// The settings of APIs that are on this machine. Their keys are in the environment, or those of the demo.
#[layer]
pub fn settings(apis: Inject<Apis>) -> Settings {
    let minute = Duration::from_secs(60);
    let api = |path: &str, variable: &str, limit, window| ApiSettings {
        base: format!("http://{}/{path}", apis.address()),
        key: env::var(variable).unwrap_or_else(|_| "demo".into()),
        limit,
        window,
        timeout: Duration::from_secs(2),
    };
    Settings(HashMap::from([
        (USERS, api(USERS, "USERS_API_KEY", 60, minute)),
        (BILLING, api(BILLING, "BILLING_API_KEY", 100, minute)),
        (CHAT, api(CHAT, "CHAT_API_KEY", 5, minute)),
        (SEARCH, api(USERS, "USERS_API_KEY", 2, Duration::from_millis(500))),
    ]))
}
