//! A tour of maps of fibers, tasks that are started, found, replaced and stopped by key: `cargo run --example fiber_map`.

use std::future::pending;
use std::time::Duration;

use di::prelude::*;
use di::{AcquireError, FiberExit, RunOutcome};
use tokio::time::{Instant, sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

type Outcome = Result<(), Box<dyn std::error::Error>>;

// The clock stands still, and jumps when everybody waits for it.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Outcome {
    fibers_leave_when_they_end().await?;
    a_key_has_one_fiber().await?;
    a_fiber_that_is_there_can_stay().await?;
    an_interrupted_fiber_releases_what_it_has().await?;
    failures_are_told_to_who_asks().await?;
    values_have_types().await?;
    callbacks_start_fibers_too().await?;
    what_runs_can_be_seen().await?;
    many_are_stopped_at_once().await
}

/// A fiber leaves by itself when it ends, and all that are left are interrupted when their scope closes.
async fn fibers_leave_when_they_end() -> Outcome {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("task 1", sleep(SECOND));
    let second = tasks.run("task 2", pending::<()>());
    println!("{} fibers run", tasks.len());
    assert_eq!(tasks.len(), 2);

    sleep(2 * SECOND).await;
    assert_eq!(tasks.keys(), ["task 2"]);

    scope.close(Exit::Success).await?;
    assert!(tasks.is_empty() && matches!(second.poll(), Some(FiberExit::Interrupted)));
    // Nothing runs in it any more; the fiber says so, and its body was dropped.
    assert!(matches!(tasks.run("task 3", pending::<()>()).join().await, Err(FiberError::Refused(_))));
    Ok(())
}

/// The fiber that was there is interrupted, and when it has ended, the new one begins.
async fn a_key_has_one_fiber() -> Outcome {
    let scope = Scope::new();
    let connections = FiberMap::new(&scope);
    let begun = Instant::now();
    let connection = async |fiber: FiberScope| {
        fiber.on_close(|_exit| sleep(SECOND)); // it takes a while to say goodbye
        pending::<()>().await
    };
    let old = connections.run("user 123", connection);
    sleep(SECOND).await;
    connections.run("user 123", async move { println!("the new one begins at {:?}", begun.elapsed()) });
    assert_eq!(connections.len(), 1);
    connections.await_empty().await;
    assert!(matches!(old.join().await, Err(FiberError::Interrupted)));
    assert_eq!(begun.elapsed(), 2 * SECOND);
    Ok(scope.close(Exit::Success).await?)
}

/// What is to run once is started if it does not run yet.
async fn a_fiber_that_is_there_can_stay() -> Outcome {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let first = tasks.run_if_missing("periodic sync", pending::<()>());
    assert!(first.is_started());
    match tasks.run_if_missing("periodic sync", async { unreachable!("it is dropped") }) {
        RunOutcome::AlreadyRunning(fiber) => assert!(fiber.is_same(&first.into_fiber())),
        RunOutcome::Started(_) => unreachable!("there is one"),
    }
    Ok(scope.close(Exit::Success).await?)
}

/// The body is dropped at its next await; then what it acquired is released, to the end; then those who wait are told.
async fn an_interrupted_fiber_releases_what_it_has() -> Outcome {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let fiber = tasks.run("import", async |fiber: FiberScope| {
        let acquire = async { Ok::<_, std::io::Error>("a table lock") };
        let release = async |lock, _exit| {
            sleep(SECOND).await;
            println!("{lock} is released");
        };
        fiber.acquire_release(acquire, release).await?;
        fiber.on_interrupt(async || println!("the import is interrupted"));
        fiber.ready();
        pending::<Result<(), AcquireError<std::io::Error>>>().await
    });
    // Not after a while, but when it is ready.
    fiber.ready().await?;
    let begun = Instant::now();
    tasks.remove("import").await;
    assert_eq!(begun.elapsed(), SECOND);
    Ok(scope.close(Exit::Success).await?)
}

