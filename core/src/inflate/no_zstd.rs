//! Stands in for zstd where it is not built in; a shard with it is refused before it begins.

use super::{Corrupt, Progress};

/// Whether there is a decoder.
pub(crate) const AVAILABLE: bool = false;

/// The state of a zstd decoder that is not there.
#[derive(Debug)]
pub(super) struct Zstd;

#[expect(
    clippy::needless_pass_by_ref_mut,
    clippy::unused_self,
    reason = "the signatures of zstd's"
)]
impl Zstd {
    #[cfg_attr(not(feature = "alloc"), expect(dead_code, reason = "made by the heap only"))]
    pub(super) const fn new() -> Self {
        Self
    }

    pub(super) const fn restart(&mut self) {}

    pub(super) const fn inflate(&mut self, _: &[u8], _: &mut [u8]) -> Result<Progress, Corrupt> {
        Err(Corrupt)
    }
}
