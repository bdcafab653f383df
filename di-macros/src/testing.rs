//! Helpers for the tests of the macros.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{File, Item, LitStr};

/// The mistakes that an expansion reports, in order.
pub(crate) fn errors(expansion: TokenStream) -> Vec<String> {
    split(expansion).0
}

/// What an expansion has besides the mistakes it reports.
pub(crate) fn code(expansion: TokenStream) -> String {
    normal(split(expansion).1)
}

fn split(expansion: TokenStream) -> (Vec<String>, TokenStream) {
    let text = expansion.to_string();
    let file: File = syn::parse2(expansion).unwrap_or_else(|error| panic!("{error} in {text}"));
    let mut errors = Vec::new();
    let mut code = TokenStream::new();
    for item in file.items {
        match &item {
            Item::Macro(call) if call.mac.path.segments.iter().any(|s| s.ident == "compile_error") => {
                let message: LitStr = call.mac.parse_body().expect("the message is a text");
                errors.push(message.value());
            }
            other => other.to_tokens(&mut code),
        }
    }
    (errors, code)
}

/// Tokens without the spaces between them, `P` for `::di::__private` and `KEY` for the digits of a key.
pub(crate) fn normal(tokens: TokenStream) -> String {
    let mut text: String = tokens.to_string().split_whitespace().collect();
    text = text.replace("::di::__private::", "P::");
    while let Some(start) = text.find("P::Digits<") {
        let end = text[start..].find("P::End").map(|end| start + end + "P::End".len());
        let end = end.expect("a key ends") + 16;
        text.replace_range(start..end, "KEY");
    }
    text
}

/// Asserts that an expansion is free of mistakes and consists of these tokens.
#[track_caller]
pub(crate) fn assert_expands(expansion: TokenStream, expected: TokenStream) {
    let (errors, code) = split(expansion);
    assert!(errors.is_empty(), "{errors:#?}");
    similar(&normal(code), &normal(expected));
}

#[track_caller]
fn similar(actual: &str, expected: &str) {
    let same = actual.bytes().zip(expected.bytes()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(60);
    assert!(
        actual == expected,
        "they differ at\n  actual:   {}\n  expected: {}\nof\n{actual}",
        String::from_utf8_lossy(&actual.as_bytes()[from..]),
        String::from_utf8_lossy(&expected.as_bytes()[from..]),
    );
}

/// Asserts that an expansion reports exactly these mistakes.
#[track_caller]
pub(crate) fn assert_errors(expansion: TokenStream, expected: &[&str]) {
    assert_eq!(errors(expansion), expected);
}
