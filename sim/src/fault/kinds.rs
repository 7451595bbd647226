//! What a fault can be told beside a number.

use std::fmt;

/// A heartbeat interval that Hello tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HelloInterval {
    /// A number that is not whole: 41250.5.
    Fraction,
    /// A number over 64 bits.
    Huge,
    /// A number of milliseconds, whether it makes sense or not.
    Millis(u64),
    /// None at all.
    Missing,
    /// A negative number.
    Negative,
    /// A text.
    Text,
}

impl HelloInterval {
    pub(super) fn read(name: &str) -> Option<Self> {
        let words =
            [Self::Fraction, Self::Huge, Self::Missing, Self::Negative, Self::Text].into_iter();
        let word = words.into_iter().find(|word| word.to_string() == name);
        word.or_else(|| name.parse().ok().map(Self::Millis))
    }

    /// Returns the JSON of the interval, if Hello is to have one.
    pub(crate) fn json(self) -> Option<String> {
        Some(match self {
            Self::Fraction => "41250.5".to_owned(),
            Self::Huge => "100000000000000000000".to_owned(),
            Self::Millis(millis) => millis.to_string(),
            Self::Missing => return None,
            Self::Negative => "-41250".to_owned(),
            Self::Text => r#""41250""#.to_owned(),
        })
    }
}

impl fmt::Display for HelloInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fraction => "fraction",
            Self::Huge => "huge",
            Self::Millis(millis) => return millis.fmt(f),
            Self::Missing => "missing",
            Self::Negative => "negative",
            Self::Text => "text",
        })
    }
}

/// A URL to resume at that is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResumeUrl {
    /// The empty text.
    Empty,
    /// A URL of 4,000 bytes and more.
    Long,
    /// What cannot be read as a URL.
    Malformed,
    /// None at all.
    Missing,
    /// A host that does not exist, without TLS.
    Plain,
    /// A URL with a line end and a header behind it.
    Unsafe,
}

impl ResumeUrl {
    const ALL: [Self; 6] =
        [Self::Empty, Self::Long, Self::Malformed, Self::Missing, Self::Plain, Self::Unsafe];

    pub(super) fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.to_string() == name)
    }

    /// Returns the URL, if READY is to have one.
    pub(crate) fn text(self) -> Option<String> {
        Some(match self {
            Self::Empty => String::new(),
            Self::Long => format!("wss://{}.invalid/", "long".repeat(1_000)),
            Self::Malformed => "wss://[::1:99999999/%zz ".to_owned(),
            Self::Missing => return None,
            Self::Plain => "ws://resume.gateway-sim.invalid".to_owned(),
            Self::Unsafe => "wss://gateway-sim.invalid/\r\nX-Injected: yes".to_owned(),
        })
    }
}

impl fmt::Display for ResumeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::Long => "long",
            Self::Malformed => "malformed",
            Self::Missing => "missing",
            Self::Plain => "plain",
            Self::Unsafe => "unsafe",
        })
    }
}

/// What is wrong with a READY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrokenReady {
    /// Its `d` is an object without any key.
    Empty,
    /// It has no `session_id`.
    Missing,
    /// Its `session_id` is a number.
    Number,
    /// Its `d` is a text.
    Text,
}

impl BrokenReady {
    pub(super) fn read(name: &str) -> Option<Self> {
        let all = [Self::Empty, Self::Missing, Self::Number, Self::Text];
        all.into_iter().find(|kind| kind.to_string() == name)
    }
}

impl fmt::Display for BrokenReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::Missing => "missing",
            Self::Number => "number",
            Self::Text => "text",
        })
    }
}
