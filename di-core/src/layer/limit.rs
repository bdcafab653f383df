//! Time limits: a layer that is built in time, or not at all.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::recipe::around;
use super::{Layer, Memo, Raise};
use crate::set::{Here, One, Set, Union, UnionOf};
use crate::{BoxFuture, TimedOut};

/// Time limits.
impl<Out, In, Err: Set> Layer<Out, In, Err> {
    /// This layer, unless it takes longer than `limit` to be built.
    ///
    /// | | `Out` | `In` | `Err` |
    /// |---|---|---|---|
    /// | `a.timeout(d)` | A | A | A ∪ { `TimedOut` } |
    ///
    /// What it has acquired by then is released before the failure is told. If others wait for the same layer without a limit,
    /// it goes on being built for them. The layers that this one is fed with from outside are not part of it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use di::{TimedOut, prelude::*};
    ///
    /// #[derive(Service)]
    /// struct Rates(f64);
    ///
    /// #[layer]
    /// async fn rates() -> Rates { Rates(1.08) }
    ///
    /// let rates: Layer<services![Rates], services![], failures![]> = rates()
    ///     .timeout(Duration::from_secs(2))
    ///     .catch::<TimedOut>(|_timed_out| Layer::succeed::<Rates>(Rates(1.0)));
    /// ```
    #[track_caller]
    #[doc(alias = "timeoutFail")]
    pub fn timeout(self, limit: Duration) -> Layer<Out, In, UnionOf<Err, One<TimedOut>>>
    where
        Err: Union<Union<One<TimedOut>, Here>: Set>,
    {
        let (name, node) = (self.node.name(), Arc::clone(&self.node));
        let limited = around(name, &self.node, Memo::Shared, move |inputs| {
            let built = inputs.build(Arc::clone(&node), Memo::Shared);
            let over = inputs.clock().sleep(limit);
            async move {
                match before(built, over).await {
                    Some(built) => built.map_err(Raise::Build),
                    None => Err(Raise::named(TimedOut::new(name, limit))),
                }
            }
        });
        limited.made_of(Some("timeout"), vec![self.node], Memo::Shared)
    }
}

/// What a future comes to, unless another one is done before it. It is dropped then.
async fn before<Out>(mut future: BoxFuture<Out>, mut over: BoxFuture<()>) -> Option<Out> {
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(out) => Poll::Ready(Some(out)),
        Poll::Pending => over.as_mut().poll(context).map(|()| None),
    })
    .await
}
