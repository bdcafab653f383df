//! Why a build, or a run, came to nothing.

mod chain;
mod display;

use std::any::TypeId;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::layer::{Raise, RaisedFailure, Source};
use crate::{Exit, Failure, Name, SharedError};

/// Why a layer could not be built.
///
/// It displays the whole chain: the service that was asked for, the layer that failed, its error and the causes of
/// that, how long it took and what was released. When it is delivered, everything that the build had acquired has been
/// released. Everybody who waited for one build gets the same error; a clone is one pointer.
#[derive(Clone)]
pub struct BuildError(Arc<Report>);

#[derive(Clone)]
struct Report {
    kind: BuildErrorKind,
    layer: Option<Source>,
    service: Option<Name>,
    keys: Vec<Arc<str>>,
    groups: Vec<&'static str>,
    attempts: Option<u64>,
    after: Duration,
    released: Vec<&'static str>,
    suppressed: Vec<SharedError>,
}

/// The kinds of reasons why a layer cannot be built.
#[derive(Clone)]
#[non_exhaustive]
pub enum BuildErrorKind {
    /// Its constructor returned an error.
    Failed(Failed),
    /// Its constructor returned an error, and had been declared not to with `or_die`.
    Died(SharedError),
    /// Its constructor panicked, with this message.
    Panicked(Arc<str>),
    /// Nobody waited for it any more.
    Cancelled,
    /// The scope that it was to live in was closed, with this exit.
    ScopeClosed(Exit),
    /// It waited for itself: the layers on the way, the first one again as the last.
    Cycle(Vec<Source>),
    /// Two different instances of one service met: the service and the layers that give it.
    Conflict {
        /// The service that is given twice.
        service: Name,
        /// The layers that give it.
        layers: [Source; 2],
    },
    /// A service that a layer needs is given under the same key as another type's (DI0007).
    Unprovided {
        /// The service that is needed.
        service: Name,
    },
    /// It was to be substituted, but nothing gives it.
    Unreplaced {
        /// The service that stands in for nothing.
        service: Name,
    },
    /// It is a resource of a map that knows certain keys only, and not this one.
    UnknownKey,
    /// It is a resource of a map that is closed.
    MapClosed,
    /// It is a resource of a map that has no room for another one.
    CapacityExceeded {
        /// For how many resources there is room.
        capacity: usize,
    },
    /// There is no tokio runtime to build it on.
    NoRuntime,
    /// The runtime was shut down.
    ShutDown,
}

/// The error of a constructor.
#[derive(Clone, Debug)]
pub struct Failed(RaisedFailure);

impl Failed {
    /// The error itself.
    pub fn error(&self) -> &SharedError {
        &self.0.error
    }

    /// The error, if it is an `E` by its type.
    pub fn downcast<E: Failure>(&self) -> Option<Arc<E>> {
        self.0.downcast()
    }

    /// The type of the error: [`AnyFailure`](crate::AnyFailure)'s, unless the layer names its failures.
    pub fn type_id(&self) -> TypeId {
        self.0.kind()
    }
}

impl BuildError {
    /// An error of this kind, which nothing is known about yet.
    // For runtimes, not for programs.
    #[doc(hidden)]
    pub fn new(kind: BuildErrorKind) -> Self {
        Self(Arc::new(Report {
            kind,
            layer: None,
            service: None,
            keys: Vec::new(),
            groups: Vec::new(),
            attempts: None,
            after: Duration::ZERO,
            released: Vec::new(),
            suppressed: Vec::new(),
        }))
    }

    /// Says which layer could not be built, and how long it had taken.
    // For runtimes, not for programs.
    #[doc(hidden)]
    #[must_use]
    pub fn at_layer(self, layer: Source, after: Duration) -> Self {
        self.edit(|report| {
            report.layer = Some(layer);
            report.after = after;
        })
    }

    /// Says which named layers the layer is a part of, from the innermost to the outermost.
    // For runtimes, not for programs.
    #[doc(hidden)]
    #[must_use]
    pub fn within(self, groups: impl IntoIterator<Item = &'static str>) -> Self {
        self.edit(|report| report.groups.extend(groups))
    }

    /// Says how often the layer was built in vain, until a schedule gave up.
    // For runtimes, not for programs.
    #[doc(hidden)]
    #[must_use]
    pub fn after_attempts(self, attempts: u64) -> Self {
        self.edit(|report| report.attempts = Some(attempts))
    }

    /// Says which service was asked for, and which layers had to be released.
    // For runtimes, not for programs.
    #[doc(hidden)]
    #[must_use]
    pub fn for_service(self, service: Option<Name>, released: Vec<&'static str>) -> Self {
        self.edit(|report| {
            report.service = service.or(report.service);
            report.released.extend(released);
        })
    }

