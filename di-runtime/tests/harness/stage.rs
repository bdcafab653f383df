//! Where a case is played: a graph, a world, a memo map, and a clock that is paused.

use std::fmt::Display;
use std::sync::Once;
use std::time::Duration;

use di_core::set::Empty;
use di_core::{BuildError, Context, Exit};
use di_runtime::{LayerExt, MemoMap, Scope};
use tokio::time::{sleep, timeout};

use crate::graph::{Graph, Layers};
use crate::laws::{History, Verdict, law};
use crate::random::Random;
use crate::world::World;

/// Longer than anything that ends.
const FOR_EVER: Duration = Duration::from_secs(100_000);

/// A graph in a world.
#[derive(Clone)]
pub struct Stage {
    pub graph: Graph,
    pub world: World,
    pub layers: Layers,
    pub map: MemoMap,
}

impl Stage {
    pub fn new(graph: &Graph) -> Self {
        let world = World::default();
        Self { graph: graph.clone(), layers: graph.layers(&world), world, map: MemoMap::new() }
    }

    /// Builds these nodes, and what they need.
    pub fn build(
        &self,
        wanted: &[usize],
        scope: &Scope,
    ) -> impl Future<Output = Result<Context<Empty>, BuildError>> + Send + use<> {
        self.build_through(&self.map, wanted, scope)
    }

    pub fn build_through(
        &self,
        map: &MemoMap,
        wanted: &[usize],
        scope: &Scope,
    ) -> impl Future<Output = Result<Context<Empty>, BuildError>> + Send + use<> {
        self.layers.root(wanted).build_with(map, scope)
    }

    /// All that has happened.
    pub fn history(&self) -> Result<History, String> {
        History::read(self.world.events())
    }

    /// Whatever goes on in the background comes to its end.
    pub async fn settles(&self) {
        sleep(FOR_EVER / 100).await;
    }

    /// Everything was released, nothing runs any more, and the memo map has forgotten everything.
    pub async fn is_left_empty(&self) -> Verdict {
        self.history()?.is_over()?;
        law(format!("{:?}", self.map).contains("entries: 0"), format!("{:?}", self.map))?;
        let before = self.history()?.len();
        self.settles().await;
        let after = self.history()?;
        law(after.len() == before, format!("something ran afterwards\n{}", after.told()))
    }

    /// The same graph can be built again through the same memo map, as if nothing had happened.
    pub async fn builds_again(&self, wanted: &[usize]) -> Verdict {
        self.world.heals();
        let scope = Scope::new();
        let built = self.build(wanted, &scope).await;
        law(built.is_ok(), format!("it cannot be built again: {built:?}"))?;
        self.history()?.is_alive(&self.graph.reachable(wanted))?;
        let _ = scope.close(Exit::Success).await;
        self.is_left_empty().await
    }
}

/// Graphs of all sizes up to this one, each with the numbers of its case.
pub fn graphs(count: u64, largest: usize) -> impl Iterator<Item = (u64, Graph, Random)> {
    (0..count).map(move |seed| {
        let mut random = Random::new(seed);
        let size = 1 + random.below(largest);
        (seed, Graph::random(&mut random, size), random)
    })
}

/// Plays a case on a runtime of its own, whose time is paused; what waits for ever is found out at once.
pub fn play(name: impl Display, graph: &Graph, case: impl AsyncFnOnce(&Stage) -> Verdict) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let stage = Stage::new(graph);
        let verdict = timeout(FOR_EVER, case(&stage)).await;
        judge(&name, &stage, verdict.unwrap_or_else(|_| Err("it hangs".into())));
    });
}

/// Fails with everything there is to know, if a law was broken.
pub fn judge(name: &impl Display, stage: &Stage, verdict: Verdict) {
    if let Err(breach) = verdict {
        let told: String = stage.world.events().iter().map(|event| format!("  {event}\n")).collect();
        panic!("{name}: {breach}\nall of it:\n{told}{:#?}", stage.graph);
    }
}

/// Keeps the panics that the graphs make on purpose out of the output.
pub fn expect_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let text = info.payload().downcast_ref::<&str>().copied();
            let message = text.or_else(|| info.payload().downcast_ref::<String>().map(String::as_str));
            if !message.is_some_and(|message| message.starts_with("planned")) {
                others(info);
            }
        }));
    });
}
