//! A map is not made before it is said how long idle resources are kept.

use di::{RcMap, RcRef, Scope};

fn main() {
    let scope = Scope::new();
    let _pools = RcMap::unscoped(|tenant: u32| async move { Ok::<_, String>(tenant) }).build(&scope);
    let _model = RcRef::new(|_scope| async { Ok::<_, String>(7) }).build(&scope);
}

//~ 7 E0277 {build} this map has not been told how long to keep what nobody holds
//~ 8 E0277 {build} this map has not been told how long to keep what nobody holds
