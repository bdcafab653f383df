use di::prelude::*;
use di::{LayerMap, RcMap};
#[service] trait Cache {}
async fn a(map: LayerMap<String, services![dyn Cache]>) {
    let europe = map.acquire(&String::new()).await;
    drop(europe);
}
async fn b(map: Context<services![dyn Cache]>) {
    tokio::task::yield_now().await;
    drop(map);
}
async fn c(map: Layer<services![dyn Cache], services![], failures![]>) {
    let context = map.build(&Scope::new()).await.unwrap();
    tokio::task::yield_now().await;
    drop(context);
}
async fn d(map: ManagedRuntime<services![dyn Cache]>) {
    let context = map.context().await.unwrap();
    tokio::task::yield_now().await;
    drop(context);
}
async fn e(map: RcMap<String, Context<services![dyn Cache]>, String>) {
    let context = map.get("x").await.unwrap();
    tokio::task::yield_now().await;
    drop(context);
}
fn boxed(f: impl Future + Send + 'static) {}
fn main() {}
fn aa(map: LayerMap<String, services![dyn Cache]>) { boxed(a(map)); }
fn bb(map: Context<services![dyn Cache]>) { boxed(b(map)); }
fn cc(map: Layer<services![dyn Cache], services![], failures![]>) { boxed(c(map)); }
fn dd(map: ManagedRuntime<services![dyn Cache]>) { boxed(d(map)); }
fn ee(map: RcMap<String, Context<services![dyn Cache]>, String>) { boxed(e(map)); }