    /// Says for which key of a map the layer was built. What was said before is of a map further inside.
    // For runtimes, not for programs.
    #[doc(hidden)]
    #[must_use]
    pub fn for_key(self, key: impl fmt::Debug) -> Self {
        let key: Arc<str> = format!("{key:?}").into();
        self.edit(|report| {
            if report.keys.last() != Some(&key) {
                report.keys.push(key);
            }
        })
    }

    /// The same error, told of by a layer that does not name its failures: `catch::<AnyFailure>` takes it. Who asks for the
    /// failure by its own type finds it nevertheless.
    // For runtimes, not for programs.
    #[doc(hidden)]
    #[must_use]
    pub fn unnamed(self) -> Self {
        match &self.0.kind {
            BuildErrorKind::Failed(failed) => {
                let kind = BuildErrorKind::Failed(Failed(failed.0.clone().unnamed()));
                self.edit(|report| report.kind = kind)
            }
            _ => self,
        }
    }

    /// Adds errors that came after this one: what failed beside it, and what failed while it was cleaned up after.
    // For runtimes, not for programs.
    #[doc(hidden)]
    #[must_use]
    pub fn suppress(self, errors: impl IntoIterator<Item = SharedError>) -> Self {
        self.edit(|report| report.suppressed.extend(errors))
    }

    fn edit(mut self, edit: impl FnOnce(&mut Report)) -> Self {
        edit(Arc::make_mut(&mut self.0));
        self
    }

    /// Why.
    pub fn kind(&self) -> &BuildErrorKind {
        &self.0.kind
    }

    /// The name of the layer that could not be built.
    pub fn layer(&self) -> Option<&'static str> {
        self.0.layer.map(|layer| layer.name())
    }

    /// The service that was asked for and needs that layer.
    pub fn service(&self) -> Option<Name> {
        self.0.service
    }

    /// The keys of the maps that it was built for, as they are printed, from the innermost map to the outermost.
    pub fn keys(&self) -> &[Arc<str>] {
        &self.0.keys
    }

    /// The names of the composed layers that it is a part of, from the innermost to the outermost.
    pub fn groups(&self) -> &[&'static str] {
        &self.0.groups
    }

    /// How often the layer was built in vain: more than once if it was retried.
    pub fn attempts(&self) -> u64 {
        self.0.attempts.unwrap_or(1)
    }

    /// Whether a schedule has given up on it, so that it is not retried again.
    // For runtimes, not for programs.
    #[doc(hidden)]
    pub fn is_final(&self) -> bool {
        self.0.attempts.is_some()
    }

    /// How long the layer's constructor had run, the last time if it was retried.
    pub fn after(&self) -> Duration {
        self.0.after
    }

    /// The names of the layers that had been built and were released again, in the order of their release.
    pub fn released(&self) -> &[&'static str] {
        &self.0.released
    }

    /// What failed beside it, and while it was cleaned up after.
    pub fn suppressed(&self) -> &[SharedError] {
        &self.0.suppressed
    }

    /// The constructor's error, if it is an `E` by its type.
    pub fn failure<E: Failure>(&self) -> Option<Arc<E>> {
        match &self.0.kind {
            BuildErrorKind::Failed(failed) => failed.downcast(),
            _ => None,
        }
    }

    /// Whether it is an error that `catch`, `or_else` and `retry` act upon: one that a constructor returned, or that of a map
    /// which refuses a key.
    pub fn is_failure(&self) -> bool {
        use BuildErrorKind::{CapacityExceeded, Failed, MapClosed, UnknownKey};
        matches!(self.0.kind, Failed(_) | UnknownKey | MapClosed | CapacityExceeded { .. })
    }

    /// What finalizers are told.
    pub fn exit(&self) -> Exit {
        match &self.0.kind {
            BuildErrorKind::Cancelled => Exit::Cancelled,
            BuildErrorKind::Panicked(message) => Exit::Panicked(Arc::clone(message)),
            BuildErrorKind::Failed(failed) => Exit::Failure(Arc::clone(failed.error())),
            BuildErrorKind::Died(error) => Exit::Failure(Arc::clone(error)),
            _ => Exit::Failure(Arc::new(self.clone())),
        }
    }
}

impl From<Raise> for BuildError {
    fn from(raise: Raise) -> Self {
        match raise {
            Raise::Failure(failure) => Self::new(BuildErrorKind::Failed(Failed(failure))),
            Raise::Died(error) => Self::new(BuildErrorKind::Died(error)),
            Raise::Build(error) => error,
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0.kind {
            BuildErrorKind::Failed(failed) => Some(&**failed.error()),
            BuildErrorKind::Died(error) => Some(&**error),
            _ => None,
        }
    }
}

/// Why an effect did not come to its own end.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A layer that it was provided with could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// It ended, but a layer that it was provided with could not be released.
    #[error("the effect ended, but what it was provided with could not be released: {0}")]
    Release(SharedError),
    /// The runtime is shut down: the effect was stopped, or not begun.
    #[error("the runtime is shut down: the effect was stopped, or not begun")]
    ShutDown,
}
