//! Substitution: other layers in the place of some, for tests and for variants of an application.

use std::sync::Arc;

use super::{Identity, Kind, Layer, Node, Source};
use crate::set::{Here, Member, Set, Union};

/// Substitution.
impl<Out: Set, In: Set, Err: Set> Layer<Out, In, Err> {
    /// This layer, in which `other` stands in for whatever gives its services, however deep inside.
    ///
    /// What only the replaced layers needed is not built. `other` is fed from outside: what it needs, the whole needs.
    /// A layer that gives more than the services of `other` is still built, for the rest.
    ///
    /// # Errors
    ///
    /// If nothing inside gives a service of `other`, the build fails and names it: a test that replaces nothing is a mistake.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[derive(Service)] struct Pool;
    /// #[service] trait Users { fn count(&self) -> usize; }
    /// struct Sqlite; struct Fake;
    /// #[service] impl Users for Sqlite { fn count(&self) -> usize { 1000 } }
    /// #[service] impl Users for Fake { fn count(&self) -> usize { 3 } }
    /// #[derive(Service)] struct Greeter { users: Inject<dyn Users> }
    ///
    /// #[layer] fn pool() -> Pool { unreachable!("nobody needs it in this test") }
    /// #[layer(as dyn Users)] fn sqlite(pool: Inject<Pool>) -> Sqlite { Sqlite }
    /// #[layer] fn greeter(users: Inject<dyn Users>) -> Greeter { Greeter { users } }
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let app = greeter().provide(sqlite()).provide(pool());
    /// let scope = Scope::new();
    /// let context = app.substitute(Layer::succeed::<dyn Users>(Fake)).build(&scope).await?;
    /// assert_eq!(context.get::<Greeter>().users.count(), 3);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    #[track_caller]
    #[doc(alias("replace", "mock"))]
    pub fn substitute<Out2: Set, In2: Set, Err2: Set, InOf, ErrOf>(
        self,
        other: Layer<Out2, In2, Err2>,
    ) -> Layer<Out, InOf, ErrOf>
    where
        In: Union<Union<In2, Here> = InOf>,
        Err: Union<Union<Err2, Here> = ErrOf>,
    {
        let kind = Kind::Substitute { layer: self.node, by: other.node, everywhere: true };
        Layer::of(Node::new(Identity::new_value(), Source::here("substitute"), kind))
    }

    /// Both layers side by side, of which `other` wins: where both give a service, that of `other` leaves.
    ///
    /// [`merge`](Layer::merge) refuses two instances of one service; this is how to say which one is meant. Inside of this
    /// layer nothing changes: what needs the service there goes on with its own, unlike with [`substitute`](Layer::substitute).
    #[track_caller]
    pub fn override_with<Out2: Set, In2: Set, Err2: Set, OutOf, InOf, ErrOf>(
        self,
        other: Layer<Out2, In2, Err2>,
    ) -> Layer<OutOf, InOf, ErrOf>
    where
        Out: Union<Union<Out2, Here> = OutOf>,
        In: Union<Union<In2, Here> = InOf>,
        Err: Union<Union<Err2, Here> = ErrOf>,
    {
        let kind = Kind::Override { layer: self.node, by: other.node };
        Layer::of(Node::new(Identity::new_value(), Source::here("override_with"), kind))
    }
}

/// A node in which services that are there already stand in for whatever gives them.
pub(crate) fn substituted(node: Arc<Node>, substitutes: &[Member]) -> Arc<Node> {
    if substitutes.is_empty() {
        return node;
    }
    let source = node.source();
    let by = Node::new(Identity::new_value(), source, Kind::Pass(substitutes.to_vec()));
    Node::new(Identity::new_value(), source, Kind::Substitute { layer: node, by, everywhere: false })
}
