//! A constant names functions: local closures and parameters of an outer function are for `..`.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Config;
#[derive(Service)]
struct Cache<T: Service>(Option<Inject<T>>);

#[layer]
fn config() -> Config { Config }
#[layer]
fn cache<T: Service>() -> Cache<T> { Cache(None) }

fn local() {
    let make = || config();
    let closure = layers![<Config> make()];
}

fn generic<T: Service + 'static>() {
    let outer = layers![<Config> cache::<T>(), config()];
}

fn inferred() {
    let inferred = layers![<Cache<Config>> cache()];
}

fn main() {}

//~ 19 E0435 {make} attempt to use a non-constant value in a constant
//~ 23 E0401 {T} can't use generic parameters from outer item
//~ 27 E0283 {cache} type annotations needed
