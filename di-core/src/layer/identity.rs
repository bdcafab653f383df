//! Identity: by what a layer is recognized when it is met again.

use std::any::{Any, TypeId};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// By what the memo map recognizes a layer.
///
/// A `#[layer]` function without parameters is recognized as that function, one with `memo` by the function and its
/// arguments, every other layer as the value it is; a clone is recognized as its original.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity(Inner);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Inner {
    Value(u64),
    Constructor(TypeId),
    Keyed(Arc<dyn AnyKey>),
}

impl Identity {
    /// A new identity, different from all others.
    pub fn new_value() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(Inner::Value(NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// The identity of whatever is built by a constructor of this type.
    pub fn of_constructor<F: 'static>() -> Self {
        Self(Inner::Constructor(TypeId::of::<F>()))
    }

    /// The identity of a recipe and the key it was made with; equal pairs are one identity.
    pub(crate) fn keyed(key: impl Eq + Hash + Send + Sync + 'static) -> Self {
        Self(Inner::Keyed(Arc::new(key)))
    }

    /// Whether equal keys make this identity again, so that a runtime can find it later.
    pub fn is_keyed(&self) -> bool {
        matches!(self.0, Inner::Keyed(_))
    }
}

/// A key, its type forgotten.
trait AnyKey: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn equals(&self, other: &dyn AnyKey) -> bool;
    fn hash_into(&self, state: &mut dyn Hasher);
}

impl<Key: Eq + Hash + Send + Sync + 'static> AnyKey for Key {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn AnyKey) -> bool {
        other.as_any().downcast_ref::<Key>() == Some(self)
    }

    fn hash_into(&self, mut state: &mut dyn Hasher) {
        TypeId::of::<Key>().hash(&mut state);
        self.hash(&mut state);
    }
}

impl PartialEq for dyn AnyKey {
    fn eq(&self, other: &Self) -> bool {
        self.equals(other)
    }
}

impl Eq for dyn AnyKey {}

impl Hash for dyn AnyKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash_into(state);
    }
}

impl fmt::Debug for dyn AnyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}
