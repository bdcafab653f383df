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

/// Tokens without the spaces between them and without checks, `P` for `::di::__private` and `KEY` for the digits of a
/// key, which are left out of names.
pub(crate) fn normal(tokens: TokenStream) -> String {
    let mut text: String = tokens.to_string().split_whitespace().collect();
    text = text.replace("::di::__private::", "P::");
    while let Some(start) = text.find("P::key::X") {
        let end = text[start..].find("P::End").map(|end| start + end + "P::End".len());
        let end = end.expect("a key ends") + 4;
        text.replace_range(start..end, "KEY");
    }
    while let Some(start) = text.find(",::core::module_path!(),") {
        let end = start + ",::core::module_path!(),".len();
        let end = end + text[end..].find(')').expect("a call ends");
        text.replace_range(start..end, "");
    }
    without_checks(text)
}

/// `P::Checked<{ .. }, Type>` and `__DiChecked<Type>` as `Type`, and `P::Layer1<P::Check<{ .. }>, ..>` as `P::Layer1<..>`.
fn without_checks(mut text: String) -> String {
    while let Some(start) = text.find("type__DiChecked<") {
        let end = start + text[start..].find(';').expect("a statement ends") + 1;
        text.replace_range(start..end, "");
    }
    while let Some(start) = text.find("P::Check<{") {
        let end = start + text[start..].find("}>,").expect("a guard is the first of several arguments") + "}>,".len();
        text.replace_range(start..end, "");
    }
    while let Some(start) = text.find("P::Checked<{") {
        let ty = start + text[start..].find("},").expect("there are two arguments") + "},".len();
        unwrap(&mut text, start, ty);
    }
    while let Some(start) = text.find("__DiChecked<") {
        unwrap(&mut text, start, start + "__DiChecked<".len());
    }
    text
}

/// Leaves the type that begins at `ty` of all that begins at `start`.
fn unwrap(text: &mut String, start: usize, ty: usize) {
    let end = ty + closing(&text[ty..]);
    text.replace_range(end..=end, "");
    text.replace_range(start..ty, "");
}

/// Where the angle bracket is closed that was opened before the text.
fn closing(text: &str) -> usize {
    let mut depth = 1;
    let mut previous = ' ';
    for (index, symbol) in text.char_indices() {
        match symbol {
            '<' => depth += 1,
            '>' if previous != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index;
        }
        previous = symbol;
    }
    panic!("no bracket is closed in {text}")
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
