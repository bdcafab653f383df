//! An entry calls its function with too few arguments, too many, or others.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Shard;

#[layer]
fn shard(number: u32) -> Shard { Shard }

fn main() {
    let none = layers![<Shard> shard()];
    let two = layers![<Shard> shard(1, 2)];
    let other = layers![<Shard> shard("one")];
    let not_a_layer = layers![<Shard> u32::max(1, 2)];
}

//~ 14 E0308 {shard} mismatched types
//~ 14 E0061 {shard} this function takes 1 argument but 0 arguments were supplied
//~ 15 E0308 {shard} mismatched types
//~ 15 E0061 {shard} this function takes 1 argument but 2 arguments were supplied
//~ 16 E0308 {"one"} mismatched types
//~ 17 E0308 {u32::max(1, 2)} mismatched types
//~ 17 E0308 {u32::max} mismatched types
