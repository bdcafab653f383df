//! What a shutdown did.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use di_core::json::Json;

use super::waterfall::{Row, Waterfall, brief};
use crate::CriticalFailure;
use crate::build::LayerRelease;
use crate::memo::NotReleased;
use crate::scope::FinalizerReport;

/// What a shutdown did, and what it could not.
///
/// It displays as one line; [`waterfall`](ShutdownReport::waterfall) has a line for each release.
#[derive(Clone, Debug)]
pub struct ShutdownReport {
    pub(super) took: Duration,
    /// How long it waited for the effects to stop, and after that for work in the background.
    pub(super) effects: Duration,
    pub(super) background: Duration,
    pub(super) stuck_effects: Vec<Cow<'static, str>>,
    /// The layers at work in the background, if that did not finish.
    pub(super) stuck_background: Option<Vec<Cow<'static, str>>>,
    pub(super) stuck_fibers: Vec<String>,
    pub(super) layers: Vec<LayerRelease>,
    pub(super) finalizers: Vec<FinalizerReport>,
    pub(super) failure: Option<CriticalFailure>,
}

impl ShutdownReport {
    /// How long it took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// The fibers of collections in the runtime that did not end, by the names that they were given or by their keys.
    pub fn stuck_fibers(&self) -> &[String] {
        &self.stuck_fibers
    }

    /// The layers that were released, in the order in which their release began.
    pub fn layers(&self) -> &[LayerRelease] {
        &self.layers
    }

    /// The effects that did not stop, by the names of their types.
    pub fn stuck_effects(&self) -> &[Cow<'static, str>] {
        &self.stuck_effects
    }

    /// Why the runtime was shut down, if that is because something failed: see [`Shutdown::fail`](crate::Shutdown::fail).
    pub fn failure(&self) -> Option<&CriticalFailure> {
        self.failure.as_ref()
    }

    /// The layers whose release did not finish, in their own time or in that of all: those of effects and of a build that
    /// was stopped, then the runtime's own.
    pub fn stuck_layers(&self) -> impl Iterator<Item = &str> {
        let own = self.layers.iter().filter(|layer| !layer.finished).map(|layer| layer.layer);
        self.stuck_background.iter().flatten().map(|name| &**name).chain(own)
    }

    /// Whether everything finished, and nothing failed, before the shutdown and in it.
    pub fn is_clean(&self) -> bool {
        self.problems().is_empty()
    }

    /// What it did as a text for a terminal: a line for each release, with a bar that says when it was and how long it took.
    pub fn waterfall(&self) -> String {
        let rows: Vec<_> = self.phases().chain(self.layers.iter().map(release)).chain(self.others()).collect();
        let sum: Duration = rows.iter().map(|row| row.took).sum();
        let total = format!("total {}; one after the other {}", brief(self.took), brief(sum));
        let problems = self.problems().into_iter().map(|problem| format!("not clean: {problem}"));
        let waterfall = Waterfall { rows, total: self.took }.to_string();
        [waterfall].into_iter().chain(problems).chain([total]).collect::<Vec<_>>().join("\n")
    }

    /// The same as JSON, with times in microseconds.
    pub fn to_json(&self) -> String {
        let layer = |release: &LayerRelease| {
            Json::Object(vec![
                ("name", Json::text(release.layer)),
                ("start_us", Json::micros(release.start)),
                ("duration_us", Json::micros(release.duration)),
                ("finished", Json::Bool(release.finished)),
                ("forced", Json::Bool(release.forced.is_some())),
                ("errors", Json::texts(&release.errors)),
            ])
        };
        let finalizer = |finalizer: &FinalizerReport| {
            Json::Object(vec![
                ("name", Json::text(&finalizer.name)),
                ("duration_us", Json::micros(finalizer.duration)),
                ("finished", Json::Bool(finalizer.outcome.is_finished())),
                ("outcome", Json::text(&finalizer.outcome)),
            ])
        };
        let report = Json::Object(vec![
            ("total_us", Json::micros(self.took)),
            ("effects_us", Json::micros(self.effects)),
            ("background_us", Json::micros(self.background)),
            ("clean", Json::Bool(self.is_clean())),
            ("problems", Json::texts(self.problems())),
            ("layers", Json::List(self.layers.iter().map(layer).collect())),
            ("finalizers", Json::List(self.finalizers.iter().map(finalizer).collect())),
        ]);
        report.to_string()
    }

