//! Layers: recipes for services, and the algebra that composes them.

mod assemble;
mod call;
mod compose;
mod construct;
mod constructors;
mod function;
mod identity;
mod limit;
mod manner;
mod node;
mod observe;
mod plan;
mod recipe;
mod recover;
mod retry;
mod sharing;
mod substitute;
mod taken;
mod transform;
mod wiring;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::AnyFailure;
use crate::set::{Empty, One};

pub use assemble::{
    OpenParts, Parts, Sides, assembled, both, open_assembled, open_assembled_as, open_both, open_part, part,
};
pub use call::{Async, AsyncFallible, Fallible, FunctionCall, Injected, Plain, function_layer};
pub use construct::{Builder, Construction, Inputs, Later, Memo, Outputs, OwnMemo, Raise, RaisedFailure};
pub use function::{Argument, ArgumentList, AsyncConstructor, Call, Constructor, Made, Source as ArgumentSource, Work};
pub use identity::Identity;
pub use manner::Group;
pub use node::{Node, Source};
pub use observe::Looked;
pub use plan::{Doubt, Input, Plan, Step, StepId, Task};
pub use recipe::{borrowed_layer, claimed, constant_layer, factory_layer, hosting_layer, keyed_layer};
pub use recover::{AnyLayer, Catch};
pub use taken::TakenFrom;
pub use transform::Transform;

pub(crate) use construct::handle;
use node::{Kind, MadeOf, Recipe, Sharing};
pub(crate) use retry::retried;
pub(crate) use substitute::substituted;

/// A recipe: what it gives (`Out`), what it still needs (`In`), and how it can fail (`Err`).
///
/// A layer does nothing until it is built. It is built once per memo map, by its identity and that of the instances it
/// is given; a clone has its original's identity and costs one pointer.
///
/// | operation | `Out` | `In` | `Err` |
/// |---|---|---|---|
/// | `a.merge(b)` | A ∪ B | A ∪ B | A ∪ B |
/// | `a.provide(b)`: b feeds a, and is hidden | A | In b ∪ (In a ∖ Out b) | A ∪ B |
/// | `a.provide_merge(b)`: b feeds a, and stays | A ∪ B | In b ∪ (In a ∖ Out b) | A ∪ B |
///
/// | `a.map::<S>(f)`, `a.discard()` | S, ∅ | A | A |
/// | `a.update::<S>(f)`: a service that a needs, decorated | A | F ∪ (A ∖ S) | A |
/// | `a.flat_map(f)`: a layer computed from what a gave | F | A ∪ F | A ∪ F |
/// | `a.passthrough()` | Out a ∪ In a | A | A |
/// | `a.tap(f)`, `a.tap_error(f)` | A | A | A ∪ F |
/// | `a.timeout(d)` | A | A | A ∪ { [`TimedOut`](crate::TimedOut) } |
/// | `a.retry(s)`, `a.retry_fresh(s)`, `a.named("..")`, `a.extend_scope()`, `a.fresh()`, `a.memoize()` | A | A | A |
/// | `a.release_timeout(d)` | A | A | A |
///
/// The three are sets: order and repetitions do not matter, and equal sets are one type.
///
/// ```
/// use di::prelude::*;
///
/// #[derive(Service)]
/// struct Config { greeting: String }
/// #[derive(Service)]
/// struct Greeter { config: Inject<Config> }
///
/// #[layer]
/// fn config() -> Config { Config { greeting: "Hello".into() } }
/// #[layer]
/// fn greeter(config: Inject<Config>) -> Greeter { Greeter { config } }
///
/// fn app() -> Layer<services![Greeter], services![], failures![]> {
///     greeter().provide(config())
/// }
/// ```
///
/// The usual signature writes what a layer gives, and leaves the rest to the defaults: `Layer<services![Greeter]>` is
/// `Layer<services![Greeter], services![], failures![AnyFailure]>`, which needs nothing and can fail with any error. The layer
/// above cannot fail, so its set is `failures![]`, which is another type; [`coerce`](Layer::coerce) widens it:
///
/// ```
/// # use di::prelude::*;
/// # #[derive(Service)]
/// # struct Config;
/// #[layer]
/// fn config() -> Config { Config }
///
/// fn exact() -> Layer<services![Config], services![], failures![]> { config() }
/// fn usual() -> Layer<services![Config]> { config().coerce() }
/// ```
#[must_use = "a layer does nothing until it is built"]
pub struct Layer<Out, In = Empty, Err = One<AnyFailure>> {
    node: Arc<Node>,
    types: PhantomData<fn() -> (Out, In, Err)>,
}

impl<Out, In, Err> Clone for Layer<Out, In, Err> {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.node))
    }
}

impl<Out, In, Err> fmt::Debug for Layer<Out, In, Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Layer({})", self.node.source())
    }
}

impl<Out, In, Err> Layer<Out, In, Err> {
    /// Claims that a node gives, needs and fails as these sets say.
    pub(crate) fn of(node: Arc<Node>) -> Self {
        Self { node, types: PhantomData }
    }

    /// The layer without its types, for runtimes and tools.
    // For runtimes, not for programs.
    #[doc(hidden)]
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }
}
