//! Graphs that are deep: nothing in planning, building, releasing or dropping grows the stack with them.

use di_core::Exit;
use di_core::layer::{Construction, Layer, Outputs, Source, factory_layer};
use di_core::set::Empty;
use di_runtime::{LayerExt, MemoMap, Scope};
use tokio::runtime::{Builder, Runtime};

use crate::common::Trace;
use crate::family::AnyLayer;

const SOURCE: Source = Source::new("link", module_path!(), file!(), line!());

/// A worker's stack, as tokio makes it by default.
fn small_stacks() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).thread_stack_size(2 << 20).enable_all().build().unwrap()
}

fn chain(length: usize, trace: &Trace) -> AnyLayer {
    let link = |number: usize| -> AnyLayer {
        let trace = trace.clone();
        factory_layer(SOURCE, &[], move |inputs| {
            let scope: Scope = inputs.scope();
            scope.on_close(trace.saying(&number.to_string()));
            let outputs = async { Ok(Outputs::none()) };
            if number.is_multiple_of(2) {
                Construction::pending(outputs)
            } else {
                Construction::ready(Ok(Outputs::none()))
            }
        })
    };
    (1..length).fold(link(0), |below, number| link(number).provide(below))
}

#[test]
fn a_chain_of_two_thousand_is_built_and_released_on_a_small_stack() {
    let trace = Trace::new();
    let layer = chain(2_000, &trace);
    let released = trace.clone();
    let built = async move {
        let scope = Scope::new();
        layer.build(&scope).await.unwrap();
        assert_eq!(released.lines().len(), 0);
        scope.close(Exit::Success).await.unwrap();
    };
    let runtime = small_stacks();
    runtime.block_on(runtime.spawn(built)).unwrap();
    let expected: Vec<_> = (0..2_000).rev().map(|number: usize| number.to_string()).collect();
    assert_eq!(trace.lines(), expected);
}

/// Services that need each other in a long row: each entry holds the one below.
#[test]
fn a_row_of_holds_whose_runtime_has_ended_is_dropped_on_a_small_stack() {
    #[derive(di::Service)]
    struct Link(usize);
    let first: Layer<di::services![Link], Empty, Empty> = Layer::sync(|| Link(0));
    let mut layer = first;
    for _ in 0..5_000 {
        layer = Layer::sync(|below: di::Inject<Link>| Link(below.0 + 1)).provide(layer);
    }
    let (map, runtime) = (MemoMap::new(), small_stacks());
    let (scope, built) = {
        let map = map.clone();
        runtime.block_on(runtime.spawn(async move {
            let scope = Scope::new();
            let built = layer.build_with(&map, &scope).await.unwrap();
            (scope, built)
        }))
    }
    .unwrap();
    assert_eq!(built.get::<Link>().0, 5_000);
    runtime.shutdown_background();
    let dropped = std::thread::Builder::new().stack_size(2 << 20).spawn(move || drop((scope, map, built)));
    dropped.unwrap().join().unwrap();
}