/// Fibers do nothing to each other. A failure is in the handle, and the first one is told to who waits for the map.
async fn failures_are_told_to_who_asks() -> Outcome {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let background = FiberOptions::new().propagate_failure(false);
    let told = tasks.run_with("background task", background, async { Err("nobody minds") }).into_fiber();
    assert!(told.join().await.is_err());
    tasks.run("healthy task", sleep(2 * SECOND));
    tasks.run("critical task", async {
        sleep(SECOND).await;
        Err::<(), _>("the disk is full")
    });

    let failed = tasks.join().await.expect_err("one has failed");
    println!("{failed}");
    assert_eq!((*failed.key(), failed.error().to_string()), ("critical task", "the disk is full".into()));
    assert_eq!(tasks.keys(), ["healthy task"]);

    // Where one failure is the end of all, that is how the map is made.
    let together: FiberMap<&str> = FiberMap::builder().fail_fast().build(&scope);
    let other = together.run("one", pending::<()>());
    together.run("other", async { Err::<(), _>("it does not work") });
    assert!(together.join_all().await.is_err());
    assert!(matches!(other.join().await, Err(FiberError::Interrupted)));

    // An interruption by somebody else is a failure if it is said to be one.
    let watched = FiberMap::new(&scope);
    let options = FiberOptions::new().propagate_interruption(true);
    watched.run_with("watched", options, pending::<()>()).into_fiber().cancel();
    let failed = watched.join().await.expect_err("it was interrupted");
    assert!(matches!(failed.error(), FiberError::Interrupted));
    Ok(scope.close(Exit::Success).await?)
}

/// A map says what its fibers come to, and how they fail; all who have a handle get that.
async fn values_have_types() -> Outcome {
    let scope = Scope::new();
    let sums: FiberMap<u32, u64, std::num::TryFromIntError> = FiberMap::typed(&scope);
    let sum = sums.get_or_run(4, async {
        sleep(SECOND).await;
        u64::try_from((1..=4_i64).sum::<i64>())
    });
    let same = sums.get_or_run(4, async { Ok(0) });
    assert_eq!((sum.join().await?, same.join().await?), (10, 10));
    Ok(scope.close(Exit::Success).await?)
}

/// What callbacks and other threads are given: it knows the runtime, and the services that effects need.
async fn callbacks_start_fibers_too() -> Outcome {
    #[derive(Service)]
    struct Greeting(&'static str);

    let scope = Scope::new();
    let context = Layer::succeed::<Greeting>(Greeting("Hello")).build(&scope).await?;
    let greetings: FiberMap<&str, String> = FiberMap::typed(&scope);
    let runner = greetings.runner().in_context(&context);
    // No await, no runtime, no context: a plain function, which may be called from anywhere.
    let greet = move |name: &'static str| -> Fiber<String> {
        runner.run(name, move |greeting: Inject<Greeting>| async move {
            Ok::<_, std::io::Error>(format!("{}, {name}", greeting.0))
        })
    };
    let fiber = std::thread::spawn(move || greet("Ada")).join().map_err(|_| "the thread has panicked")?;
    // A fiber is awaited as any future is.
    assert_eq!(fiber.await?, "Hello, Ada");
    Ok(scope.close(Exit::Success).await?)
}

/// Keys, handles, numbers and names, of what runs at this moment.
async fn what_runs_can_be_seen() -> Outcome {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    tasks.run("task 1", sleep(10 * SECOND));
    tasks.run_with("task 2", FiberOptions::new().name("the other one"), sleep(5 * SECOND));
    assert!(tasks.contains("task 1") && !tasks.contains("task 3"));
    assert!(tasks.get("task 3").is_none());
    for (key, fiber) in tasks.fibers() {
        println!("{key} is fiber {}, called {}", fiber.id(), fiber.name());
    }
    assert_eq!(tasks.get("task 2").map(|fiber| fiber.name().into_owned()).as_deref(), Some("the other one"));

    let begun = Instant::now();
    assert_eq!(tasks.len(), 2);
    tasks.await_empty().await;
    assert_eq!((tasks.len(), begun.elapsed()), (0, 10 * SECOND));
    Ok(scope.close(Exit::Success).await?)
}

/// All are interrupted together, and have ended when `clear` returns. The map stays open.
async fn many_are_stopped_at_once() -> Outcome {
    let scope = Scope::new();
    let tasks: FiberMap<u32> = FiberMap::new(&scope);
    for task in 0..100 {
        // Some take longer than others.
        tasks.run(task, sleep((task * 7 % 10) * SECOND));
    }
    let some = timeout(5 * SECOND, tasks.await_empty()).await;
    assert!(some.is_err());
    println!("{} of 100 still run", tasks.len());
    assert_eq!(tasks.len(), 50);
    tasks.clear().await;
    assert!(tasks.is_empty() && !tasks.is_closed());
    Ok(scope.close(Exit::Success).await?)
}
