//! What a shutdown did.

use std::fmt;
use std::time::Duration;

use crate::build::LayerRelease;
use crate::scope::FinalizerReport;

/// What a shutdown did, and what it could not.
#[derive(Clone, Debug)]
pub struct ShutdownReport {
    pub(super) took: Duration,
    pub(super) stuck_effects: Vec<&'static str>,
    /// The layers at work in the background, if that did not finish.
    pub(super) stuck_background: Option<Vec<&'static str>>,
    pub(super) layers: Vec<LayerRelease>,
    pub(super) finalizers: Vec<FinalizerReport>,
}

impl ShutdownReport {
    /// How long it took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// The layers that were released, in the order in which their release began.
    pub fn layers(&self) -> &[LayerRelease] {
        &self.layers
    }

    /// The effects that did not stop, by the names of their types.
    pub fn stuck_effects(&self) -> &[&'static str] {
        &self.stuck_effects
    }

    /// The layers whose release did not finish: those of effects and of a build that was stopped, then the runtime's own.
    pub fn stuck_layers(&self) -> impl Iterator<Item = &'static str> {
        let own = self.layers.iter().filter(|layer| !layer.finished).map(|layer| layer.layer);
        self.stuck_background.iter().flatten().copied().chain(own)
    }

    /// Whether everything finished, and nothing failed.
    pub fn is_clean(&self) -> bool {
        self.problems().is_empty()
    }

    pub(super) fn into_result(self) -> Result<Self, ShutdownError> {
        if self.is_clean() { Ok(self) } else { Err(ShutdownError { report: self }) }
    }

    fn problems(&self) -> Vec<String> {
        let effects = self.stuck_effects.iter().map(|effect| format!("effect `{effect}` did not stop"));
        let background = self.stuck_background.as_ref().map(|layers| match &layers[..] {
            [] => "work in the background did not finish".to_owned(),
            layers => format!("work in the background did not finish: `{}`", layers.join("`, `")),
        });
        let layers = self.layers.iter().flat_map(|release| {
            let stuck = (!release.finished)
                .then(|| format!("layer `{}` was not released after {:?}", release.layer, release.duration));
            stuck.into_iter().chain(release.errors.iter().map(|error| format!("layer `{}`: {error}", release.layer)))
        });
        let named: Vec<_> = effects.chain(background).chain(layers).collect();
        // The finalizer of the layers sums up what was named already.
        let others = self.finalizers.iter().filter(|finalizer| {
            (finalizer.outcome.is_failure() || !finalizer.outcome.is_finished()) && finalizer.name != "layers"
        });
        let others = others.map(|finalizer| format!("`{}` {}", finalizer.name, finalizer.outcome));
        named.into_iter().chain(others).collect()
    }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shut down in {:?}", self.took)?;
        let names: Vec<_> = self.layers.iter().map(|release| release.layer).collect();
        if !names.is_empty() {
            write!(f, "; released: {}", names.join(", "))?;
        }
        self.problems().iter().try_for_each(|problem| write!(f, "; {problem}"))
    }
}

/// A shutdown in which something failed or did not finish.
#[derive(Clone, Debug)]
pub struct ShutdownError {
    report: ShutdownReport,
}

impl ShutdownError {
    /// What was done, and what was not.
    pub fn report(&self) -> &ShutdownReport {
        &self.report
    }
}

impl fmt::Display for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the shutdown was not clean: {}", self.report.problems().join("; "))
    }
}

impl std::error::Error for ShutdownError {}
