//! The names of what is going on, for reports on what does not end.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::lock;

/// Names of things that are going on, the oldest first. Clones are one list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(Arc<Mutex<List>>);

#[derive(Debug, Default)]
struct List {
    begun: u64,
    names: BTreeMap<u64, Cow<'static, str>>,
}

impl Names {
    /// Adds a name, until what is returned is dropped.
    pub(crate) fn begin(&self, name: impl Into<Cow<'static, str>>) -> Named {
        Named { names: self.clone(), number: self.add(name) }
    }

    /// Adds a name, which stays; returns its number.
    pub(crate) fn add(&self, name: impl Into<Cow<'static, str>>) -> u64 {
        let name = name.into();
        let mut list = lock(&self.0);
        list.begun += 1;
        let number = list.begun;
        list.names.insert(number, name);
        number
    }

    /// What is going on now.
    pub(crate) fn list(&self) -> Vec<Cow<'static, str>> {
        lock(&self.0).names.values().cloned().collect()
    }
}

/// One name in a list.
#[derive(Debug)]
pub(crate) struct Named {
    names: Names,
    number: u64,
}

impl Drop for Named {
    fn drop(&mut self) {
        lock(&self.names.0).names.remove(&self.number);
    }
}
