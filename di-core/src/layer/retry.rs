//! Layers that are built again when they fail.

use std::sync::Arc;

use super::manner::{Manner, around};
use super::{Layer, Memo, Node, Raise, recipe};
use crate::schedule::Pace;
use crate::{BuildError, Schedule};

/// Retries.
impl<Out, In, Err> Layer<Out, In, Err> {
    /// Builds each constructor inside of this layer again when it fails, as the schedule says; its input is the error.
    ///
    /// | | `Out` | `In` | `Err` |
    /// |---|---|---|---|
    /// | `a.retry(s)` | A | A | A |
    ///
    /// Only the constructor that failed is repeated: what it shares with others, and what it is fed with, is kept. What it
    /// had acquired is released before the delay. Panics, failures after [`or_die`](Layer::or_die) and cancellation are not
    /// retried. Inside of another `retry` the inner schedule is the one that counts, and a failure that it gave up on is final.
    ///
    /// A constructor that builds other layers (`catch`, `or_else`, `map_error`, `tap`, `timeout`, `flat_map`, ..) is one
    /// constructor: what is inside is built again with it. Put `retry` inside for another order.
    ///
    /// ```
    /// use std::time::Duration;
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Config { url: String }
    /// #[derive(Service)]
    /// struct Pool;
    ///
    /// #[layer]
    /// fn config() -> Config { Config { url: "sqlite::memory:".into() } }
    /// #[layer]
    /// async fn pool(config: Inject<Config>) -> Result<Pool, std::io::Error> { Ok(Pool) }
    ///
    /// let patience = Schedule::exponential(Duration::from_millis(100)).jittered().up_to(Duration::from_secs(10));
    /// let app: Layer<services![Pool]> = pool().provide(config()).retry(patience);    // `config` is built once
    /// ```
    ///
    /// # Errors
    ///
    /// The last attempt's, which says how many [`attempts`](BuildError::attempts) there were.
    ///
    /// # Cancel safety
    ///
    /// A delay ends at once when the build is cancelled, or fails elsewhere.
    #[track_caller]
    pub fn retry(self, schedule: Schedule<BuildError>) -> Self {
        Layer::of(retried(self.node, schedule))
    }

    /// Builds the whole layer anew when it fails, as the schedule says: with a memo map of its own for each attempt, so that
    /// nothing is shared with anybody else or kept from the attempt before.
    ///
    /// | | `Out` | `In` | `Err` |
    /// |---|---|---|---|
    /// | `a.retry_fresh(s)` | A | A | A |
    ///
    /// This is for layers whose parts have to be replaced together, such as a connection and what was negotiated over it.
    /// What the layer is fed with from outside is kept. Everything of an attempt is released before the delay.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[derive(Service)] struct Connection;
    /// #[derive(Service)] struct Session;
    ///
    /// #[layer]
    /// async fn connection() -> Result<Connection, std::io::Error> { Ok(Connection) }
    /// #[layer]
    /// async fn session(connection: Inject<Connection>) -> Result<Session, std::io::Error> { Ok(Session) }
    ///
    /// let session: Layer<services![Session]> = session().provide(connection()).retry_fresh(Schedule::recurs(3));
    /// ```
    ///
    /// # Errors
    ///
    /// The last attempt's, which says how many [`attempts`](BuildError::attempts) there were.
    #[track_caller]
    pub fn retry_fresh(self, schedule: Schedule<BuildError>) -> Self {
        let node = Arc::clone(&self.node);
        recipe::around("retry_fresh", &self.node, Memo::Fresh, move |inputs| {
            let (node, mut pace) = (Arc::clone(&node), Pace::new(&schedule, inputs.clock()));
            async move {
                loop {
                    let error = match inputs.build(Arc::clone(&node), Memo::Fresh).await {
                        Err(error) if error.is_failure() => error,
                        built => return built.map_err(Raise::Build),
                    };
                    match pace.pause(&error) {
                        None => return Err(Raise::Build(error.after_attempts(pace.runs()))),
                        Some((_, pause)) => pause.await,
                    }
                }
            }
        })
    }
}

/// A node in which each constructor is built again when it fails.
#[track_caller]
pub(crate) fn retried(layer: Arc<Node>, schedule: Schedule<BuildError>) -> Arc<Node> {
    around(layer, "retry", Manner::Retried(schedule))
}
