//! `#[di::main]` wants a layer, and an async function whose parameters it can fill in.

use di::prelude::*;

#[di::main(shutdown_timeout = "25 parsecs")]
fn main(id: i64) {}

//~ 5 - {shutdown_timeout} #[main] needs the layer to run; write `#[di::main(app())]`
//~ 5 - {"25 parsecs"} write a duration as a number and a unit, for example "25 seconds"; the units are ms, s, m, h, d, or milliseconds, seconds, minutes, hours, days
//~ 6 - {i64} nobody can pass this to `main`; write `Inject<S>` for a service, or take `Scope`, `&Scope` or `Shutdown`
//~ 6 - {fn} `main` is run by the library; write `async fn main`
