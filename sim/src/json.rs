//! Writes JSON text: commas, escapes and the places that need an intent, nothing else.

use std::fmt::Write as _;
use std::ops::Range;

/// A JSON text that is being written from front to back.
#[derive(Debug, Default)]
pub(crate) struct Json {
    text: String,
    blanks: Vec<Range<usize>>,
}

impl Json {
    pub(crate) fn new() -> Self {
        Self { text: String::with_capacity(1_024), blanks: Vec::new() }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// Returns the text and the ranges of values that are emptied without `MESSAGE_CONTENT`.
    pub(crate) fn into_parts(self) -> (String, Vec<Range<usize>>) {
        (self.text, self.blanks)
    }

    pub(crate) fn object(&mut self) -> &mut Self {
        self.structure('{')
    }

    pub(crate) fn end_object(&mut self) -> &mut Self {
        self.text.push('}');
        self
    }

    pub(crate) fn array(&mut self) -> &mut Self {
        self.structure('[')
    }

    pub(crate) fn end_array(&mut self) -> &mut Self {
        self.text.push(']');
        self
    }

    /// Starts a member of an object; `key` must need no escapes.
    pub(crate) fn key(&mut self, key: &str) -> &mut Self {
        self.comma();
        self.text.push('"');
        self.text.push_str(key);
        self.text.push_str("\":");
        self
    }

    pub(crate) fn str(&mut self, value: &str) -> &mut Self {
        self.comma();
        self.text.push('"');
        let mut rest = value;
        while let Some(at) =
            rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
        {
            let (plain, special) = rest.split_at(at);
            self.text.push_str(plain);
            let mut left = special.chars();
            left.next().into_iter().for_each(|escaped| self.escape(escaped));
            rest = left.as_str();
        }
        self.text.push_str(rest);
        self.text.push('"');
        self
    }

    /// Writes a string with everything outside ASCII as `\u` escapes, surrogate pairs included.
    pub(crate) fn ascii_str(&mut self, value: &str) -> &mut Self {
        self.comma();
        self.text.push('"');
        for letter in value.chars() {
            let plain = (' '..='~').contains(&letter) && letter != '"' && letter != '\\';
            if plain {
                self.text.push(letter);
            } else {
                self.escape(letter);
            }
        }
        self.text.push('"');
        self
    }

    /// Writes a member of an object.
    pub(crate) fn put(&mut self, key: &str, value: impl Value) -> &mut Self {
        self.key(key);
        value.write(self);
        self
    }

    /// Writes an id as a decimal string.
    pub(crate) fn id(&mut self, id: impl Into<u64>) -> &mut Self {
        self.comma();
        let id = id.into();
        self.format(format_args!("\"{id}\""))
    }

    /// Writes one value of a list.
    pub(crate) fn item(&mut self, value: impl Value) -> &mut Self {
        value.write(self);
        self
    }

    pub(crate) fn bool(&mut self, value: bool) -> &mut Self {
        self.raw(if value { "true" } else { "false" })
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.raw("null")
    }

    /// Writes one value that is JSON already.
    pub(crate) fn raw(&mut self, value: &str) -> &mut Self {
        self.comma();
        self.text.push_str(value);
        self
    }

    /// Returns where the next byte goes.
    pub(crate) const fn mark(&self) -> usize {
        self.text.len()
    }

    /// Notes that the value written since `start` is emptied without `MESSAGE_CONTENT`.
    pub(crate) fn blank_since(&mut self, start: usize) {
        self.blanks.push(start..self.text.len());
    }

    fn structure(&mut self, open: char) -> &mut Self {
        self.comma();
        self.text.push(open);
        self
    }

    /// A comma goes before everything but the first thing in a structure and the value of a key.
    fn comma(&mut self) {
        if !matches!(self.text.as_bytes().last(), None | Some(b'{' | b'[' | b':')) {
            self.text.push(',');
        }
    }

    fn escape(&mut self, letter: char) {
        match letter {
            '"' => self.text.push_str("\\\""),
            '\\' => self.text.push_str("\\\\"),
            '\n' => self.text.push_str("\\n"),
            '\r' => self.text.push_str("\\r"),
            '\t' => self.text.push_str("\\t"),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    self.format(format_args!("\\u{unit:04x}"));
                }
            }
        }
    }

    fn format(&mut self, value: std::fmt::Arguments<'_>) -> &mut Self {
        // Writing to a String cannot fail.
        let _ = self.text.write_fmt(value);
        self
    }
}

/// A value that [`Json::put`] writes.
pub(crate) trait Value {
    fn write(self, json: &mut Json);
}

/// An id, which is a decimal string.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id(pub(crate) u64);

/// No value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Null;

impl Value for Id {
    fn write(self, json: &mut Json) {
        json.id(self.0);
    }
}

impl Value for Null {
    fn write(self, json: &mut Json) {
        json.null();
    }
}

impl Value for bool {
    fn write(self, json: &mut Json) {
        json.bool(self);
    }
}

impl Value for &str {
    fn write(self, json: &mut Json) {
        json.str(self);
    }
}

impl Value for &String {
    fn write(self, json: &mut Json) {
        json.str(self);
    }
}

impl<T: Value> Value for Option<T> {
    fn write(self, json: &mut Json) {
        match self {
            Some(value) => value.write(json),
            None => Null.write(json),
        }
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Value for $number {
            fn write(self, json: &mut Json) {
                json.comma();
                json.format(format_args!("{self}"));
            }
        }
    )*};
}

numbers!(i32, u8, u32, u64, usize);

/// Empties the values in `ranges` of `text`: strings to `""`, lists to `[]`.
pub(crate) fn blank(text: &str, ranges: &[Range<usize>]) -> String {
    let mut blanked = String::with_capacity(text.len());
    let mut from = 0;
    for range in ranges {
        blanked.push_str(text.get(from..range.start).unwrap_or_default());
        let list = text.as_bytes().get(range.start) == Some(&b'[');
        blanked.push_str(if list { "[]" } else { "\"\"" });
        from = range.end;
    }
    blanked.push_str(text.get(from..).unwrap_or_default());
    blanked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_stand_only_between_things() {
        let mut json = Json::new();
        json.object().key("a").item(1).key("b").array().null().bool(true).object().end_object();
        json.end_array().key("c").id(5_u64).end_object();
        assert_eq!(json.into_text(), r#"{"a":1,"b":[null,true,{}],"c":"5"}"#);
    }

    #[test]
    fn escaped_strings_read_back_as_they_were() {
        let odd = "a\"b\\c\n\u{1}é😀{[:";
        for ascii in [false, true] {
            let mut json = Json::new();
            if ascii {
                json.ascii_str(odd);
            } else {
                json.str(odd);
            }
            let text = json.into_text();
            assert_eq!(text.is_ascii(), ascii);
            assert_eq!(serde_json::from_str::<String>(&text).unwrap(), odd);
        }
    }

    #[test]
    fn blanked_values_keep_their_type() {
        let mut json = Json::new();
        json.object().key("e");
        let list = json.mark();
        json.array().item(1).end_array().blank_since(list);
        json.key("c");
        let string = json.mark();
        json.str("hello").blank_since(string);
        json.put("z", 2).end_object();
        let (text, ranges) = json.into_parts();
        assert_eq!(blank(&text, &ranges), r#"{"e":[],"c":"","z":2}"#);
    }
}
