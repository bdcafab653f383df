//! Manners: in what way the constructors inside of a layer are built, whichever layer gives them.

use std::sync::Arc;
use std::time::Duration;

use super::{Identity, Kind, Layer, Node, Source};
use crate::{BuildError, Schedule};

/// What a layer says of all constructors inside of it.
pub(crate) enum Manner {
    /// It is called so.
    Named(Source),
    /// Each of them is built again when it fails.
    Retried(Schedule<BuildError>),
    /// What they acquire lives as long as the scope of whoever builds.
    Extended,
    /// The release of each of them may take so long in a shutdown.
    ReleasedWithin(Duration),
}

/// In what way one constructor is built.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manners {
    pub(crate) name: Option<Source>,
    pub(crate) group: Option<Arc<Group>>,
    pub(crate) retry: Option<Schedule<BuildError>>,
    pub(crate) extended: bool,
    pub(crate) release_timeout: Option<Duration>,
}

/// Layers that have a name together.
#[derive(Debug)]
pub struct Group {
    source: Source,
    around: Option<Arc<Group>>,
}

impl Group {
    /// How it is called, and where that was written.
    pub fn source(&self) -> Source {
        self.source
    }

    /// The group that it is a part of.
    pub fn around(&self) -> Option<&Arc<Self>> {
        self.around.as_ref()
    }
}

/// Groups are as deep as programs make them, so they are taken apart in a loop.
impl Drop for Group {
    fn drop(&mut self) {
        let mut around = self.around.take();
        while let Some(group) = around {
            around = Arc::into_inner(group).and_then(|mut group| group.around.take());
        }
    }
}

impl Manners {
    /// The manners inside of a layer that says this one. The innermost schedule and the innermost time for the release are
    /// those that count, and the outermost name of a single constructor.
    pub(crate) fn inside(&self, manner: &Manner, layer: &Node) -> Self {
        let mut inside = self.clone();
        match manner {
            Manner::Named(source) if layer.is_single() => inside.name = inside.name.or(Some(*source)),
            Manner::Named(source) => {
                inside.group = Some(Arc::new(Group { source: *source, around: inside.group }));
            }
            Manner::Retried(schedule) => inside.retry = Some(schedule.clone()),
            Manner::Extended => inside.extended = true,
            Manner::ReleasedWithin(time) => inside.release_timeout = Some(*time),
        }
        inside
    }

    /// Of what something is said. Where a layer is met again with nothing new, its constructors need not be told again.
    pub(crate) fn said(&self) -> usize {
        let said = [self.name.is_some(), self.retry.is_some(), self.extended, self.release_timeout.is_some()];
        said.iter().fold(0, |bits, said| bits * 2 + usize::from(*said))
    }

    /// The same constructor is met again, elsewhere: what has been said of it stays, what has not is added.
    pub(crate) fn join(&mut self, other: &Self) {
        self.name = self.name.or(other.name);
        if self.retry.is_none() {
            self.retry.clone_from(&other.retry);
        }
        self.extended |= other.extended;
        self.release_timeout = self.release_timeout.or(other.release_timeout);
    }
}

impl Node {
    /// Whether there is one constructor in it, perhaps in a certain manner, and nothing else. A unit of sharing is as many
    /// as there are inside.
    fn is_single(&self) -> bool {
        let mut node = self;
        loop {
            match &node.kind {
                Kind::Construct(_) => return !node.is_unit(),
                Kind::Around { layer, .. } | Kind::Narrow { layer, .. } => node = layer,
                _ => return false,
            }
        }
    }
}

/// A node that says something of all constructors inside of another.
#[track_caller]
pub(super) fn around(layer: Arc<Node>, name: &'static str, manner: Manner) -> Arc<Node> {
    Node::new(Identity::new_value(), Source::here(name), Kind::Around { layer, manner })
}

