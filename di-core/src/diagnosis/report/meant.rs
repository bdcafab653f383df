//! What may be meant for a service that is missing, and a layer to paste if nothing is.

use super::super::Entry;
use super::super::likeness::{Likeness, is_equal, parts};
use super::super::text::Text;
use super::super::walk::Walk;
use crate::Name;

/// A service that is given and may be meant for one that is missing.
#[derive(Clone, Copy)]
pub(super) struct Meant {
    pub(super) likeness: Likeness,
    pub(super) name: &'static Name,
    pub(super) entry: usize,
}

/// The service that is most like a missing one, of all that are given.
pub(super) const fn look_for(entries: &[Entry], missing: &Name) -> Option<Meant> {
    let (mut best, mut entry): (Option<Meant>, usize) = (None, 0);
    while entry < entries.len() {
        let mut gives = Walk::new(entries[entry].gives);
        while let Some(name) = gives.next() {
            if let Some(likeness) = Likeness::of(missing, name) {
                let better = match best {
                    Some(best) => likeness.weight() > best.likeness.weight(),
                    None => true,
                };
                if better {
                    best = Some(Meant { likeness, name, entry });
                }
            }
        }
        entry += 1;
    }
    best
}

pub(super) const fn help_meant(entries: &[Entry], missing: &Name, needer: Option<usize>, like: Meant, text: &mut Text) {
    let giver = entries[like.entry].name;
    text.push("\n  help: ");
    match like.likeness {
        Likeness::OtherType if is_equal(missing.module().as_bytes(), like.name.module().as_bytes()) => {
            text.push("two versions of one crate may be at work: see `cargo tree --duplicates`");
        }
        Likeness::OtherType => {
            match needer {
                Some(needer) => {
                    text.push("let ");
                    text.code(entries[needer].name);
                    text.push(" ask for ");
                    text.apart(like.name, missing);
                }
                None => {
                    text.push("name ");
                    text.apart(like.name, missing);
                    text.push(" in the header");
                }
            }
            text.push(", or let ");
            text.code(giver);
            text.push(" give ");
            text.apart(missing, like.name);
            text.push("; if both are meant, add a layer for that");
        }
        Likeness::Implementation => {
            text.code(giver);
            text.push(" gives the type ");
            text.quoted(like.name);
            text.push(": give it under the trait\n        #[layer(as ");
            text.name(missing);
            text.push(")]");
        }
        Likeness::Trait => {
            text.code(giver);
            text.push(" gives ");
            text.quoted(like.name);
            text.push(", a trait: ask for that instead of the type\n        Inject<");
            text.name(like.name);
            text.push(">");
        }
        Likeness::Spelling => {
            text.code(giver);
            text.push(" gives ");
            text.quoted(like.name);
            text.push(": is that the service you meant? If not, add a layer, such as\n        ");
            help_layer(missing, text);
        }
    }
}

/// A layer to paste.
pub(super) const fn help_layer(missing: &Name, text: &mut Text) {
    let (dynamic, base) = parts(missing.base());
    if dynamic {
        text.push("#[layer(as ");
        text.name(missing);
        text.push(")] fn ");
    } else {
        text.push("#[layer] fn ");
    }
    snake(base, text);
    text.push("() -> ");
    if dynamic {
        text.push("My");
    }
    text.bare_name(missing);
    text.push(" { todo!() }");
}

/// `UserRepo` as `user_repo`.
const fn snake(name: &[u8], text: &mut Text) {
    let mut index = 0;
    while index < name.len() {
        if name[index].is_ascii_uppercase() && index > 0 && name[index - 1].is_ascii_lowercase() {
            text.push("_");
        }
        text.byte(name[index].to_ascii_lowercase());
        index += 1;
    }
}