    /// What the layers had to wait for, if that took long enough to be seen.
    fn phases(&self) -> impl Iterator<Item = Row> {
        let phases = [
            ("(effects)", Duration::ZERO, self.effects, self.stuck_effects.is_empty()),
            ("(background)", self.effects, self.background, self.stuck_background.is_none()),
        ];
        phases
            .into_iter()
            .filter(|(_, _, took, _)| *took >= Duration::from_millis(1))
            .map(|(name, start, took, finished)| row(name, start, took, if finished { "" } else { "did not stop" }))
    }

    /// The finalizers beside that of the layers, which begin when that does.
    fn others(&self) -> impl Iterator<Item = Row> {
        let others = self.finalizers.iter().filter(|finalizer| finalizer.name != LAYERS);
        others.map(|finalizer| {
            let note = match &finalizer.outcome {
                outcome if outcome.is_failure() => "failed",
                outcome if !outcome.is_finished() => "not finished",
                _ => "",
            };
            row(&finalizer.name, self.effects + self.background, finalizer.duration, note)
        })
    }

    pub(super) fn into_result(self) -> Result<Self, ShutdownError> {
        if self.is_clean() { Ok(self) } else { Err(ShutdownError { report: Box::new(self) }) }
    }

    /// Why it was shut down, if that is a problem, and what was not in order then.
    fn problems(&self) -> Vec<String> {
        self.failure.iter().map(ToString::to_string).chain(self.disorder()).collect()
    }

    /// What failed in the shutdown itself, or did not finish.
    pub(crate) fn disorder(&self) -> Vec<String> {
        let effects = self.stuck_effects.iter().map(|effect| format!("effect `{effect}` did not stop"));
        let background = self.stuck_background.as_ref().map(|layers| match &layers[..] {
            [] => "work in the background did not finish".to_owned(),
            layers => format!("work in the background did not finish: `{}`", layers.join("`, `")),
        });
        let layers = self.layers.iter().flat_map(|release| {
            let (layer, duration) = (release.layer, release.duration);
            let stuck = match release {
                LayerRelease { forced: Some(had), .. } => Some(NotReleased { layer, had: *had }.to_string()),
                LayerRelease { finished: false, .. } => {
                    Some(format!("layer `{layer}` was not released after {duration:?}"))
                }
                _ => None,
            };
            stuck.into_iter().chain(release.errors.iter().map(|error| format!("layer `{}`: {error}", release.layer)))
        });
        let fibers = self.stuck_fibers.iter().map(|fiber| format!("fiber `{fiber}` did not end"));
        let named: Vec<_> = effects.chain(background).chain(fibers).chain(layers).collect();
        // The finalizer of the layers sums up what was named already.
        let others = self.finalizers.iter().filter(|finalizer| {
            (finalizer.outcome.is_failure() || !finalizer.outcome.is_finished()) && finalizer.name != LAYERS
        });
        let others = others.map(|finalizer| format!("`{}` {}", finalizer.name, finalizer.outcome));
        named.into_iter().chain(others).collect()
    }
}

/// The finalizer that releases what the runtime built, which has a report of its own.
const LAYERS: &str = "layers";

fn release(release: &LayerRelease) -> Row {
    let note = match release {
        LayerRelease { forced: Some(_), .. } => "not released in its time",
        LayerRelease { finished: false, .. } => "not released",
        LayerRelease { errors, .. } if !errors.is_empty() => "failed",
        _ => "",
    };
    row(release.layer, release.start, release.duration, note)
}

fn row(name: &str, start: Duration, took: Duration, note: &str) -> Row {
    Row { name: name.to_owned(), depth: 0, ready: start, start, took, critical: false, note: note.to_owned() }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shut down in {:?}", self.took)?;
        let names: Vec<_> = self.layers.iter().filter(|layer| layer.finished).map(|layer| layer.layer).collect();
        if !names.is_empty() {
            write!(f, "; released: {}", names.join(", "))?;
        }
        self.problems().iter().try_for_each(|problem| write!(f, "; {problem}"))
    }
}

/// A shutdown in which something failed or did not finish, or whose reason is that something failed.
#[derive(Clone, Debug)]
pub struct ShutdownError {
    report: Box<ShutdownReport>,
}

impl ShutdownError {
    /// What was done, and what was not.
    pub fn report(&self) -> &ShutdownReport {
        &self.report
    }
}

impl fmt::Display for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let disorder = self.report.disorder().join("; ");
        match &self.report.failure {
            None => write!(f, "the shutdown was not clean: {disorder}"),
            Some(failure) if disorder.is_empty() => write!(f, "shut down because {failure}"),
            Some(failure) => write!(f, "shut down because {failure}; that was not clean: {disorder}"),
        }
    }
}

impl std::error::Error for ShutdownError {}
