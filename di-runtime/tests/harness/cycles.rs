//! Layers that need each other while they are built, from several sides at once.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use di::prelude::*;
use di_core::BuildErrorKind;
use tokio::sync::Barrier;
use tokio::time::timeout;

use crate::common::{Trace, steps};

#[derive(Clone, Service)]
struct Endless;

type Ring = Layer<services![Endless], services![], failures![]>;
type Places = Arc<[OnceLock<Ring>; 3]>;

/// Three layers, each made of the next one.
fn ring(trace: &Trace, yields: usize) -> Places {
    let places = Places::default();
    for (number, place) in places.iter().enumerate() {
        // Held weakly, as the places hold the layer.
        let (all, trace) = (Arc::downgrade(&places), trace.clone());
        let layer = Layer::unwrap(move |scope: Scope| {
            trace.say("acquired");
            scope.on_close(trace.saying("released"));
            let all = all.upgrade().expect("the ring outlives its builds");
            async move {
                steps(yields).await;
                all[(number + 1) % 3].get().expect("the ring is closed").clone()
            }
        });
        place.set(layer).expect("each place is filled once");
    }
    places
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn layers_that_need_each_other_are_told_so_from_whichever_side_they_are_built() {
    for round in 0..300 {
        let (trace, map, start) = (Trace::new(), MemoMap::new(), Arc::new(Barrier::new(3)));
        let ring = ring(&trace, round % 3);
        let builds = [0, 1, 2].map(|number| {
            let (layer, map, start) = (ring[number].get().unwrap().clone(), map.clone(), start.clone());
            tokio::spawn(async move {
                let scope = Scope::new();
                start.wait().await;
                layer.build_with(&map, &scope).await.map(drop)
            })
        });
        for build in builds {
            let built = timeout(Duration::from_secs(20), build).await.expect("it does not hang").unwrap();
            let error = built.unwrap_err();
            assert!(matches!(error.kind(), BuildErrorKind::Cycle(_)), "{error}");
        }
        assert_eq!(trace.count("acquired"), trace.count("released"));
        assert!(format!("{map:?}").contains("entries: 0"));
    }
}
