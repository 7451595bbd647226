//! The resumable scanner: a few hundred bytes of state, fed pieces of any size.
//!
//! What it keeps is the same for every encoding; how bytes become keys and values is each one's own.

use super::details::Details;
use super::draft::Draft;
use super::json::Json;
use super::{Broken, Envelope};

/// How far a piece came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fed {
    /// The piece is used up and the document goes on.
    More,
    /// The document ended after this many bytes of the piece.
    Done(usize),
}

#[derive(Debug)]
pub(crate) struct Scanner {
    draft: Draft,
    json: Json,
}

impl Scanner {
    pub(crate) fn new() -> Self {
        Self { draft: Draft::new(), json: Json::new() }
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }

    /// Tells whether no document has begun.
    pub(crate) fn is_idle(&self) -> bool {
        self.json.is_idle()
    }

    /// Returns the length of the document so far, in bytes.
    pub(crate) const fn length(&self) -> usize {
        self.draft.offset
    }

    /// Returns what `d` says.
    pub(crate) const fn details(&self) -> &Details {
        &self.draft.details
    }

    /// Returns the envelope of a document that has ended.
    pub(crate) fn envelope(&self) -> Result<Envelope, Broken> {
        self.draft.envelope().filter(|_| self.json.is_done()).ok_or(Broken)
    }

    /// Reads on, at most to the end of the document.
    pub(crate) fn feed(&mut self, piece: &[u8]) -> Result<Fed, Broken> {
        let mut rest = piece;
        while !rest.is_empty() {
            let taken = self.json.step(&mut self.draft, rest)?;
            self.draft.offset += taken;
            rest = rest.get(taken..).unwrap_or_default();
            if self.json.is_done() {
                return Ok(Fed::Done(piece.len() - rest.len()));
            }
        }
        Ok(Fed::More)
    }
}
