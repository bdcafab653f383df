//! Model checks of who is in a collection: the interleavings of those who place, replace, take, end, close and wait.
//!
//! The engine around the members is left out but for this: whoever changes them tells those who wait, if that says so.

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use super::members::{Member, Members, Phase, Placed, Until};
use super::retained::Retention;
use crate::fiber::{FiberExit, Node};

type One = std::sync::Arc<Node<u32, crate::AnyError>>;

struct Collection {
    members: Mutex<Members<u8, u32, crate::AnyError>>,
    changed: Condvar,
}

impl Collection {
    fn new() -> Arc<Self> {
        Arc::new(Self { members: Mutex::new(Members::new(Retention::default())), changed: Condvar::new() })
    }

    /// Runs a fiber under the one key there is; whether it was taken.
    fn place(&self, node: &One) -> bool {
        let member = Member::new(0, 0, One::clone(node));
        !matches!(self.members.lock().unwrap().place(member, false).0, Placed::Closed)
    }

    /// The end of a fiber.
    fn end(&self, node: &One, fails: bool) {
        let mut members = self.members.lock().unwrap();
        node.settle(FiberExit::Success(0));
        let left = members.leave(0, node, fails);
        drop(members);
        if left.changed {
            self.changed.notify_all();
        }
    }

    /// Begins a close; those that have not ended.
    fn close(&self) -> Vec<One> {
        let left = self.members.lock().unwrap().begin_close();
        self.changed.notify_all();
        left
    }

    /// Waits for the first failure, or for what is waited for; whether something failed.
    fn wait(&self, until: Until) -> bool {
        let mut members = self.members.lock().unwrap();
        loop {
            if members.failure().is_some() {
                return true;
            }
            members.be_awaited();
            if members.is_over(until) {
                return false;
            }
            members = self.changed.wait(members).unwrap();
        }
    }
}

fn spawn<Out: 'static>(
    collection: &Arc<Collection>,
    part: impl FnOnce(&Collection) -> Out + 'static,
) -> thread::JoinHandle<Out> {
    let collection = collection.clone();
    thread::spawn(move || part(&collection))
}

fn fiber() -> One {
    Node::new(None)
}

#[test]
fn an_old_fiber_that_ends_as_it_is_replaced_leaves_the_new_one_in_its_place() {
    loom::model(|| {
        let (collection, old, new) = (Collection::new(), fiber(), fiber());
        collection.place(&old);
        let ends = spawn(&collection, {
            let old = old.clone();
            move |collection| collection.end(&old, false)
        });
        collection.place(&new);
        ends.join().unwrap();
        let members = collection.members.lock().unwrap();
        assert!(members.find(0, &0).is_some_and(|found| One::ptr_eq(found, &new)));
        assert_eq!((members.len(), members.all().count()), (1, 1));
    });
}

#[test]
fn a_close_sees_every_fiber_that_was_taken_and_takes_none_after_it() {
    loom::model(|| {
        let (collection, old, new) = (Collection::new(), fiber(), fiber());
        collection.place(&old);
        let places = spawn(&collection, {
            let new = new.clone();
            move |collection| collection.place(&new)
        });
        let seen = collection.close();
        let taken = places.join().unwrap();
        assert_eq!(seen.iter().any(|node| One::ptr_eq(node, &new)), taken);
        assert!(seen.iter().any(|node| One::ptr_eq(node, &old)));
        seen.iter().for_each(|node| collection.end(node, true));
        let members = collection.members.lock().unwrap();
        assert_eq!((members.phase(), members.failure().is_some()), (Phase::Closed, false));
    });
}

#[test]
fn who_waits_until_nothing_runs_is_woken_by_the_last_one() {
    loom::model(|| {
        let (collection, one, two) = (Collection::new(), fiber(), fiber());
        collection.place(&one);
        collection.place(&two);
        let ends: Vec<_> = [one, two]
            .into_iter()
            .map(|node| spawn(&collection, move |collection| collection.end(&node, false)))
            .collect();
        assert!(!collection.wait(Until::Drained));
        for end in ends {
            end.join().unwrap();
        }
    });
}

#[test]
fn who_joins_while_a_fiber_fails_and_the_collection_closes_is_told_one_of_both() {
    loom::model(|| {
        let (collection, node) = (Collection::new(), fiber());
        collection.place(&node);
        let joins = spawn(&collection, |collection| collection.wait(Until::Closed));
        let closes = spawn(&collection, |collection| drop(collection.close()));
        collection.end(&node, true);
        closes.join().unwrap();
        let failed = joins.join().unwrap();
        let members = collection.members.lock().unwrap();
        assert_eq!((members.phase(), members.failure().is_some()), (Phase::Closed, failed));
    });
}
