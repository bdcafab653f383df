//! `#[effect]` reports all mistakes of a function at once, and the function stays.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[effect(retry)]
async unsafe fn greet(config: Inject<Config>, name: &str) -> impl ToString {
    1
}

fn main() {}

//~ 10 - {retry} #[effect] takes no options here; write `#[effect]`
//~ 11 - {unsafe} an effect is run by the library; remove `unsafe` and write an `unsafe` block in the body
//~ 11 - {&str} an effect keeps its parameters, so it cannot borrow them; write `String`
//~ 11 - {impl} the result of an effect needs a name; write its type instead of `impl Trait`
