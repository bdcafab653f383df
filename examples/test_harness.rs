//! What tests run against, kept alive by fibers and cleaned up by all means: `cargo run --example test_harness`.
//!
//! The problem: a test needs a database and a server. They have to be ready before the test begins, not ten milliseconds
//! later; and they have to be gone when it ends, also if it fails, if the second one did not start, and if nobody thought of
//! it. Here a resource is acquired by a fiber, which says when it is ready, and released by the end of that fiber.

use std::any::Any;
use std::collections::HashMap;
use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{env, fs, io, process};

use di::AcquireError;
use di::prelude::*;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The resources of a test, by name.
struct Harness {
    fibers: FiberMap<&'static str>,
    resources: Resources,
}

/// What is there, to be asked for.
#[derive(Clone, Default)]
struct Resources(Arc<Mutex<HashMap<&'static str, Arc<dyn Any + Send + Sync>>>>);

impl Resources {
    fn lock(&self) -> MutexGuard<'_, HashMap<&'static str, Arc<dyn Any + Send + Sync>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// There is no such resource, or none of this type.
#[derive(Debug, thiserror::Error)]
#[error("test resource `{0}` not found")]
struct NotFound(&'static str);

impl Harness {
    /// A harness whose resources are cleaned up when the scope closes, if not before.
    fn new(scope: &Scope) -> Self {
        Self { fibers: FiberMap::new(scope), resources: Resources::default() }
    }

    /// Starts a resource, and waits until it is ready. It is cleaned up with what was acquired, whatever ends it.
    async fn start<R, Cleanup>(
        &self,
        name: &'static str,
        acquire: impl Future<Output = io::Result<R>> + Send + 'static,
        cleanup: impl FnOnce(Arc<R>) -> Cleanup + Send + 'static,
    ) -> Result<(), FiberError>
    where
        R: Send + Sync + 'static,
        Cleanup: Future<Output = ()> + Send + 'static,
    {
        let resources = self.resources.clone();
        let fiber = self.fibers.run(name, async move |fiber: FiberScope| {
            let acquire = async { acquire.await.map(Arc::new) };
            let resource = fiber.acquire_release(acquire, move |resource, _exit| cleanup(resource)).await?;
            resources.lock().insert(name, resource);
            fiber.on_close(async move |_exit| {
                resources.lock().remove(name);
            });
            fiber.ready();
            pending::<Result<(), AcquireError<io::Error>>>().await
        });
        fiber.ready().await
    }

    fn get<R: Send + Sync + 'static>(&self, name: &'static str) -> Result<Arc<R>, NotFound> {
        let resource = self.resources.lock().get(name).cloned();
        resource.and_then(|resource| resource.downcast().ok()).ok_or(NotFound(name))
    }

    /// Cleans up all that there is, side by side, and waits for it. The harness can be used again. Resources that have to be
    /// released in an order are better made of layers.
    async fn clean_up(&self) {
        self.fibers.clear().await;
    }
}

/// A database: a directory, and a file for each table.
struct Database {
    directory: PathBuf,
}

impl Database {
    async fn create() -> io::Result<Self> {
        let directory = env::temp_dir().join(format!("di-test-harness-{}", process::id()));
        fs::create_dir(&directory)?;
        println!("+ database");
        Ok(Self { directory })
    }

    fn insert(&self, table: &str, row: &str) -> io::Result<()> {
        fs::write(self.directory.join(table), row)
    }

    async fn close(self: Arc<Self>) {
        println!("- database");
        if let Err(error) = fs::remove_dir_all(&self.directory) {
            println!("the database is still there: {error}");
        }
    }
}

/// A server that tells what is in a table.
struct Server {
    address: SocketAddr,
    task: Fiber,
}

impl Server {
    async fn start(database: Arc<Database>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let task = Fiber::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client who goes away gets no answer.
                let _ = Self::answer(stream, &database).await;
            }
        });
        println!("+ server");
        Ok(Self { address, task })
    }

    async fn answer(mut stream: TcpStream, database: &Database) -> io::Result<()> {
        let mut table = String::new();
        BufReader::new(&mut stream).read_line(&mut table).await?;
        let row = fs::read(database.directory.join(table.trim()))?;
        stream.write_all(&row).await
    }

    async fn ask(&self, table: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(format!("{table}\n").as_bytes()).await?;
        let mut row = String::new();
        BufReader::new(stream).read_line(&mut row).await?;
        Ok(row)
    }

    async fn shut_down(self: Arc<Self>) {
        println!("- server");
        // The listener is dropped when that returns, and the port is free.
        self.task.interrupt().await;
    }
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome {
    a_test_with_two_resources().await?;
    a_resource_that_does_not_start().await?;
    a_test_that_fails().await
}

async fn a_test_with_two_resources() -> Outcome {
    let scope = Scope::new();
    let harness = Harness::new(&scope);
    harness.start("database", Database::create(), Database::close).await?;
    let database = harness.get::<Database>("database")?;
    harness.start("server", Server::start(database.clone()), Server::shut_down).await?;

    // Both are ready: nobody has to wait for a while.
    database.insert("users", "Ada")?;
    let server = harness.get::<Server>("server")?;
    assert_eq!(server.ask("users").await?, "Ada");
    assert_eq!(
        harness.get::<Server>("cache").err().map(|error| error.to_string()),
        Some(NotFound("cache").to_string())
    );

    // By hand, in the middle of a test: all is released when that returns.
    harness.clean_up().await;
    assert!(!database.directory.exists());
    assert!(server.ask("users").await.is_err());
    assert!(harness.get::<Server>("server").is_err() && harness.fibers.is_empty());

    // The harness is still of use, and the end of the scope is the end of all.
    harness.start("database", Database::create(), Database::close).await?;
    assert!(database.directory.exists());
    scope.close(Exit::Success).await?;
    assert!(!database.directory.exists());
    Ok(())
}

/// Who waits for it is told why. What has started is cleaned up as always.
async fn a_resource_that_does_not_start() -> Outcome {
    let scope = Scope::new();
    let harness = Harness::new(&scope);
    harness.start("database", Database::create(), Database::close).await?;
    // There is such a directory now.
    let second = harness.start("second database", Database::create(), Database::close).await;
    let error = second.expect_err("there cannot be two");
    println!("{error}");
    assert!(matches!(error, FiberError::Failed(_)) && harness.get::<Database>("second database").is_err());
    let directory = harness.get::<Database>("database")?.directory.clone();
    scope.close(Exit::Success).await?;
    assert!(!directory.exists());
    Ok(())
}

/// A scope around the test: it is closed also if the test fails.
async fn a_test_that_fails() -> Outcome {
    let directory = Arc::new(Mutex::new(PathBuf::new()));
    let seen = directory.clone();
    let test = Scope::run(async move |scope| {
        let harness = Harness::new(&scope);
        harness.start("database", Database::create(), Database::close).await.map_err(|error| error.to_string())?;
        let database = harness.get::<Database>("database").map_err(|error| error.to_string())?;
        *seen.lock().unwrap_or_else(PoisonError::into_inner) = database.directory.clone();
        Err::<(), _>("the answer is not 42".to_owned())
    });
    let failed = test.await.expect_err("it fails");
    println!("{failed}");
    let directory = directory.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(directory.file_name().is_some() && !directory.exists());
    Ok(())
}
