//! Partial implementations of service traits, for tests.

use std::any::type_name;

use crate::{GivenAs, Inject, Service};

/// Stands behind a service trait for something that implements a part of it.
///
/// `#[service(mock = MockUsers)]` on a trait writes the trait `MockUsers`, whose methods all have a default: those that `Users`
/// provides do what they do there, the others panic with their name. Whatever implements `MockUsers` becomes a `Users` in a
/// `Mock`; [`Layer::mock`](crate::Layer::mock) makes a layer of it.
#[derive(Clone, Debug, Default)]
pub struct Mock<Fake>(Fake);

impl<Fake> Mock<Fake> {
    /// A service that does what the fake gives.
    pub fn new(fake: Fake) -> Self {
        Self(fake)
    }

    /// What was given.
    pub fn fake(&self) -> &Fake {
        &self.0
    }
}

/// Something that can stand behind the service `S` in a [`Mock`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a mock of the service `{S}`",
    label = "this gives no part of `{S}`",
    note = "write `#[service(mock = MockUsers)]` above the trait, which writes the trait `MockUsers`, and `impl MockUsers for {Self} {{ .. }}` with the methods that are called"
)]
pub trait Mocks<S: Service + ?Sized> {
    /// The mock as the service.
    fn mocked(self) -> Inject<S>;
}

#[diagnostic::do_not_recommend]
impl<Fake, S: Service + ?Sized> Mocks<S> for Fake
where
    Mock<Fake>: GivenAs<S>,
{
    fn mocked(self) -> Inject<S> {
        Mock(self).given()
    }
}

/// Says that a method was called that the fake does not give.
#[track_caller]
pub fn not_given<Fake: ?Sized>(method: &str) -> ! {
    panic!("`{method}` was called, but `{}` does not give it", without_paths(type_name::<Fake>()))
}

/// The name of a type as it is written where everything is imported.
fn without_paths(name: &str) -> String {
    let mut short = String::new();
    for part in name.split_inclusive(|sign: char| !sign.is_alphanumeric() && sign != '_' && sign != ':') {
        short.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    short
}

#[cfg(test)]
mod tests {
    use super::without_paths;

    #[test]
    fn a_name_is_told_without_its_paths() {
        assert_eq!(without_paths("app::tests::Fake"), "Fake");
        assert_eq!(without_paths("Fake"), "Fake");
        assert_eq!(without_paths("app::Fake<alloc::vec::Vec<u8>, app::Id>"), "Fake<Vec<u8>, Id>");
        assert_eq!(without_paths("&app::Fake"), "&Fake");
    }
}
