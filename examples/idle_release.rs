//! What is costly is made once, shared, and released when nobody has used it for a while: `cargo run --example idle_release`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use di::prelude::*;
use tokio::time::{Instant, sleep};

#[derive(Service)]
struct Engine {
    key: String,
    made: Instant,
    used: Arc<AtomicU32>,
}

impl Engine {
    fn compute(&self, input: &str) -> String {
        self.used.fetch_add(1, Ordering::Relaxed);
        format!("{}:{input}:computed", self.key)
    }
}

#[layer_map(Engines, idle_time_to_live = "30 seconds")]
async fn engine(key: String, scope: &Scope) -> Engine {
    println!("making the engine {key}");
    sleep(Duration::from_secs(2)).await;
    let used = Arc::new(AtomicU32::new(0));
    let engine = Engine { key, made: Instant::now(), used: used.clone() };
    let key = engine.key.clone();
    scope.on_close(move |_exit| async move {
        println!("releasing the engine {key}, used {} times", used.load(Ordering::Relaxed));
    });
    engine
}

#[effect]
async fn compute(engine: Inject<Engine>, input: &'static str) -> String {
    engine.compute(input)
}

// The clock stands still, and jumps when everybody waits for it.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = ManagedRuntime::new(Engines::layer());
    let shared = || Engines::get("shared".into());

    // Two at the same time share one engine, and both wait for it.
    let begun = Instant::now();
    let (one, two) =
        tokio::join!(runtime.run(compute("one").provide(shared())), runtime.run(compute("two").provide(shared())),);
    assert_eq!([one?, two?], ["shared:one:computed", "shared:two:computed"]);
    assert_eq!(begun.elapsed().as_secs(), 2);

    // A third one comes within thirty seconds after the last use, which therefore is the third one's.
    sleep(Duration::from_secs(20)).await;
    let engines = runtime.context().await?.get::<Engines>().clone();
    let engine = engines.acquire("shared").await?;
    assert_eq!(
        (engine.get::<Engine>().used.load(Ordering::Relaxed), engine.get::<Engine>().made.elapsed().as_secs()),
        (2, 20)
    );
    drop(engine);

    // Nobody comes any more.
    sleep(Duration::from_secs(35)).await;
    assert!(!engines.contains("shared"));
    assert_eq!((engines.stats().built, engines.stats().expired), (1, 1));

    // The next one gets a new engine.
    assert_eq!(runtime.run(compute("three").provide(shared())).await?, "shared:three:computed");
    assert_eq!(engines.stats().built, 2);
    runtime.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}
