use di::prelude::*;
#[derive(Service)]
struct Pool;
#[derive(Service)]
struct Clock;
#[derive(Service)]
struct Other;
fn main() {
    let context = Context::from_services(di::hlist![Inject::<Pool>::new(Pool), Inject::<Clock>::new(Clock), Inject::<Other>::new(Other)]);
    let narrow: Context<services![Pool, Clock]> = context.narrow();
}
