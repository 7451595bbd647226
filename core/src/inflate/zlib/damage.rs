//! What may be wrong with a stream.

use core::fmt;

/// Why bytes are no zlib stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// The header is not that of deflate with a window of up to 32 KiB.
    Header,
    /// The stream needs a dictionary that was agreed upon.
    Dictionary,
    /// A block is of the kind that is reserved.
    BlockKind,
    /// A stored block says two lengths.
    StoredLength,
    /// A block has more codes than there are symbols.
    TooManyCodes,
    /// A length is repeated before there is one, or beyond the last code.
    Repeat,
    /// The lengths of a block fit no code.
    Lengths,
    /// A block could not end.
    NoEnd,
    /// A code stands for no symbol.
    Symbol,
    /// A match reaches back before the stream, or what is left of it.
    Distance,
    /// What came out is not what the checksum was made of.
    Checksum,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "expected the header of a zlib stream",
            Self::Dictionary => "expected a stream without a dictionary",
            Self::BlockKind => "expected a block of a known kind",
            Self::StoredLength => "expected a stored length and its complement",
            Self::TooManyCodes => "expected at most 286 codes for literals and 30 for distances",
            Self::Repeat => "expected a length to repeat, and room for it",
            Self::Lengths => "expected lengths that make a complete code",
            Self::NoEnd => "expected a code for the end of the block",
            Self::Symbol => "expected the code of a symbol",
            Self::Distance => "expected a distance within the output",
            Self::Checksum => "expected the checksum of the output",
        })
    }
}

impl core::error::Error for Damage {}
