//! Whether two members with one key are one member.
//!
//! A key is a hash, so two members could share one. The functions on sets would take them for one member; this check
//! finds them first (DI0007). A [difference](super::Minus) notes who met whom, and the check stands at the two doors through
//! which a wrong service could come in: the lists that a user writes, and `provide`.

/// Every type is the same member as itself, and as nothing else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` and `{Other}` are different services with one key [DI0007]",
    label = "these two would be taken for one service",
    note = "the key of a service comes from its crate, file and name: give one of the two another with `#[service(key = \"...\")]`"
)]
pub trait Same<Other: ?Sized> {}

impl<Member: ?Sized> Same<Member> for Member {}
