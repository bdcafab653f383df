//! Generic services, layers and effects, written as the documentation writes them.

use std::collections::HashMap;

use di::prelude::*;

#[derive(Service)]
struct User;

#[derive(Service)]
struct Order;

#[derive(Service)]
struct Cache<T: Service> {
    kept: HashMap<i64, T>,
}

#[layer]
fn cache<T: Service>() -> Cache<T> {
    Cache { kept: HashMap::new() }
}

#[effect]
async fn kept<T: Service>(cache: Inject<Cache<T>>) -> usize {
    cache.kept.len()
}

#[tokio::test(start_paused = true)]
async fn a_generic_service_is_one_for_each_argument() {
    let both: Layer<services![Cache<User>, Cache<Order>], services![], failures![]> =
        cache::<User>().merge(cache::<Order>());
    let context = both.build_infallible(&Scope::new()).await;
    assert_eq!(context.get::<Cache<User>>().kept.len(), 0);
    assert_eq!(context.get::<Cache<Order>>().kept.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_generic_effect_needs_the_service_of_its_argument() {
    let kept = kept::<User>().provide(cache::<User>()).run().await;
    assert!(matches!(kept, Ok(0)));
}
