//! The members of a set, one after another.

use crate::Name;
use crate::set::Members;

/// More than a set can be deep, three siblings at each depth.
const DEPTH: usize = 64;

/// What is left of a set to walk through.
pub(super) struct Walk {
    left: [&'static Members; DEPTH],
    count: usize,
}

impl Walk {
    pub(super) const fn new(members: &'static Members) -> Self {
        Self { left: [members; DEPTH], count: 1 }
    }

    pub(super) const fn next(&mut self) -> Option<&'static Name> {
        while self.count > 0 {
            self.count -= 1;
            match self.left[self.count] {
                Members::None => {}
                Members::One(name) => return Some(name),
                Members::Four(children) => {
                    let mut child = 4;
                    while child > 0 {
                        child -= 1;
                        self.left[self.count] = children[child];
                        self.count += 1;
                    }
                }
            }
        }
        None
    }
}

/// How many members a set has.
pub(super) const fn count(members: &'static Members) -> usize {
    match members {
        Members::None => 0,
        Members::One(_) => 1,
        Members::Four(four) => count(four[0]) + count(four[1]) + count(four[2]) + count(four[3]),
    }
}

/// Whether a set has a member.
pub(super) const fn has(members: &'static Members, name: &Name) -> bool {
    match members {
        Members::None => false,
        Members::One(member) => member.is_same(name),
        Members::Four(four) => has(four[0], name) || has(four[1], name) || has(four[2], name) || has(four[3], name),
    }
}

/// A member by its number.
pub(super) const fn nth(members: &'static Members, number: usize) -> Option<&'static Name> {
    match members {
        Members::None => None,
        Members::One(name) => {
            if number == 0 {
                Some(name)
            } else {
                None
            }
        }
        Members::Four(_) => {
            let (mut walk, mut number) = (Walk::new(members), number);
            while number > 0 {
                walk.next();
                number -= 1;
            }
            walk.next()
        }
    }
}
