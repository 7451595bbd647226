//! What the lifecycle needs of `d`, collected over pieces.

use heapless::{String, Vec};

use crate::session::{ID_BYTES, URL_BYTES};

/// Text collected over pieces; what does not fit makes it unusable.
#[derive(Debug, Default)]
pub(crate) struct Collected<const N: usize> {
    pub(super) bytes: Vec<u8, N, u8>,
    pub(super) overflowed: bool,
}

impl<const N: usize> Collected<N> {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.overflowed = false;
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.overflowed |= self.bytes.extend_from_slice(bytes).is_err();
    }

    pub(super) fn get(&self) -> Option<&[u8]> {
        (!self.overflowed).then_some(&self.bytes)
    }

    /// Returns the text, if it is plain ASCII, not empty and fits.
    pub(crate) fn plain(&self) -> Option<String<N, u8>> {
        let bytes = self.get().filter(|bytes| bytes.iter().all(u8::is_ascii_graphic))?;
        let text = core::str::from_utf8(bytes).ok().filter(|text| !text.is_empty())?;
        String::try_from(text).ok()
    }
}

/// The fields of `d` the lifecycle needs.
#[derive(Debug, Default)]
pub(crate) struct Details {
    pub(crate) session_id: Collected<ID_BYTES>,
    pub(crate) resume_url: Collected<URL_BYTES>,
    pub(crate) heartbeat_interval_ms: Option<u64>,
    pub(crate) id: Option<u64>,
    pub(crate) guild_id: Option<u64>,
    /// Whether all of `d` is `true`.
    pub(crate) is_true: bool,
}
