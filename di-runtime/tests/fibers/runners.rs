//! Running from callbacks and other threads.

use std::future::pending;
use std::sync::Arc;

use di::Service;
use di_core::{Context, Effect, Exit, Inject};
use di_runtime::{FiberExit, FiberHandle, FiberMap, FiberOptions, FiberRefused, FiberSet, Scope};

use crate::common::{Trace, settle};
use crate::stage::No;

#[derive(Service)]
struct Config(&'static str);
#[derive(Service)]
struct Limit(usize);

#[tokio::test]
async fn a_runner_works_on_a_thread_without_a_runtime() {
    let scope = Scope::new();
    let lengths: FiberMap<&str, usize, No> = FiberMap::typed(&scope);
    let runner = lengths.runner();
    let callback = move |name: &'static str| runner.run(name, async move { Ok(name.len()) });
    let fiber = std::thread::spawn(move || callback("Ada")).join().unwrap();
    assert_eq!(fiber.await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_runner_is_called_again_and_again_and_what_it_runs_belongs_to_the_collection() {
    let scope = Scope::new();
    let tasks = FiberMap::new(&scope);
    let runner = tasks.runner();
    let callback: Arc<dyn Fn(u32) + Send + Sync> = Arc::new(move |key| drop(runner.run(key, pending::<()>())));
    callback(1);
    callback(2);
    callback(2);
    assert_eq!(tasks.len(), 2);
    scope.close(Exit::Success).await.unwrap();
    assert!(tasks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_runner_has_options_for_all_that_it_runs() {
    let scope = Scope::new();
    let tasks: FiberMap<&str, (), No> = FiberMap::typed(&scope);
    let runner = tasks.runner().options(FiberOptions::only_if_missing().name("import").propagate_failure(false));
    let first = runner.run("one", pending::<()>());
    assert!(runner.run("one", pending::<()>()).is_same(&first));
    assert_eq!(first.name(), "import");
    runner.run("two", async { Err(No("disk")) }).wait().await.unwrap();
    first.cancel();
    tasks.join_all().await.unwrap();
    // Interruptions are told where that was chosen, in a set as well.
    let set: FiberSet = FiberSet::new(&scope);
    let told = set.runner().options(FiberOptions::new().propagate_interruption(true));
    told.run(pending::<()>()).interrupt().await;
    set.join().await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_runner_in_a_context_runs_effects_and_closures_that_need_a_part_of_it() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let context = Context::empty().with(Inject::<Config>::new(Config("Ada"))).with(Inject::<Limit>::new(Limit(2)));
    let lengths: FiberMap<u32, usize, No> = FiberMap::typed(&scope);
    let runner = lengths.runner().in_context(&context);
    let name = "Grace".to_owned();
    let closure = runner.run(1, move |config: Inject<Config>| async move { Ok(config.0.len() + name.len()) });
    let effect = Effect::new(|limit: Inject<Limit>| async move { Ok::<_, No>(limit.0) });
    let effect = runner.run(2, effect);
    let nothing = runner.run(3, || async { Ok(0) });
    let said = trace.clone();
    let scoped = runner.run(4, |own: Scope, config: Inject<Config>| async move {
        own.on_close(said.saying("released"));
        Ok(config.0.len())
    });
    assert_eq!((closure.await.unwrap(), effect.await.unwrap(), nothing.await.unwrap()), (8, 2, 0));
    assert_eq!((scoped.await.unwrap(), trace.lines()), (3, vec!["released".to_owned()]));

    let set: FiberSet<usize, No> = FiberSet::typed(&scope);
    let in_set = set.runner().in_context(&context).run(|limit: Inject<Limit>| async move { Ok(limit.0) });
    let handle: FiberHandle<usize, No> = FiberHandle::typed(&scope);
    let in_handle = handle.runner().in_context(&context).run(|limit: Inject<Limit>| async move { Ok(limit.0) });
    assert_eq!((in_set.await.unwrap(), in_handle.await.unwrap()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn what_a_runner_runs_after_the_close_is_refused() {
    let scope = Scope::new();
    let tasks: FiberMap<&str> = FiberMap::new(&scope);
    let runner = tasks.runner();
    scope.close(Exit::Success).await.unwrap();
    let fiber = runner.run("sync", async { unreachable!("it is not run") });
    assert!(matches!(fiber.poll(), Some(FiberExit::Refused(FiberRefused::Closed))));
    settle().await;
    let in_context = tasks.runner().in_context(&Context::empty());
    let fiber = in_context.run("sync", || async { unreachable!("it is not run") });
    assert!(matches!(fiber.poll(), Some(FiberExit::Refused(FiberRefused::Closed))));
}
