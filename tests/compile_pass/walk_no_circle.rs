//! What both sides need is a service of its own.

use di::prelude::*;

#[derive(Service)]
struct Names(Vec<String>);

#[derive(Service)]
struct Users {
    names: Inject<Names>,
    audit: Inject<Audit>,
}

#[derive(Service)]
struct Audit {
    names: Inject<Names>,
}

#[layer]
fn names() -> Names {
    Names(vec!["Ada".into()])
}

#[layer]
fn users(names: Inject<Names>, audit: Inject<Audit>) -> Users {
    Users { names, audit }
}

#[layer]
fn audit(names: Inject<Names>) -> Audit {
    Audit { names }
}

#[di::main(layers![<Users> users(), audit(), names()])]
async fn main(users: Inject<Users>) {
    println!("{:?} {:?}", users.names.0, users.audit.names.0);
}
