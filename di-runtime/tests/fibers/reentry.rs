//! reentry
