//! Users for each tenant over a database for each tenant: maps that depend on maps. `cargo run --example hierarchical_maps`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use di::prelude::*;
use tokio::time::sleep;

#[derive(Service)]
struct Directory(&'static str);

#[layer]
fn directory() -> Directory {
    Directory("tenants")
}

#[derive(Service)]
struct Database {
    file: String,
    rows: Mutex<Vec<String>>,
}

#[layer_map(Databases, idle_time_to_live = "2 minutes")]
async fn database(tenant: String, directory: Inject<Directory>, scope: &Scope) -> Database {
    let file = format!("{}/{tenant}.db", directory.0);
    println!("+ {file}");
    let closed = file.clone();
    scope.on_close(move |_exit| async move { println!("- {closed}") });
    Database { file, rows: Mutex::default() }
}

#[service]
trait Users {
    async fn create(&self, name: &str) -> usize;
    async fn find(&self, id: usize) -> Option<String>;
}

struct DatabaseUsers(Inject<Database>);

#[service]
impl Users for DatabaseUsers {
    async fn create(&self, name: &str) -> usize {
        let mut rows = self.0.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.push(format!("{name} of {}", self.0.file));
        rows.len() - 1
    }

    async fn find(&self, id: usize) -> Option<String> {
        self.0.rows.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

#[layer(as dyn Users)]
fn users(database: Inject<Database>) -> DatabaseUsers {
    DatabaseUsers(database)
}

// A function that composes: the layer of a tenant's users, over the layer of that tenant's database.
#[layer_map(TenantUsers, idle_time_to_live = "10 seconds")]
fn tenant_users(tenant: String) -> Layer<services![dyn Users], services![Databases]> {
    users().provide(Databases::get(tenant))
}

// Whoever uses the outer map needs to know that one only.
fn app() -> Layer<services![TenantUsers], services![], failures![]> {
    TenantUsers::layer().provide(Databases::layer()).provide(directory())
}

#[effect]
async fn create(users: Inject<dyn Users>, name: &'static str) -> usize {
    users.create(name).await
}

#[effect]
async fn find(users: Inject<dyn Users>, id: usize) -> Option<String> {
    users.find(id).await
}

// The clock stands still, and jumps when everybody waits for it.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = ManagedRuntime::new(app());
    let acme = || TenantUsers::get("acme".into());

    let ada = runtime.run(create("Ada").provide(acme())).await?;
    assert_eq!(runtime.run(find(ada).provide(acme())).await?.as_deref(), Some("Ada of tenants/acme.db"));
    let globex = TenantUsers::get("globex".into());
    assert_eq!(runtime.run(find(ada).provide(globex)).await?, None);

    // The users are gone after ten seconds, the database is not: it stays two minutes more.
    sleep(Duration::from_secs(60)).await;
    assert!(runtime.context().await?.get::<TenantUsers>().keys().is_empty());
    assert_eq!(runtime.run(find(ada).provide(acme())).await?.as_deref(), Some("Ada of tenants/acme.db"));
    sleep(Duration::from_secs(10 + 120)).await;
    assert_eq!(runtime.run(find(ada).provide(acme())).await?, None);
    runtime.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}
