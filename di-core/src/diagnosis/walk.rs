//! The members of a set, one after another.

use crate::Name;
use crate::set::{Members, Names};

/// The way through a set.
pub(super) struct Walk {
    members: &'static Members,
    next: usize,
}

impl Walk {
    pub(super) const fn new(members: &'static Members) -> Self {
        Self { members, next: 0 }
    }

    pub(super) const fn next(&mut self) -> Option<&'static Name> {
        if self.next == self.members.count {
            return None;
        }
        self.next += 1;
        Some(nth(self.members, self.next - 1))
    }
}

/// A member by its number, which is less than the count.
pub(super) const fn nth(members: &'static Members, number: usize) -> &'static Name {
    let (mut members, mut number) = (members, number);
    loop {
        match members.names {
            Names::One(name) => return name,
            Names::Four(children) => {
                let mut child = 0;
                while number >= children[child].count {
                    number -= children[child].count;
                    child += 1;
                }
                members = children[child];
            }
            Names::None => panic!("there are fewer members than that"),
        }
    }
}

/// Whether a set has a member.
pub(super) const fn has(members: &'static Members, name: &Name) -> bool {
    let mut walk = Walk::new(members);
    while let Some(member) = walk.next() {
        if member.is_same(name) {
            return true;
        }
    }
    false
}
