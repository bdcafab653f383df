//! Layers: recipes for services, and the algebra that composes them.

mod assemble;
mod call;
mod compose;
mod construct;
mod constructors;
mod function;
mod identity;
mod node;
mod plan;
mod recipe;
mod recover;
mod sharing;
mod substitute;
mod wiring;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::AnyFailure;
use crate::set::{Empty, One};

pub use assemble::{OpenParts, Parts, assembled, both, open_assembled, open_assembled_as, open_both, open_part, part};
pub use call::{Async, AsyncFallible, Call, Fallible, Injected, Plain, function_layer};
pub use construct::{Builder, Construction, Inputs, Memo, Outputs, OwnMemo, Raise, RaisedFailure};
pub use function::{Argument, ArgumentList, AsyncConstructor, Constructor, Made, Source as ArgumentSource, Work};
pub use identity::Identity;
pub use node::{Node, Source};
pub use plan::{Input, Plan, Step, StepId, Task};
pub use recipe::{claimed, constant_layer, factory_layer, keyed_layer};
pub use recover::{AnyLayer, Catch};

pub(crate) use construct::handle;
use node::{Kind, Recipe, Sharing};

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
