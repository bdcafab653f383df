//! `#[layer(as ..)]` names as many services as the function returns.

#![allow(unused)]

use di::prelude::*;

#[service]
trait Users {}
#[service]
trait Audit {}

#[derive(Clone)]
struct Sqlite;
#[service]
impl Users for Sqlite {}
#[service]
impl Audit for Sqlite {}

#[layer(as (dyn Users, dyn Audit))]
fn sqlite() -> Sqlite {
    Sqlite
}

fn main() {}

//~ 19 - {(dyn Users, dyn Audit)} `as` names 2 services, but the layer gives 1 service; write one type: `as Type`
