//! Stands in for `miniz_oxide` where it is not built in: a value that cannot exist.

use core::convert::Infallible;

use super::{Corrupt, Progress};

#[derive(Debug)]
pub(super) struct Miniz(Infallible);

#[expect(clippy::needless_pass_by_ref_mut, reason = "the signatures of those of miniz_oxide")]
impl Miniz {
    pub(super) const fn restart(&mut self) {
        match self.0 {}
    }

    pub(super) const fn inflate(
        &mut self,
        _: &[u8],
        _: &mut [u8],
        _: usize,
        _: bool,
    ) -> Result<Progress, Corrupt> {
        match self.0 {}
    }
}
