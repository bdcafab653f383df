//! `#[di::main]` wants a layer, and an async function whose parameters it can fill in.

#![allow(unused)]

use di::prelude::*;

#[di::main(shutdown_timeout = "25 parsecs")]
fn main(id: i64) {}

//~ 7 - {shutdown_timeout} #[main] needs the layer to run; write `#[di::main(app())]`
//~ 7 - {"25 parsecs"} write a duration as a number and a unit, for example "25 seconds"; the units are ms, s, m, h, d, or milliseconds, seconds, minutes, hours, days
//~ 8 - {fn} `main` is run by the library; write `async fn main`
//~ 8 - {i64} nobody can pass this to `main`; write `Inject<S>` for a service, or take `Scope`, `&Scope` or `Shutdown`
