//! The run-time choices of a connection: how documents are encoded and compressed.

use core::fmt;
use core::str::FromStr;

use heapless::String;
use serde::{Deserialize, Serialize};

use crate::inflate::ZSTD_IS_AVAILABLE;

/// How documents are encoded, in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Encoding {
    /// JSON.
    #[default]
    Json,
    /// Erlang's external term format, which is binary.
    Etf,
}

impl Encoding {
    /// Every encoding, the simplest first.
    pub const ALL: [Self; 2] = [Self::Json, Self::Etf];

    /// Returns the value of the query parameter `encoding`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Etf => "etf",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == name);
        known.ok_or_else(|| UnknownEncoding(cut(name)))
    }
}

/// How documents from the gateway are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// Single documents, each a zlib stream of its own (Identify's `compress`); JSON only.
    Zlib,
    /// One zlib stream for the whole connection (`compress=zlib-stream`).
    ZlibStream,
    /// One zstd frame for the whole connection (`compress=zstd-stream`); needs the feature `zstd`.
    ZstdStream,
}

impl Compression {
    /// Every compression, the simplest first.
    pub const ALL: [Self; 4] = [Self::None, Self::Zlib, Self::ZlibStream, Self::ZstdStream];

    /// Returns the name, for the stream compressions the value of the query parameter `compress`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Zlib => "zlib",
            Self::ZlibStream => "zlib-stream",
            Self::ZstdStream => "zstd-stream",
        }
    }

    /// Tells whether a decoder for it is built in.
    #[must_use]
    pub const fn is_available(self) -> bool {
        match self {
            Self::None | Self::Zlib | Self::ZlibStream => true,
            Self::ZstdStream => ZSTD_IS_AVAILABLE,
        }
    }

    /// Tells whether one stream goes through the whole connection.
    pub(crate) const fn is_stream(self) -> bool {
        matches!(self, Self::ZlibStream | Self::ZstdStream)
    }

    /// Returns the query of the WebSocket request.
    pub(crate) const fn query(self, encoding: Encoding) -> &'static str {
        match (encoding, self) {
            (Encoding::Json, Self::None | Self::Zlib) => "v=10&encoding=json",
            (Encoding::Json, Self::ZlibStream) => "v=10&encoding=json&compress=zlib-stream",
            (Encoding::Json, Self::ZstdStream) => "v=10&encoding=json&compress=zstd-stream",
            (Encoding::Etf, Self::None | Self::Zlib) => "v=10&encoding=etf",
            (Encoding::Etf, Self::ZlibStream) => "v=10&encoding=etf&compress=zlib-stream",
            (Encoding::Etf, Self::ZstdStream) => "v=10&encoding=etf&compress=zstd-stream",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Compression {
    type Err = UnknownCompression;

    fn from_str(name: &str) -> Result<Self, UnknownCompression> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == name);
        known.ok_or_else(|| UnknownCompression(cut(name)))
    }
}

/// How much of an unknown name is kept, in bytes.
const NAME_BYTES: usize = 32;

/// A name that is no encoding this library knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnknownEncoding(String<NAME_BYTES, u8>);

/// A name that is no compression this library knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnknownCompression(String<NAME_BYTES, u8>);

impl fmt::Display for UnknownEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        expected(f, Encoding::ALL.map(Encoding::as_str), &self.0)
    }
}

impl fmt::Display for UnknownCompression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        expected(f, Compression::ALL.map(Compression::as_str), &self.0)
    }
}

impl core::error::Error for UnknownEncoding {}

impl core::error::Error for UnknownCompression {}

fn expected<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    known: [&str; N],
    found: &str,
) -> fmt::Result {
    f.write_str("expected one of ")?;
    for (at, name) in known.into_iter().enumerate() {
        f.write_str(if at == 0 { "" } else { ", " })?;
        f.write_str(name)?;
    }
    write!(f, ", found {found:?}")
}

/// Keeps as much of a name as there is room for.
fn cut(name: &str) -> String<NAME_BYTES, u8> {
    let end = name.floor_char_boundary(NAME_BYTES);
    String::try_from(name.get(..end).unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_as_it_is_written() {
        for encoding in Encoding::ALL {
            assert_eq!(encoding.as_str().parse(), Ok(encoding));
        }
        for compression in Compression::ALL {
            assert_eq!(compression.as_str().parse(), Ok(compression));
        }
    }

    #[test]
    fn an_unknown_name_is_told_with_what_was_expected() {
        let error = "xml".parse::<Encoding>().unwrap_err();
        assert_eq!(error.to_string(), r#"expected one of json, etf, found "xml""#);
        let long = format!("{}é", "x".repeat(NAME_BYTES - 1));
        let error = long.parse::<Compression>().unwrap_err().to_string();
        assert!(error.starts_with("expected one of none, zlib, zlib-stream"), "{error}");
        assert!(error.ends_with(&format!("found \"{}\"", &long[..NAME_BYTES - 1])), "{error}");
    }

    use std::string::ToString;
}
