//! Whoever runs a reference that refreshes is told, by its name, when it does not.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::Journal;
use di::LayerRef;
use di::prelude::*;
use tokio::time::sleep;

#[derive(Service)]
struct Rules;

/// The second reading fails, and the third one hangs.
#[layer]
async fn rules(readings: Arc<AtomicU64>) -> Result<Rules, std::io::Error> {
    match readings.fetch_add(1, Ordering::Relaxed) {
        1 => Err(std::io::Error::other("torn")),
        2 => std::future::pending().await,
        _ => Ok(Rules),
    }
}

#[service(for = LayerRef<services![Rules]>)]
struct CurrentRules;

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_or_hangs_is_logged_by_the_name_of_its_reference() {
    let (journal, readings, scope) = (Journal::start(), Arc::<AtomicU64>::default(), Scope::new());
    let hourly = Schedule::spaced(Duration::from_secs(3600));
    let app = LayerRef::new(rules(readings.clone())).keep().refresh_on(hourly).layer::<CurrentRules>();
    let app = app.build(&scope).await.unwrap();
    drop(app.get::<CurrentRules>().acquire().await.unwrap());
    sleep(Duration::from_secs(3 * 3600 + 1)).await;
    assert_eq!(readings.load(Ordering::Relaxed), 4);
    // A refresh that comes while the reference closes is not a failure.
    let held = app.get::<CurrentRules>().acquire().await.unwrap();
    assert!(app.get::<CurrentRules>().close_graceful(Duration::from_secs(2 * 3600)).await);
    drop(held);
    let warnings: Vec<_> = journal.lines().into_iter().filter(|line| line.starts_with("WARN")).collect();
    assert_eq!(
        warnings,
        [
            "WARN a layer was not refreshed; the old one stays reference=\"CurrentRules\" \
             error=cannot build `Rules`: `rules` failed: torn",
            "WARN a refresh is given up at the time of the next one; the old one stays reference=\"CurrentRules\"",
        ]
    );
}
