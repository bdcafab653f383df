//! What is done with the clients: each call knows which client it needs, and not whose.

use std::time::Duration;

use di::prelude::*;
use serde::Deserialize;
use serde_json::json;

use crate::client::{ApiClient, ApiClients, ApiError};
use crate::limit::Remaining;
use crate::settings::{BILLING, CHAT, USERS};

#[derive(Debug, Deserialize)]
pub struct User {
    pub login: String,
    pub email: String,
}

#[derive(Debug, Deserialize)]
struct Customer {
    id: String,
}

/// A user who is a customer now, and everybody knows.
#[derive(Debug)]
pub struct Synced {
    pub login: String,
    pub customer: String,
}

/// Why a workflow did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error(transparent)]
    Run(#[from] di::RunError),
    #[error(transparent)]
    Api(#[from] ApiError),
}

#[effect]
pub async fn find_user(client: Inject<ApiClient>, user: String) -> Result<User, ApiError> {
    Ok(client.get(&format!("/{user}")).await?.data)
}

#[effect]
async fn create_customer(client: Inject<ApiClient>, login: String, email: String) -> Result<String, ApiError> {
    let customer = client.post::<Customer>("", &json!({ "login": login, "email": email })).await?;
    println!("POST billing {} ({} requests remain, says the API)", customer.status, customer.remaining.unwrap_or(0));
    Ok(customer.data.id)
}

#[effect]
pub async fn post_message(client: Inject<ApiClient>, text: String) -> Result<(), ApiError> {
    client.post::<serde_json::Value>("", &json!({ "text": text })).await.map(drop)
}

/// What is left of the limit of a client.
#[effect]
pub async fn limit(client: Inject<ApiClient>) -> Remaining {
    client.limit()
}

/// Makes a customer of a user, and tells everybody: three APIs, one after the other.
#[effect]
pub async fn sync_user(clients: Inject<ApiClients>, user: String) -> Result<Synced, SyncError> {
    let user = clients.provide_to(USERS, retried(find_user(user))).run().await??;
    let customer = retried(create_customer(user.login.clone(), user.email));
    let customer = clients.provide_to(BILLING, customer).run().await??;
    let message = retried(post_message(format!("{} is customer {customer}", user.login)));
    clients.provide_to(CHAT, message).run().await??;
    Ok(Synced { login: user.login, customer })
}

/// What may go better another time is tried up to three times more. The client is the same for all attempts, as it is
/// provided after this.
fn retried<T: Send + 'static>(
    call: Effect<Result<T, ApiError>, services![ApiClient]>,
) -> Effect<Result<T, ApiError>, services![ApiClient]> {
    let schedule = Schedule::exponential(Duration::from_millis(50)).times(3);
    call.retry(schedule.while_input(ApiError::is_transient))
}
