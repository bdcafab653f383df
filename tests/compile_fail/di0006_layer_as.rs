//! What a layer is given as is a service.

use di::prelude::*;

trait Users {}

struct Sqlite;
impl Users for Sqlite {}

#[layer(as dyn Users)]
fn sqlite() -> Sqlite {
    Sqlite
}

fn main() {}
