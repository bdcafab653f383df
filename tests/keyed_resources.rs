//! The page on keyed resources quotes programs that run.

use std::fs;
use std::path::Path;

const PAGE: &str = "docs/keyed-resources.md";

/// Each block of the page that says where it comes from, as the file and the code.
fn quoted(page: &str) -> Vec<(&str, &str)> {
    let blocks = page.split("<!-- from: ").skip(1).map(|rest| {
        let (file, rest) = rest.split_once(" -->\n```rust,ignore\n").expect("the code follows its place");
        (file, rest.split_once("```").expect("the code ends").0)
    });
    blocks.collect()
}

#[test]
fn what_the_page_quotes_stands_in_an_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join(PAGE)).expect("the page is there");
    let blocks = quoted(&page);
    // All but the one that shows what is wrong without a map.
    assert_eq!(blocks.len(), page.matches("```rust").count() - 1);
    for (file, code) in blocks {
        let example = fs::read_to_string(root.join(file)).expect("the example is there");
        assert!(example.contains(code), "{file} does not have this:\n{code}");
    }
}
