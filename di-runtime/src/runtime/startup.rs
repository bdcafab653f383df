//! What a start-up did: which layer took how long, what it waited for, and what the whole had to wait for.

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use di_core::json::Json;

use super::waterfall::{Row, Waterfall, brief};
use crate::build::{LayerOrigin, LayerStart, StartupRows};

/// What the build of a runtime did, or has done so far.
///
/// It displays as a waterfall, in which the layers of the [critical path](StartupReport::critical_path) are marked.
///
/// ```
/// use di::prelude::*;
///
/// #[derive(Service)]
/// struct Config;
/// #[derive(Service)]
/// struct Pool;
///
/// #[layer]
/// fn config() -> Config { Config }
/// #[layer]
/// async fn pool(config: Inject<Config>) -> Pool {
///     tokio::time::sleep(std::time::Duration::from_millis(5)).await;
///     Pool
/// }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let runtime = ManagedRuntime::new(pool().provide(config()));
/// runtime.context().await?;
/// let report = runtime.report().expect("it has been built");
/// let names: Vec<_> = report.critical_path().map(|layer| layer.layer).collect();
/// assert_eq!(names, ["config", "pool"]);
/// println!("{report}");
/// # Ok::<_, BuildError>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct StartupReport(StartupRows);

impl StartupReport {
    pub(super) fn of(rows: StartupRows) -> Self {
        Self(rows)
    }

    /// The layers whose turn has come, in the order in which they began; each is followed by those that were built inside of it.
    pub fn layers(&self) -> &[LayerStart] {
        &self.0.layers
    }

    /// The layers whose turn has not come: of a build that is under way, or that failed before it.
    pub fn waiting(&self) -> &[&'static str] {
        &self.0.waiting
    }

    /// How long it took, or has taken so far.
    pub fn total(&self) -> Duration {
        self.0.total
    }

    /// How long it would have taken one layer after the other. Layers inside of others are not counted twice.
    pub fn sum(&self) -> Duration {
        self.0.layers.iter().filter(|layer| layer.parent.is_none()).map(|layer| layer.duration).sum()
    }

    /// Whether the build is over.
    pub fn is_finished(&self) -> bool {
        self.0.finished
    }

    /// Why the build failed, if it did.
    pub fn failure(&self) -> Option<&str> {
        self.0.failure.as_deref()
    }

    /// The chain of layers that the total comes from, in the order in which they began: each waited for the one before it,
    /// and the last one ended last. If one of them were faster, so would be the start.
    pub fn critical_path(&self) -> impl Iterator<Item = &LayerStart> {
        self.critical(None).into_iter().map(|place| &self.0.layers[place])
    }

    /// The layers that took as long as the runtime's [`slow_layer`](crate::RuntimeBuilder::slow_layer), or longer. A layer that is made of
    /// others is not one of them: those are, if they are slow.
    pub fn slow_layers(&self) -> impl Iterator<Item = &LayerStart> {
        (0..self.0.layers.len()).filter(|place| self.is_slow(*place)).map(|place| &self.0.layers[place])
    }

    /// The same as JSON: times in microseconds, layers by their place in the list.
    pub fn to_json(&self) -> String {
        let critical = self.marked();
        let layer = |(place, layer): (usize, &LayerStart)| {
            Json::Object(vec![
                ("name", Json::text(layer.layer)),
                ("file", Json::text(layer.file)),
                ("line", Json::Number(layer.line.into())),
                ("parent", layer.parent.map_or(Json::Null, Json::count)),
                ("origin", Json::text(layer.origin)),
                ("ready_us", Json::micros(layer.ready)),
                ("start_us", Json::micros(layer.start)),
                ("duration_us", Json::micros(layer.duration)),
                ("finished", Json::Bool(layer.finished)),
                ("waited_for", Json::places(layer.waited_for.iter().copied())),
                ("held_up_by", layer.held_up_by.map_or(Json::Null, Json::count)),
                ("retries", Json::Number(layer.retries.into())),
                ("failure", Json::text_or_null(layer.failure.as_ref())),
                ("critical", Json::Bool(critical[place])),
                ("slow", Json::Bool(self.is_slow(place))),
            ])
        };
        let report = Json::Object(vec![
            ("total_us", Json::micros(self.0.total)),
            ("sum_us", Json::micros(self.sum())),
            ("finished", Json::Bool(self.0.finished)),
            ("failure", Json::text_or_null(self.0.failure.as_ref())),
            ("slow_us", Json::micros(self.0.slow)),
            ("critical_path", Json::places(self.critical(None))),
            ("waiting", Json::texts(&self.0.waiting)),
            ("layers", Json::List(self.0.layers.iter().enumerate().map(layer).collect())),
        ]);
        report.to_string()
    }

