//! What a collection of fibers tells of its members: who is there, and what became of them.

use std::borrow::Borrow;
use std::hash::Hash;

use super::{FiberKey, FiberMap, FiberStatus};
use crate::fiber::{Fiber, FiberFailure};

impl<K, A, E> FiberMap<K, A, E>
where
    K: FiberKey,
    A: Send + Sync + 'static,
    E: FiberFailure + ?Sized,
{
    /// The fiber of a key.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Fiber<A, E>>
    where
        K: Borrow<Q>,
    {
        let hash = self.engine().hash(key);
        self.engine().with(|members| members.find(hash, key).cloned()).map(Fiber::of)
    }

    /// What became of the fiber of a key: it runs, it has ended and is [retained](crate::FiberMapBuilder::retain_results), or there is
    /// none.
    pub fn status<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> FiberStatus<A, E>
    where
        K: Borrow<Q>,
    {
        self.engine().status(key)
    }

    /// Whether there is a fiber of this key.
    #[doc(alias = "has")]
    pub fn contains<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// How many fibers there are. Those that were replaced or removed do not count, though some may still be ending.
    #[doc(alias = "size")]
    pub fn len(&self) -> usize {
        self.engine().with(|members| members.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys there are now, in no order.
    pub fn keys(&self) -> Vec<K>
    where
        K: Clone,
    {
        self.fibers().into_iter().map(|(key, _)| key).collect()
    }

    /// The fibers there are now, in no order.
    pub fn fibers(&self) -> Vec<(K, Fiber<A, E>)>
    where
        K: Clone,
    {
        self.engine().snapshot()
    }

    /// The children of the fiber of a key, if there is one: a collection that the fiber owns. It is made when it is first
    /// asked for, and is the same one afterwards, for each choice of types.
    ///
    /// When the fiber is interrupted, its children end first, while its body still runs; then that is dropped. When the fiber
    /// ends by itself, they are interrupted, and end before what it acquired is released. A fiber that is ending has no new
    /// children: what is run is refused.
    ///
    /// Their collection has the settings of [`FiberMap::typed`]: the grace period and the limits of this one are not theirs. For
    /// others make a collection in the scope of the fiber: `FiberMap::builder()..build(&fiber)`.
    ///
    /// ```
    /// use di::{Exit, FiberMap, Scope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # async fn serve() { std::future::pending::<()>().await }
    /// # async fn connection() { std::future::pending::<()>().await }
    /// let scope = Scope::new();
    /// let servers = FiberMap::new(&scope);
    /// servers.run("chat", serve());
    /// let connections: FiberMap<u32> = servers.children("chat").expect("it runs");
    /// connections.run(7, connection());
    ///
    /// servers.remove("chat").await;
    /// assert!(connections.is_closed() && connections.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn children<Q, K2, A2, E2>(&self, key: &Q) -> Option<FiberMap<K2, A2, E2>>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        K2: FiberKey,
        A2: Send + Sync + 'static,
        E2: FiberFailure + ?Sized,
    {
        self.engine().children(key)
    }
}
