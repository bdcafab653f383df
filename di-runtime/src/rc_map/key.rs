//! Borrowed keys: what a map is asked by.

use std::hash::Hash;

/// A borrowed form of a key, of which the key itself can be made if it is not there: the key, or what it
/// [borrows](std::borrow::Borrow) as if that knows by [`ToOwned`] how to become one again, as a `str` becomes a `String`.
///
/// It is implemented for all that is like this, and nobody implements it.
#[diagnostic::on_unimplemented(
    message = "a key of type `{K}` cannot be made of a borrowed `{Self}`",
    label = "this map is asked by `&{K}`",
    note = "write `&` before the key; a map that is to be asked by `&str` has `String` as its key"
)]
pub trait BorrowedKey<K>: Eq + Hash + Sync {
    /// The key.
    fn to_key(&self) -> K;
}

#[diagnostic::do_not_recommend]
impl<K, Q: Eq + Hash + Sync + ToOwned<Owned = K> + ?Sized> BorrowedKey<K> for Q {
    fn to_key(&self) -> K {
        self.to_owned()
    }
}
