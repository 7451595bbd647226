//! Going back to where a cursor stood.

use super::{Cursor, Form};
use crate::decode::{Decode, DecodeError};

/// Where a cursor stands in its document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    at: usize,
    words: u16,
    depth: u8,
    form: Form,
}

impl<'e> Cursor<'e> {
    /// Returns where it stands.
    pub(crate) const fn spot(&self) -> Spot {
        let Self { at, words, depth, form, .. } = *self;
        Spot { at, words, depth, form }
    }

    /// Goes to where it stood, or another cursor of the same document.
    pub(crate) const fn go_back(&mut self, spot: Spot) {
        let Spot { at, words, depth, form } = spot;
        *self = Self { at, words, depth, form, ..*self };
    }

    /// Decodes a value that may be of a wrong type: then it is skipped.
    pub(crate) fn lenient<T: Decode<'e>>(&mut self) -> Result<Option<T>, DecodeError> {
        let start = self.spot();
        if let Ok(value) = T::decode(self) {
            return Ok(Some(value));
        }
        self.go_back(start);
        self.skip()?;
        Ok(None)
    }
}
