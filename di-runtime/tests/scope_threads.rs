//! Races between threads: close, register, acquire, spawn and fork, many times over.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::steps;
use di_core::Exit;
use di_runtime::Scope;
use tokio::sync::Barrier;

const ROUNDS: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn closers_and_registrations_that_race_run_every_finalizer_exactly_once() {
    for round in 0..ROUNDS {
        let scope = if round % 2 == 0 { Scope::new() } else { Scope::parallel() };
        let (accepted, ran) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let start = Arc::new(Barrier::new(4));
        let closers = [(); 2].map(|()| {
            let (scope, start) = (scope.clone(), start.clone());
            tokio::spawn(async move {
                start.wait().await;
                scope.close(Exit::Success).await.unwrap();
            })
        });
        let registrars = [(); 2].map(|()| {
            let (scope, start) = (scope.clone(), start.clone());
            let (accepted, ran) = (accepted.clone(), ran.clone());
            tokio::spawn(async move {
                start.wait().await;
                for _ in 0..10 {
                    let ran = ran.clone();
                    let finalizer = async move |_exit| {
                        steps(1).await;
                        ran.fetch_add(1, Ordering::SeqCst);
                    };
                    accepted.fetch_add(usize::from(scope.try_on_close(finalizer).is_ok()), Ordering::SeqCst);
                }
            })
        });
        for task in closers.into_iter().chain(registrars) {
            task.await.unwrap();
        }
        assert_eq!(ran.load(Ordering::SeqCst), accepted.load(Ordering::SeqCst));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acquires_and_tasks_that_race_with_a_close_are_over_when_it_returns() {
    for _ in 0..ROUNDS {
        let parent = Scope::new();
        let scope = parent.fork();
        let (acquired, released) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let alive = Arc::new(());
        let start = Arc::new(Barrier::new(4));
        let users = [(); 2].map(|()| {
            let (scope, start, alive) = (scope.clone(), start.clone(), alive.clone());
            let (acquired, released) = (acquired.clone(), released.clone());
            tokio::spawn(async move {
                start.wait().await;
                let acquire = async move {
                    steps(2).await;
                    acquired.fetch_add(1, Ordering::SeqCst);
                    Ok::<_, ()>(())
                };
                scope.spawn(async move {
                    std::future::pending::<()>().await;
                    drop(alive);
                });
                let release = async move |(), _exit| {
                    released.fetch_add(1, Ordering::SeqCst);
                };
                // Whether it got in does not matter here.
                let _ = scope.acquire_release(acquire, release).await;
            })
        });
        let closers = [scope, parent].map(|scope| {
            let (start, acquired, released) = (start.clone(), acquired.clone(), released.clone());
            tokio::spawn(async move {
                start.wait().await;
                scope.close(Exit::Success).await.unwrap();
                assert_eq!(acquired.load(Ordering::SeqCst), released.load(Ordering::SeqCst));
            })
        });
        for task in closers.into_iter().chain(users) {
            task.await.unwrap();
        }
        assert_eq!(Arc::strong_count(&alive), 1);
    }
}
