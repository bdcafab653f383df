//! Children: collections that a fiber owns.

use std::future::pending;

use di_core::{Exit, Schedule};
use di_runtime::{Fiber, FiberError, FiberMap, FiberScope, Restart, Scope};
use tokio::time::{Instant, sleep};

use crate::common::{Trace, settle};
use crate::stage::{No, SayOnDrop, lasting, seconds};

#[tokio::test(start_paused = true)]
async fn children_are_made_when_they_are_first_asked_for_and_are_the_same_afterwards() {
    let scope = Scope::new();
    let servers = FiberMap::new(&scope);
    assert!(servers.children::<_, u32, (), di_runtime::AnyError>("chat").is_none());
    servers.run("chat", pending::<()>());
    let first: FiberMap<u32> = servers.children("chat").unwrap();
    first.run(7, pending::<()>());
    let second: FiberMap<u32> = servers.children("chat").unwrap();
    let others: FiberMap<&str, u32, No> = servers.children("chat").unwrap();
    assert_eq!((second.len(), others.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn when_a_fiber_is_interrupted_its_children_end_while_it_still_runs() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let servers = FiberMap::new(&scope);
    let said = trace.clone();
    servers.run("chat", async move |fiber: FiberScope| {
        let children: FiberMap<u32> = fiber.children();
        children.run(1, lasting(&said, "child"));
        let end = said.clone();
        fiber.on_interrupt(async move || end.say("parent released"));
        let _dropped = SayOnDrop(said.clone(), "parent");
        children.await_empty().await;
        said.say("parent sees that its children are gone");
        pending::<()>().await;
    });
    settle().await;
    servers.remove("chat").await;
    assert_eq!(
        trace.lines(),
        [
            "child begins",
            "child dropped",
            "child released",
            "parent sees that its children are gone",
            "parent dropped",
            "parent released",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn when_a_fiber_ends_by_itself_its_children_end_before_those_who_wait_for_it_are_told() {
    let scope = Scope::new();
    let servers: FiberMap<&str, (), No> = FiberMap::typed(&scope);
    let bodies: [Box<dyn FnOnce() -> Result<(), No> + Send>; 3] =
        [Box::new(|| Ok(())), Box::new(|| Err(No("port"))), Box::new(|| panic!("no port"))];
    for body in bodies {
        let trace = Trace::new();
        let server = servers.run("chat", async move {
            sleep(seconds(1)).await;
            body()
        });
        let children: FiberMap<u32> = servers.children("chat").unwrap();
        children.run(1, lasting(&trace, "child"));
        server.wait().await.unwrap();
        assert_eq!(trace.lines(), ["child begins", "child dropped", "child released"]);
        assert!(children.is_closed() && servers.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_run_as_a_child_of_a_fiber_that_ends_is_refused() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let servers = FiberMap::new(&scope);
    let said = trace.clone();
    servers.run("chat", async move |fiber: FiberScope| {
        let parent = fiber.clone();
        fiber.on_interrupt(async move || {
            let late: FiberMap<u32> = parent.children();
            let child = late.run(1, async { unreachable!("it is not run") });
            said.say(format!("{}", child.join().await.unwrap_err()));
        });
        pending::<()>().await;
    });
    settle().await;
    servers.remove("chat").await;
    assert_eq!(trace.lines(), ["the collection of fibers is closed"]);
}

#[tokio::test(start_paused = true)]
async fn children_of_a_fiber_that_waits_for_its_turn_end_with_it_and_its_body_never_runs() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let servers = FiberMap::new(&scope);
    servers.run("chat", lasting(&trace, "first"));
    settle().await;
    let second = servers.run("chat", lasting(&trace, "second"));
    let children: FiberMap<u32> = servers.children("chat").unwrap();
    children.run(1, lasting(&trace, "child"));
    settle().await;
    second.interrupt().await;
    assert!(children.is_closed());
    assert_eq!((trace.count("second begins"), trace.count("child released")), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_parent_that_fails_as_its_children_end_is_no_failure_of_the_collection_that_ends_it() {
    let scope = Scope::new();
    let servers: FiberMap<&str, (), FiberError> = FiberMap::typed(&scope);
    let server = servers.run("chat", async |fiber: FiberScope| {
        let children: FiberMap<u32> = fiber.children();
        children.run(1, pending::<()>()).join().await
    });
    settle().await;
    servers.remove("chat").await;
    assert!(matches!(server.join().await, Err(FiberError::Failed(error)) if matches!(*error, FiberError::Interrupted)));
    servers.join_all().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn grandchildren_end_first() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let servers = FiberMap::new(&scope);
    let said = trace.clone();
    servers.run("a", async move |fiber: FiberScope| {
        let _dropped = SayOnDrop(said.clone(), "parent");
        let children: FiberMap<&str> = fiber.children();
        children.run("b", async move |fiber: FiberScope| {
            let _dropped = SayOnDrop(said.clone(), "child");
            let children: FiberMap<&str> = fiber.children();
            children.run("c", async move {
                let _dropped = SayOnDrop(said, "grandchild");
                pending::<()>().await;
            });
            pending::<()>().await;
        });
        pending::<()>().await;
    });
    settle().await;
    scope.close(Exit::Success).await.unwrap();
    assert_eq!(trace.lines(), ["grandchild dropped", "child dropped", "parent dropped"]);
}

#[tokio::test(start_paused = true)]
async fn children_may_interrupt_their_parent_and_close_what_it_is_in() {
    for close in [false, true] {
        let (scope, trace) = (Scope::new(), Trace::new());
        let servers = FiberMap::new(&scope);
        let server = servers.run("chat", pending::<()>());
        let children: FiberMap<u32> = servers.children("chat").unwrap();
        let (all, said, outer) = (servers.clone(), trace.clone(), scope.clone());
        children.run(1, async move |fiber: FiberScope| {
            let (all, outer, inner) = (all.clone(), outer.clone(), all);
            fiber.on_interrupt(async move || {
                // Both wait for this finalizer, so they do not wait.
                all.remove("chat").await;
                outer.close(Exit::Success).await.unwrap();
                said.say("child released");
            });
            if close { inner.close().await.unwrap() } else { drop(inner.remove("chat").await) }
        });
        server.wait().await.unwrap();
        assert_eq!(trace.lines(), ["child released"]);
        scope.close(Exit::Success).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_parent_whose_time_is_over_is_not_held_back_by_its_children() {
    let scope = Scope::new();
    let servers: FiberMap<&str> = FiberMap::builder().grace(seconds(5)).build(&scope);
    let server: Fiber = servers.run("chat", pending::<()>());
    let children: FiberMap<u32> = servers.children("chat").unwrap();
    children.run(1, async |fiber: FiberScope| {
        fiber.on_interrupt(pending::<()>);
        pending::<()>().await;
    });
    settle().await;
    let begun = Instant::now();
    servers.remove("chat").await;
    assert_eq!(begun.elapsed(), seconds(5));
    assert!(server.is_finished());
}

#[tokio::test(start_paused = true)]
async fn when_a_fiber_ends_by_itself_its_children_end_before_what_it_acquired_is_released() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let servers = FiberMap::new(&scope);
    let said = trace.clone();
    let server = servers.run("chat", async move |fiber: FiberScope| {
        let children: FiberMap<u32> = fiber.children();
        children.run(1, lasting(&said, "child"));
        fiber.on_close(said.saying("parent released"));
        settle().await;
    });
    server.join().await.unwrap();
    assert_eq!(trace.lines(), ["child begins", "child dropped", "child released", "parent released"]);
}

#[tokio::test(start_paused = true)]
async fn each_run_of_a_supervised_fiber_has_children_of_its_own() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let servers = FiberMap::new(&scope);
    let said = trace.clone();
    let server = servers.supervise("chat", Restart::on_failure().at_most(1, seconds(60)), move || {
        let said = said.clone();
        async move |fiber: FiberScope| {
            let children: FiberMap<u32> = fiber.children();
            children.run(1, lasting(&said, "child"));
            settle().await;
            Err::<(), _>(No("port"))
        }
    });
    server.join().await.unwrap_err();
    assert_eq!(trace.lines(), ["child begins", "child dropped", "child released"].repeat(2));
}

#[tokio::test(start_paused = true)]
async fn children_that_others_ask_for_live_as_long_as_a_supervised_fiber_and_those_of_a_run_as_long_as_that() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let servers = FiberMap::new(&scope);
    let said = trace.clone();
    let server = servers.supervise("chat", Restart::on_failure().at_most(1, seconds(60)), move || {
        let said = said.clone();
        async move |fiber: FiberScope| {
            let children: FiberMap<u32> = fiber.children();
            assert!(children.is_empty());
            children.run(1, lasting(&said, "child of a run"));
            sleep(seconds(1)).await;
            Err::<(), _>(No("port"))
        }
    });
    let children: FiberMap<u32> = servers.children("chat").unwrap();
    children.run(1, lasting(&trace, "child"));
    server.join().await.unwrap_err();
    let lines = trace.lines();
    assert_eq!(lines.iter().filter(|line| *line == "child begins").count(), 1);
    assert_eq!(lines.iter().filter(|line| *line == "child of a run released").count(), 2);
    assert_eq!(lines.last().unwrap(), "child released");
}

#[tokio::test(start_paused = true)]
async fn a_supervised_fiber_that_is_interrupted_is_not_run_again_while_its_children_end() {
    let (scope, trace) = (Scope::new(), Trace::new());
    let servers = FiberMap::new(&scope);
    let said = trace.clone();
    let policy = Restart::always().backoff(Schedule::spaced(seconds(1)));
    servers.supervise("chat", policy, move || {
        let said = said.clone();
        async move {
            said.say("run");
            sleep(seconds(1)).await;
        }
    });
    let children: FiberMap<u32> = servers.children("chat").unwrap();
    children.run(1, async |fiber: FiberScope| {
        fiber.on_interrupt(async || sleep(seconds(20)).await);
        pending::<()>().await;
    });
    settle().await;
    servers.remove("chat").await;
    assert_eq!(trace.count("run"), 1);
}
