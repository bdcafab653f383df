//! `#[effect]` reports all mistakes of a function at once, and the function stays.

use di::prelude::*;

#[derive(Service)]
struct Config;

#[effect(retry)]
async unsafe fn greet(config: Inject<Config>, name: &str) -> impl ToString {
    1
}

fn main() {}

//~ 8 - {retry} #[effect] takes no options here; write `#[effect]`
//~ 9 - {unsafe} an effect is run by the library; remove `unsafe` and write an `unsafe` block in the body
//~ 9 - {&str} an effect keeps its parameters, so it cannot borrow them; write `String`
//~ 9 - {impl} the result of an effect needs a name; write its type instead of `impl Trait`