/// Names, how long resources live, and how long their release may take.
impl<Out, In, Err> Layer<Out, In, Err> {
    /// This layer under another name: in errors, in events and in graphs.
    ///
    /// | | `Out` | `In` | `Err` |
    /// |---|---|---|---|
    /// | `a.named("..")` | A | A | A |
    ///
    /// A single layer is called so instead of what it was called before. Layers that are composed have this name together:
    /// each keeps its own, errors tell of both, and what is built of them in one build has a `tracing` span of this name.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Rates;
    ///
    /// let rates = Layer::from_fn(|| async { Err::<Rates, _>("no route to host") }).named("rates of the central bank");
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let error = rates.build(&Scope::new()).await.unwrap_err();
    /// assert_eq!(error.layer(), Some("rates of the central bank"));
    /// # });
    /// ```
    #[track_caller]
    #[doc(alias("withSpan", "span", "annotateSpans"))]
    pub fn named(self, name: &'static str) -> Self {
        let source = Source::here(name);
        Layer::of(around(self.node, name, Manner::Named(source)))
    }

    /// This layer, whose resources live as long as the scope of whoever builds: they outlive a `provide` of an effect, and a
    /// build that fails.
    ///
    /// | | `Out` | `In` | `Err` |
    /// |---|---|---|---|
    /// | `a.extend_scope()` | A | A | A |
    ///
    /// The scope is that of the run for `effect.provide(a)`, or of the attempt if the run is repeated; the one that a layer is
    /// built into for `a.build(&scope)`; and for a constructor that builds other layers (`catch`, `flat_map`, `fresh`, ..) the
    /// scope of what it makes. What the resources were made of lives as long as they do.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct File;
    ///
    /// #[layer]
    /// async fn file(scope: &Scope) -> File {
    ///     scope.on_close(|_exit| async { println!("deleted") });
    ///     File
    /// }
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let writing = Effect::new(|_file: Inject<File>| async { println!("written") }).provide(file().extend_scope());
    /// // It is deleted after what comes after the effect that was provided with it.
    /// writing.map(|()| println!("closed")).run().await?;
    /// # Ok::<_, di::RunError>(()) }).unwrap();
    /// ```
    #[track_caller]
    #[doc(alias = "extendScope")]
    pub fn extend_scope(self) -> Self {
        Layer::of(around(self.node, "extend_scope", Manner::Extended))
    }

    /// This layer, whose release may take so long in a shutdown, and no longer.
    ///
    /// | | `Out` | `In` | `Err` |
    /// |---|---|---|---|
    /// | `a.release_timeout(d)` | A | A | A |
    ///
    /// It is said of each constructor inside; where one is inside of two, the inner time counts, and instead of what the
    /// runtime says. The time begins with the release, or with the shutdown of the managed runtime if that comes later. It is
    /// at most four fifths of the time that is left then, so that what the layer was built from has some. When it is
    /// over, the layer is reported by name, its finalizers go on in the background, and what it was built from is released.
    /// Outside of a shutdown a release takes the time it takes.
    ///
    /// ```
    /// use std::time::Duration;
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Telemetry;
    ///
    /// #[layer]
    /// fn telemetry(scope: &Scope) -> Telemetry {
    ///     scope.on_close_named("flush", |_exit| std::future::pending::<()>()); // the collector does not answer
    ///     Telemetry
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
    /// let runtime = ManagedRuntime::new(telemetry().release_timeout(Duration::from_secs(2)));
    /// runtime.context().await?;
    /// let error = runtime.shutdown(Duration::from_secs(25)).await.unwrap_err();
    /// assert_eq!(error.report().took(), Duration::from_secs(2));
    /// assert_eq!(error.report().stuck_layers().collect::<Vec<_>>(), ["telemetry"]);
    /// # Ok::<_, BuildError>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn release_timeout(self, timeout: Duration) -> Self {
        Layer::of(around(self.node, "release_timeout", Manner::ReleasedWithin(timeout)))
    }
}
