//! zlib by `miniz_oxide`, in linear mode.

use core::fmt;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use super::{Corrupt, Progress, Then};

/// The state of a zlib decoder of `miniz_oxide`, about 10 KiB, lent to a shard.
pub struct Miniz(DecompressorOxide);

impl Miniz {
    /// Creates the state of a stream that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self(DecompressorOxide::new())
    }

    /// Begins a new stream.
    pub(super) fn restart(&mut self) {
        self.0.init();
    }

    /// Decodes as [`Inflater::inflate`](super::Inflater::inflate) does; the checksum at the end counts if `checked`.
    pub(super) fn inflate(
        &mut self,
        input: &[u8],
        out: &mut [u8],
        at: usize,
        checked: bool,
    ) -> Result<Progress, Corrupt> {
        const FLAGS: u32 = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
            | inflate_flags::TINFL_FLAG_HAS_MORE_INPUT
            | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let extra = if checked { 0 } else { inflate_flags::TINFL_FLAG_IGNORE_ADLER32 };
        let (status, read, written) = decompress(&mut self.0, input, out, at, FLAGS | extra);
        let then = match status {
            TINFLStatus::NeedsMoreInput => Then::NeedsInput,
            TINFLStatus::HasMoreOutput => Then::OutputFull,
            TINFLStatus::Done => Then::Ended,
            TINFLStatus::Adler32Mismatch
            | TINFLStatus::BadParam
            | TINFLStatus::Failed
            | TINFLStatus::FailedCannotMakeProgress
            | _ => return Err(Corrupt),
        };
        let stuck = read == 0 && written == 0 && then == Then::NeedsInput && !input.is_empty();
        if stuck { Err(Corrupt) } else { Ok(Progress { read, written, then }) }
    }
}

impl Default for Miniz {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Miniz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Miniz").finish_non_exhaustive()
    }
}
