//! What the compiler prints for each mistake, word for word.
//!
//! The goldens quote the compiler that `rust-toolchain.toml` pins. `TRYBUILD=overwrite` writes them anew.

#[test]
fn every_mistake_is_reported_as_its_golden_says() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
