//! Fibers are known by keys that are compared, hashed and printed.

#![allow(unused)]

use di::prelude::*;

#[derive(Debug, PartialEq, Eq)]
struct Tenant(u32);

fn watch(scope: &Scope, tenant: Tenant) {
    let tasks = FiberMap::new(scope);
    tasks.run(tenant, async {});
}

fn main() {}

//~ 11 E0277 {FiberMap} `Tenant` cannot be the key of a map of fibers [DI0013]
