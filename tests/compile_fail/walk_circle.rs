//! Users are audited, and the audit says who the users are.

use di::prelude::*;

#[derive(Service)]
struct Users {
    names: Vec<String>,
    audit: Inject<Audit>,
}

#[derive(Service)]
struct Audit {
    users: Inject<Users>,
}

#[layer]
fn users(audit: Inject<Audit>) -> Users {
    Users { names: vec!["Ada".into()], audit }
}

#[layer]
fn audit(users: Inject<Users>) -> Audit {
    Audit { users }
}

#[di::main(layers![<Users> users(), audit()])]
async fn main(users: Inject<Users>) {
    println!("{:?} {:?}", users.names, users.audit.users.names);
}

//~ 26 E0080 {users()} these layers need each other in a circle: `users` -> `audit` -> `users` [DI0004]
