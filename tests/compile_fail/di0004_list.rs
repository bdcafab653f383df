//! Layers of a list that need each other in a circle cannot be built.

#![allow(unused)]

use di::prelude::*;

#[derive(Service)]
struct Users;

#[derive(Service)]
struct Mailer;

#[derive(Service)]
struct Templates;

#[layer]
fn users(mailer: Inject<Mailer>) -> Users {
    Users
}

#[layer]
fn mailer(templates: Inject<Templates>) -> Mailer {
    Mailer
}

#[layer]
fn templates(users: Inject<Users>) -> Templates {
    Templates
}

fn main() {
    let app = layers![<Users> users(), mailer(), templates()];
}

//~ 32 E0080 {users()} these layers need each other in a circle: `users` -> `mailer` -> `templates` -> `users` [DI0004]
