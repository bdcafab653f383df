//! The pages on keyed resources, on background work and on shutdowns quote programs that run.

use std::fs;
use std::path::Path;

/// The pages, and how many of their blocks are no quotations: what is wrong without a map, and lines to be copied.
const PAGES: [(&str, usize); 3] =
    [("docs/keyed-resources.md", 1), ("docs/background-work.md", 1), ("docs/shutdown.md", 2)];

/// Each block of the page that says where it comes from, as the file and the code.
fn quoted(page: &str) -> Vec<(&str, &str)> {
    let blocks = page.split("<!-- from: ").skip(1).map(|rest| {
        let (file, rest) = rest.split_once(" -->\n```rust,ignore\n").expect("the code follows its place");
        (file, rest.split_once("```").expect("the code ends").0)
    });
    blocks.collect()
}

#[test]
fn what_the_pages_quote_stands_in_an_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (page, others) in PAGES {
        let page = fs::read_to_string(root.join(page)).expect("the page is there");
        let blocks = quoted(&page);
        assert_eq!(blocks.len(), page.matches("```rust").count() - others);
        for (file, code) in blocks {
            let example = fs::read_to_string(root.join(file)).expect("the example is there");
            assert!(example.contains(code), "{file} does not have this:\n{code}");
        }
    }
}
