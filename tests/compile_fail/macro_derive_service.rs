//! `#[derive(Service)]` wants a type that owns what it has.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
#[service(key = "")]
struct Config<'a, const N: usize> {
    names: [&'a str; N],
}

fn main() {}

//~ 8 - {""} this text is empty; write a name
//~ 9 - {'a} a service owns what it has: lifetime parameters are not possible
//~ 9 - {N} constant parameters cannot be part of a service's key; use a type parameter, with a type for each value
