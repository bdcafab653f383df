//! What a layer is given as is a service.

#![allow(unused)]

use di::prelude::*;

trait Users {}

struct Sqlite;
impl Users for Sqlite {}

#[layer(as dyn Users)]
fn sqlite() -> Sqlite {
    Sqlite
}

fn main() {}

//~ 12 E0277 {dyn Users} `dyn Users` is not a service [DI0006]
