//! What cannot be an entry is reported with all others, at its own words.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;

#[layer]
fn config() -> Config { Config }

const CONFIG: u32 = 1;

fn main() {
    let entries = layers![<Config> config().fresh(), CONFIG, || config(), Layer::sync(|| Config), #[cfg(test)] config()];
    let comma = layers![config() config()];
    let header = layers![<Config config()];
}

//~ 16 - {Layer::sync(|| Config)} a layer made of a closure is known by its types alone; write `..` before it: `..Layer::sync(|| Clock)`
//~ 16 - {#[cfg(test)]} an entry has no attributes; write them on the layer's function
//~ 16 - {config().fresh()} an entry is the call of a layer function, such as `users()`; write `..` before any other layer: `..users().fresh()`
//~ 16 - {CONFIG} an entry is the call of a layer function, such as `users()`; write `..` before any other layer: `..users().fresh()`
//~ 16 - {|| config()} an entry is the call of a layer function, such as `users()`; write `..` before any other layer: `..users().fresh()`
//~ 17 - {config} expected `,`
//~ 18 - {config} expected `>`
