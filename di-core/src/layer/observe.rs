//! Looking at a layer while it is built: what it gave, and how it failed.

use std::sync::Arc;

use super::recipe::around;
use super::{ArgumentList, Layer, Memo, Raise, TakenFrom, Work};
use crate::set::{Empty, One, ServiceSet, Set, Union, UnionOf};
use crate::{AnyFailure, BuildError, ConstructorError};

/// What a look at a layer may come to: nothing, or a `Result` without a value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a look at a layer comes to",
    label = "this is neither `()` nor a `Result<(), E>`",
    note = "end the closure with `;`, or with `Ok::<(), E>(())`; `E` is `Box<dyn Error + Send + Sync>`, or implements `std::error::Error` and is `Send + Sync`"
)]
pub trait Looked: Send + 'static {
    /// How the look can fail.
    type Err: Set;

    /// The failure, if it is one.
    fn outcome(self) -> Result<(), Raise>;
}

impl Looked for () {
    type Err = Empty;

    fn outcome(self) -> Result<(), Raise> {
        Ok(())
    }
}

impl<E: ConstructorError + Send + 'static> Looked for Result<(), E> {
    type Err = One<AnyFailure>;

    fn outcome(self) -> Result<(), Raise> {
        self.map_err(Raise::any)
    }
}

/// Looking at a layer while it is built.
impl<Out: ServiceSet, In, Err: Set> Layer<Out, In, Err> {
    /// Runs an async closure with what this layer gave, before anybody else gets it.
    ///
    /// | | `Out` | `In` | `Err` |
    /// |---|---|---|---|
    /// | `a.tap(f)` | A | A | A ∪ F |
    ///
    /// The closure's parameters are services of this layer, and a `Scope` if it acquires something itself: that is released
    /// before the layer is. If it returns an error, that is the outcome, and the layer is released. It runs once per memo map,
    /// and whoever uses the layer without `tap` shares it.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Pool { connections: u32 }
    ///
    /// #[layer]
    /// async fn pool() -> Pool { Pool { connections: 8 } }
    ///
    /// let pool: Layer<services![Pool]> = pool().tap(|pool: Inject<Pool>| async move {
    ///     if pool.connections == 0 { return Err("the pool is empty") }
    ///     println!("{} connections", pool.connections);
    ///     Ok(())
    /// });
    /// ```
    #[track_caller]
    pub fn tap<Arguments: ArgumentList, F>(self, look: F) -> Layer<Out, In, UnionOf<Err, <F::Output as Looked>::Err>>
    where
        F: Work<Arguments, Output: Looked> + Clone + Sync,
        Arguments::Needs: TakenFrom<Out>,
        Err: Union,
    {
        let node = Arc::clone(&self.node);
        around("tap", &self.node, Memo::Shared, move |inputs| {
            let (built, look) = (inputs.build(Arc::clone(&node), Memo::Shared), look.clone());
            async move {
                let services = built.await.map_err(Raise::Build)?;
                let looked = look.begin(&inputs.with(&services));
                looked.await.outcome()?;
                Ok(services)
            }
        })
    }

    /// Runs an async closure with the error if this layer fails.
    ///
    /// | | `Out` | `In` | `Err` |
    /// |---|---|---|---|
    /// | `a.tap_error(f)` | A | A | A ∪ F |
    ///
    /// When it is called, everything that the layer had acquired has been released. The layer's error remains the outcome,
    /// unless the closure returns one itself. Panics and cancellation are not told of.
    ///
    /// ```
    /// use di::prelude::*;
    ///
    /// #[derive(Service)]
    /// struct Pool;
    ///
    /// #[layer]
    /// async fn pool() -> Result<Pool, std::io::Error> { Ok(Pool) }
    ///
    /// let pool: Layer<services![Pool]> = pool().tap_error(|error| async move { eprintln!("{error}") });
    /// ```
    #[track_caller]
    #[doc(alias("tapError", "tapErrorCause", "tapCause"))]
    pub fn tap_error<Fut>(
        self,
        look: impl Fn(BuildError) -> Fut + Send + Sync + 'static,
    ) -> Layer<Out, In, UnionOf<Err, <Fut::Output as Looked>::Err>>
    where
        Fut: Future<Output: Looked> + Send + 'static,
        Err: Union,
    {
        let (node, look) = (Arc::clone(&self.node), Arc::new(look));
        around("tap_error", &self.node, Memo::Shared, move |inputs| {
            let (built, look) = (inputs.build(Arc::clone(&node), Memo::Shared), Arc::clone(&look));
            async move {
                match built.await {
                    Err(error) if error.is_failure() => {
                        look(error.clone()).await.outcome()?;
                        Err(Raise::Build(error))
                    }
                    built => built.map_err(Raise::Build),
                }
            }
        })
    }
}
