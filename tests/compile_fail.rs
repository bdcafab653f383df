//! What the compiler prints for mistakes, word for word.
//!
//! The goldens quote the compiler that `rust-toolchain.toml` pins; `TRYBUILD=overwrite` writes them anew. A program in
//! `compile_fail/` without a golden has a message that shows a set's shape, which depends on the folder it is checked in;
//! its headlines are asserted in `messages.rs`, as are those of all others.

use std::path::Path;

#[test]
fn a_mistake_is_reported_as_its_golden_says() {
    let cases = trybuild::TestCases::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    for entry in folder.read_dir().expect("the folder is there") {
        let golden = entry.expect("the folder can be read").path();
        if golden.extension().is_some_and(|extension| extension == "stderr") {
            cases.compile_fail(golden.with_extension("rs"));
        }
    }
}
