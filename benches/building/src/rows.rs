//! Ten rows of ten layers. Each sleeps once, and needs two of the row above.

use std::time::{Duration, Instant};

use di::prelude::*;

const NAP: Duration = Duration::from_millis(1);

macro_rules! columns {
    ($($name:ident of $left:ident $right:ident;)*) => {
        $(
            #[derive(Service)]
            struct $name;
        )*

        type Row = services![$($name),*];

        fn first() -> Layer<Row, services![], failures![]> {
            merge_all!($(Layer::from_fn(|| async { nap($name).await })),*)
        }

        fn next() -> Layer<Row, Row, failures![]> {
            merge_all!($(
                Layer::from_fn(|_: Inject<$left>, _: Inject<$right>| async { nap($name).await })
            ),*)
        }
    };
}
columns! {
    C0 of C0 C1; C1 of C1 C2; C2 of C2 C3; C3 of C3 C4; C4 of C4 C5;
    C5 of C5 C6; C6 of C6 C7; C7 of C7 C8; C8 of C8 C9; C9 of C9 C0;
}

async fn nap<S>(made: S) -> S {
    tokio::time::sleep(NAP).await;
    made
}

/// How long one sleep takes.
pub(crate) async fn sleep() -> Duration {
    let begun = Instant::now();
    nap(()).await;
    begun.elapsed()
}

/// How long the graph takes.
pub(crate) async fn build() -> Duration {
    let layer = (1..10).fold(first(), |above, _| next().provide(above));
    let scope = Scope::new();
    let begun = Instant::now();
    layer.build(&scope).await.expect("nothing fails");
    let took = begun.elapsed();
    scope.close(Exit::Success).await.expect("nothing fails");
    took
}
