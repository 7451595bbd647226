//! The run-time choices of a connection: how documents are encoded and compressed.

use core::fmt;

use serde::{Deserialize, Serialize};

/// How documents are encoded, in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Encoding {
    /// JSON.
    #[default]
    Json,
    /// The Erlang External Term Format.
    Etf,
}

impl Encoding {
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

/// How documents from the gateway are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// Single documents, each a zlib stream of its own (Identify's `compress`).
    Zlib,
    /// One zlib stream for the whole connection (`compress=zlib-stream`).
    ZlibStream,
}

impl Compression {
    /// Every compression, the simplest first.
    pub const ALL: [Self; 3] = [Self::None, Self::Zlib, Self::ZlibStream];

    /// Returns the name, for the stream compressions the value of the query parameter `compress`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Zlib => "zlib",
            Self::ZlibStream => "zlib-stream",
        }
    }

    /// Returns the query of the WebSocket request.
    pub(crate) const fn query(self, encoding: Encoding) -> &'static str {
        match (self, encoding) {
            (Self::None | Self::Zlib, Encoding::Json) => "v=10&encoding=json",
            (Self::None | Self::Zlib, Encoding::Etf) => "v=10&encoding=etf",
            (Self::ZlibStream, Encoding::Etf) => "v=10&encoding=etf&compress=zlib-stream",
            (Self::ZlibStream, Encoding::Json) => "v=10&encoding=json&compress=zlib-stream",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::str::FromStr for Compression {
    type Err = UnknownCompression;

    fn from_str(name: &str) -> Result<Self, UnknownCompression> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == name);
        known.ok_or(UnknownCompression)
    }
}

/// A name that is no compression this library knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UnknownCompression;

impl fmt::Display for UnknownCompression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected one of none, zlib, zlib-stream")
    }
}

impl core::error::Error for UnknownCompression {}
