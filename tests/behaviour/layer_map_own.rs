//! Layer maps: what is a key's own, wherever in its layer it is met, and what is shared nevertheless.

use di::LayerMap;
use di::prelude::*;

use crate::trace::Trace;

#[derive(Service)]
struct Disk;

#[derive(Service)]
struct Store(Inject<Disk>);

#[derive(Service)]
struct Index(Inject<Store>);

#[layer]
fn disk(trace: Trace, scope: &Scope) -> Disk {
    trace.lives("disk", scope);
    Disk
}

#[layer]
fn store(disk: Inject<Disk>) -> Store {
    Store(disk)
}

type DiskLayer = Layer<services![Disk], services![], failures![]>;
type Both = Layer<services![Store, Disk], services![], failures![]>;

/// Layers that give a disk, and a store over it which is made in some other way.
fn both_of_one(trace: &Trace) -> Vec<(&'static str, Both)> {
    let disk = || disk(trace.clone());
    let over = |disk: &DiskLayer| store().provide(disk.clone());
    let indexed =
        |stored| Layer::sync(Index).provide(stored).map::<Store>(|index: Inject<Index>| Store(index.0.0.clone()));
    let ways: [(&'static str, &dyn Fn(DiskLayer) -> Both); 5] = [
        ("flat", &|disk| over(&disk).merge(disk)),
        ("nested", &|disk| over(&disk).or_die().merge(disk)),
        ("nested twice", &|disk| over(&disk).or_die().named("unit").or_die().merge(disk)),
        ("forwarded", &|disk| over(&disk).merge(disk.or_die())),
        ("nested in what feeds", &|disk| indexed(over(&disk).or_die()).merge(disk)),
    ];
    ways.into_iter().map(|(name, both)| (name, both(disk()))).collect()
}

#[tokio::test]
async fn what_a_key_gives_is_one_instance_in_its_layer_and_another_one_for_each_key() {
    for place in 0..both_of_one(&Trace::default()).len() {
        let (trace, scope) = (Trace::default(), Scope::new());
        let (name, both) = both_of_one(&trace).swap_remove(place);
        let map = LayerMap::new(move |_: u32| both.clone()).keep().build(&scope).await.unwrap();
        let (one, two) = tokio::join!(map.acquire(&1), map.acquire(&2));
        let [one, two] = [one.unwrap(), two.unwrap()];
        for guard in [&one, &two] {
            assert!(guard.get::<Store>().0.is_same(guard.get::<Disk>()), "{name}");
        }
        assert!(!one.get::<Disk>().is_same(two.get::<Disk>()), "{name}");
        assert_eq!(trace.take(), ["+disk", "+disk"], "{name}");
        map.invalidate(&1).await;
        let new = map.acquire(&1).await.unwrap();
        assert!(new.get::<Store>().0.is_same(new.get::<Disk>()), "{name}");
        assert!(!new.get::<Disk>().is_same(one.get::<Disk>()), "{name}");
        drop((one, two, new));
        scope.close(Exit::Success).await.unwrap();
        assert_eq!(trace.take().iter().filter(|line| *line == "-disk").count(), 3, "{name}");
    }
}

#[derive(Service)]
struct Room(u32);

fn room(key: u32) -> Layer<services![Room], services![], failures![]> {
    Layer::succeed::<Room>(Room(key))
}

#[tokio::test]
async fn what_is_done_beside_what_a_key_gives_is_done_for_each_key_and_again_after_an_invalidation() {
    let unneeded: [fn(Trace) -> Layer<services![], services![], failures![]>; 4] = [
        |trace| disk(trace).discard(),
        |trace| disk(trace).discard().or_die(),
        |trace| room(0).merge(disk(trace)).discard(),
        |trace| greeting(trace),
    ];
    for beside in unneeded {
        let (trace, scope) = (Trace::default(), Scope::new());
        let quiet = beside(trace.clone());
        let map = LayerMap::new(move |key| room(key).merge(quiet.clone())).keep().build(&scope).await.unwrap();
        let [one, two] = [map.acquire(&1).await.unwrap(), map.acquire(&2).await.unwrap()];
        assert_eq!((trace.take(), one.get::<Room>().0, two.get::<Room>().0), (vec!["+disk".to_owned(); 2], 1, 2));
        map.invalidate(&1).await;
        assert_eq!((map.acquire(&1).await.unwrap().get::<Room>().0, trace.take()), (1, vec!["+disk".to_owned()]));
        one.release().await.unwrap();
        assert_eq!(trace.take(), ["-disk"]);
    }
}

/// A layer that gives nothing.
#[layer]
fn greeting(trace: Trace, scope: &Scope) {
    trace.lives("disk", scope);
}

#[tokio::test]
async fn what_a_dependency_brings_along_is_shared_needed_or_not() {
    let (trace, scope) = (Trace::default(), Scope::new());
    let bundle = disk(trace.clone()).merge(greeting(trace.clone())).merge(room(0));
    let same = store().provide(bundle);
    let map = LayerMap::new(move |_: u32| same.clone()).keep().build(&scope).await.unwrap();
    let [one, two] = [map.acquire(&1).await.unwrap(), map.acquire(&2).await.unwrap()];
    assert!(one.get::<Store>().0.is_same(&two.get::<Store>().0));
    assert_eq!(trace.take(), ["+disk", "+disk"], "the disk and the greeting, each once");
}
