//! JSON, written: what graphs and reports need of it, and nothing that reads it.

use std::fmt::{self, Write};
use std::time::Duration;

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number; what is measured here is counted.
    Number(u64),
    /// A string, as it is meant; escaping is done when it is written.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object, its members in this order.
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    /// A string that displays as this does.
    pub fn text(value: impl fmt::Display) -> Self {
        Self::Text(value.to_string())
    }

    /// A string, or `null`.
    pub fn text_or_null(value: Option<impl fmt::Display>) -> Self {
        value.map_or(Self::Null, Self::text)
    }

    /// A list of strings.
    pub fn texts(values: impl IntoIterator<Item: fmt::Display>) -> Self {
        Self::List(values.into_iter().map(Self::text).collect())
    }

    /// A list of places in another list.
    pub fn places(places: impl IntoIterator<Item = usize>) -> Self {
        Self::List(places.into_iter().map(Self::count).collect())
    }

    /// A number of things.
    pub fn count(count: usize) -> Self {
        Self::Number(count as u64)
    }

    /// A time in whole microseconds, as the names of such members say: `start_us`.
    pub fn micros(time: Duration) -> Self {
        Self::Number(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
    }

    fn holds_more(&self) -> bool {
        match self {
            Self::List(items) => !items.is_empty(),
            Self::Object(members) => !members.is_empty(),
            _ => false,
        }
    }

    fn write(&self, depth: usize, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Number(value) => write!(out, "{value}"),
            Self::Text(text) => quoted(text, out),
            Self::List(items) => {
                let broken = depth == 0 || depth == 1 && items.iter().any(Self::holds_more);
                lines(depth, broken, ['[', ']'], items, out, |item, out| item.write(depth + 1, out))
            }
            Self::Object(members) => {
                let broken = depth == 0 || depth == 1 && members.iter().any(|(_, value)| value.holds_more());
                lines(depth, broken, ['{', '}'], members, out, |(name, value), out| {
                    quoted(name, out)?;
                    out.write_str(": ")?;
                    value.write(depth + 1, out)
                })
            }
        }
    }
}

/// A document of which a reader sees the shape: the members of the outermost value have a line each, so have the items of
/// these if they are lists or objects themselves, and everything inside of them is on that line.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(0, f)
    }
}

fn lines<'f, Item>(
    depth: usize,
    broken: bool,
    [opening, closing]: [char; 2],
    items: &[Item],
    out: &mut fmt::Formatter<'f>,
    mut write: impl FnMut(&Item, &mut fmt::Formatter<'f>) -> fmt::Result,
) -> fmt::Result {
    out.write_char(opening)?;
    let broken = broken && !items.is_empty();
    for (place, item) in items.iter().enumerate() {
        match (place, broken) {
            (0, false) => {}
            (_, false) => out.write_str(", ")?,
            (0, true) => write!(out, "\n{:1$}", "", 2 * depth + 2)?,
            (_, true) => write!(out, ",\n{:1$}", "", 2 * depth + 2)?,
        }
        write(item, out)?;
    }
    if broken {
        write!(out, "\n{:1$}", "", 2 * depth)?;
    }
    out.write_char(closing)
}

fn quoted(text: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    out.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            // The rest of the control characters; the two separators are legal JSON, but end a line in JavaScript.
            '\0'..='\u{1f}' | '\u{7f}' | '\u{2028}' | '\u{2029}' => write!(out, "\\u{:04x}", u32::from(character))?,
            _ => out.write_char(character)?,
        }
    }
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        let text = |text: &str| Json::text(text).to_string();
        assert_eq!(text("Cache<User>"), r#""Cache<User>""#);
        assert_eq!(text("dyn \"Users\" \\ é →"), r#""dyn \"Users\" \\ é →""#);
        assert_eq!(text("a\nb\r\tc\u{1}\u{2028}"), r#""a\nb\r\tc\u0001\u2028""#);
    }

    #[test]
    fn values_are_written_as_what_they_are() {
        assert_eq!(Json::Null.to_string(), "null");
        assert_eq!(Json::Bool(true).to_string(), "true");
        assert_eq!(Json::Number(u64::MAX).to_string(), "18446744073709551615");
        assert_eq!(Json::micros(Duration::from_millis(1500)).to_string(), "1500000");
        assert_eq!(Json::micros(Duration::MAX).to_string(), "18446744073709551615");
        assert_eq!(Json::text_or_null(None::<&str>).to_string(), "null");
        assert_eq!(Json::List(Vec::new()).to_string(), "[]");
        assert_eq!(Json::Object(Vec::new()).to_string(), "{}");
    }

    #[test]
    fn two_levels_have_lines_and_the_rest_is_on_them() {
        let layer = |name: &str| Json::Object(vec![("name", Json::text(name)), ("needs", Json::places([1, 2]))]);
        let path = Json::places([0, 1]);
        let json = Json::Object(vec![("path", path), ("layers", Json::List(vec![layer("a"), layer("b")]))]);
        assert_eq!(
            json.to_string(),
            "{\n  \"path\": [0, 1],\n  \"layers\": [\n    {\"name\": \"a\", \"needs\": [1, 2]},\n    {\"name\": \"b\", \"needs\": [1, 2]}\n  ]\n}"
        );
    }
}