    /// The critical path among the layers with this parent.
    fn critical(&self, parent: Option<usize>) -> Vec<usize> {
        let inside = self.0.layers.iter().enumerate().filter(|(_, layer)| layer.parent == parent);
        // Of several that end at once, the one that began last is the end of the longest chain.
        let last = inside.max_by_key(|(place, layer)| (layer.end(), layer.start, *place)).map(|(place, _)| place);
        let mut path: Vec<_> = std::iter::successors(last, |place| self.0.layers[*place].held_up_by).collect();
        path.reverse();
        path
    }

    /// For each layer, whether it is on the critical path, or on that of the layer around it if that one is.
    fn marked(&self) -> Vec<bool> {
        let mut marked = vec![false; self.0.layers.len()];
        let mut paths = vec![self.critical(None)];
        while let Some(path) = paths.pop() {
            for place in path {
                marked[place] = true;
                paths.push(self.critical(Some(place)));
            }
        }
        marked
    }

    fn is_slow(&self, place: usize) -> bool {
        let made_of_others = self.0.layers.get(place + 1).is_some_and(|next| next.parent == Some(place));
        self.0.layers[place].duration >= self.0.slow && !made_of_others
    }

    fn depth(&self, place: usize) -> usize {
        std::iter::successors(self.0.layers[place].parent, |parent| self.0.layers[*parent].parent).count()
    }

    fn rows(&self) -> Vec<Row> {
        let critical = self.marked();
        let row = |(place, layer): (usize, &LayerStart)| Row {
            name: layer.layer.to_owned(),
            depth: self.depth(place),
            ready: layer.ready,
            start: layer.start,
            took: layer.duration,
            critical: critical[place],
            note: self.note(place),
        };
        self.0.layers.iter().enumerate().map(row).collect()
    }

    fn note(&self, place: usize) -> String {
        let layer = &self.0.layers[place];
        let retries = match layer.retries {
            0 => None,
            1 => Some("1 retry".to_owned()),
            many => Some(format!("{many} retries")),
        };
        let notes = [
            (layer.origin != LayerOrigin::Built).then(|| layer.origin.to_string()),
            retries,
            (!layer.finished).then(|| "still building".to_owned()),
            layer.failure.as_ref().map(|_| "failed".to_owned()),
            self.is_slow(place).then(|| "slow".to_owned()),
        ];
        notes.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for StartupReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waterfall = Waterfall { rows: self.rows(), total: self.0.total };
        writeln!(f, "{waterfall}")?;
        let names =
            |layers: &mut dyn Iterator<Item = &LayerStart>| -> Vec<_> { layers.map(|layer| layer.layer).collect() };
        let path = names(&mut self.critical_path());
        if !path.is_empty() {
            writeln!(f, "* critical path: {}", path.join(" → "))?;
        }
        for layer in self.slow_layers() {
            writeln!(f, "slow: `{}` at {}:{} took {}", layer.layer, layer.file, layer.line, brief(layer.duration))?;
        }
        if !self.0.waiting.is_empty() {
            writeln!(f, "not begun: {}", self.0.waiting.join(", "))?;
        }
        if let Some(failure) = &self.0.failure {
            writeln!(f, "failed: {failure}")?;
        }
        let so_far = if self.0.finished { "" } else { " so far" };
        write!(f, "total{so_far} {}; one after the other {}", brief(self.0.total), brief(self.sum()))?;
        let ratio = self.sum().as_secs_f64() / self.0.total.as_secs_f64();
        if ratio.is_finite() && ratio >= 1.05 { write!(f, " ({ratio:.1} times as long)") } else { Ok(()) }
    }
}
