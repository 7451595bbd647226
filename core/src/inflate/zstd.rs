//! zstd by the C library, which keeps its own history on the C heap.

use core::fmt;

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, ResetDirective};

use super::{Corrupt, Progress, Then};

/// Whether there is a decoder.
pub(crate) const AVAILABLE: bool = true;

/// The largest window taken, as a power of two: 8 MiB.
///
/// Source: RFC 8878 section 3.1.1.1.2, which recommends decoders to support at least that much.
const WINDOW_LOG_MAX: u32 = 23;

/// The state of a zstd decoder.
pub(super) struct Zstd(DCtx<'static>);

impl Zstd {
    pub(super) fn new() -> Self {
        let mut context = DCtx::create();
        // Only a limit outside of what the library supports is refused.
        let _ = context.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX));
        Self(context)
    }

    /// Begins a new stream; the limit of the window stays.
    pub(super) fn restart(&mut self) {
        // Only the other directives can fail.
        let _ = self.0.reset(ResetDirective::SessionOnly);
    }

    pub(super) fn inflate(&mut self, input: &[u8], out: &mut [u8]) -> Result<Progress, Corrupt> {
        let room = out.len();
        let mut from = InBuffer::around(input);
        let mut to = OutBuffer::around(out);
        let hint = self.0.decompress_stream(&mut to, &mut from).map_err(|_| Corrupt)?;
        let (read, written) = (from.pos(), to.pos());
        let then = if hint == 0 {
            Then::Ended
        } else if written == room {
            Then::OutputFull
        } else {
            Then::NeedsInput
        };
        let stuck = read == 0 && written == 0 && then == Then::NeedsInput && !input.is_empty();
        if stuck { Err(Corrupt) } else { Ok(Progress { read, written, then }) }
    }
}

impl fmt::Debug for Zstd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zstd").finish_non_exhaustive()
    }
}
