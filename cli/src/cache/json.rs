//! JSON whose objects keep the order of their keys.

use std::fmt::{self, Formatter, Write as _};

use serde_json::Value;

use crate::lines::Escaped;

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Json {
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
    /// What is neither.
    Plain(Value),
}

impl Json {
    pub(super) const NULL: Self = Self::Plain(Value::Null);

    /// Returns how many entries it has.
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::List(items) => items.len(),
            Self::Object(members) => members.len(),
            Self::Plain(_) => 0,
        }
    }

    /// Returns the values of an object.
    pub(super) fn values(&self) -> impl Iterator<Item = &Self> {
        let members = if let Self::Object(members) = self { &members[..] } else { &[] };
        members.iter().map(|(_, value)| value)
    }

    fn write(&self, f: &mut Formatter<'_>, depth: usize) -> fmt::Result {
        match self {
            Self::List(items) => {
                write_all(f, ('[', ']'), depth, items, |f, item| item.write(f, depth + 1))
            }
            Self::Object(members) => write_all(f, ('{', '}'), depth, members, |f, (key, value)| {
                write_text(f, key)?;
                f.write_str(if f.alternate() { ": " } else { ":" })?;
                value.write(f, depth + 1)
            }),
            Self::Plain(Value::String(text)) => write_text(f, text),
            Self::Plain(value) => write!(f, "{value}"),
        }
    }
}

/// Writes it in one line, or with `{:#}` an entry a line.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

macro_rules! plain {
    ($($from:ty),*) => {$(
        impl From<$from> for Json {
            fn from(value: $from) -> Self {
                Self::Plain(value.into())
            }
        }
    )*};
}

plain!(bool, i64, u64, usize, String, Value, &str, Option<String>, Option<i64>);

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Array(items) => items.iter().collect(),
            Value::Object(members) => Self::Object(
                members.iter().map(|(key, value)| (key.clone(), value.into())).collect(),
            ),
            value => Self::Plain(value.clone()),
        }
    }
}

impl<T: Into<Self>> FromIterator<T> for Json {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// Makes an object.
macro_rules! object {
    ($($key:literal: $value:expr),* $(,)?) => {
        $crate::cache::json::Json::Object(vec![
            $(($key.to_owned(), $crate::cache::json::Json::from($value))),*
        ])
    };
}

pub(super) use object;

fn write_all<T>(
    f: &mut Formatter<'_>,
    (open, close): (char, char),
    depth: usize,
    items: &[T],
    mut write: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_char(open)?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_char(',')?;
        }
        break_line(f, depth + 1)?;
        write(f, item)?;
    }
    if !items.is_empty() {
        break_line(f, depth)?;
    }
    f.write_char(close)
}

fn break_line(f: &mut Formatter<'_>, depth: usize) -> fmt::Result {
    if f.alternate() { write!(f, "\n{:depth$}", "") } else { Ok(()) }
}

/// Writes a text; letters that are not seen are written as numbers.
fn write_text(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            write!(f, "\\{letter}")?;
        } else if Escaped(letter).is_plain() {
            f.write_char(letter)?;
        } else {
            let mut units = [0; 2];
            letter
                .encode_utf16(&mut units)
                .iter()
                .try_for_each(|unit| write!(f, "\\u{unit:04x}"))?;
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let text = "a\"b\\c\n\u{202e}é😀\u{e0041}";
        let json = object! { "z": 1_u64, "a": [text].into_iter().collect::<Json>(), "e": Json::List(Vec::new()) };
        let wanted = serde_json::json!({ "z": 1, "a": [text], "e": [] });
        for written in [format!("{json}"), format!("{json:#}")] {
            assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), wanted);
            assert!(written.find('z') < written.find('a') && !written.contains('\u{202e}'));
        }
        assert!(format!("{json:#}").starts_with("{\n \"z\": 1,\n \"a\": [\n"));
    }
}
