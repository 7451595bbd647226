//! The resumable scanner: a few hundred bytes of state, fed pieces of any size.
//!
//! What it keeps is the same for every encoding; how bytes become keys and values is each one's own.

use super::details::Details;
use super::draft::Draft;
use super::etf::Etf;
use super::json::Json;
use super::{Broken, Envelope};
use crate::Encoding;

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
    grammar: Grammar,
}

#[derive(Debug)]
enum Grammar {
    Json(Json),
    Etf(Etf),
}

impl Scanner {
    pub(crate) fn new(encoding: Encoding) -> Self {
        let grammar = match encoding {
            Encoding::Json => Grammar::Json(Json::new()),
            Encoding::Etf => Grammar::Etf(Etf::new()),
        };
        Self { draft: Draft::new(), grammar }
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.encoding());
    }

    /// Returns the encoding it reads.
    pub(crate) const fn encoding(&self) -> Encoding {
        match self.grammar {
            Grammar::Json(_) => Encoding::Json,
            Grammar::Etf(_) => Encoding::Etf,
        }
    }

    /// Tells whether no document has begun.
    pub(crate) fn is_idle(&self) -> bool {
        match &self.grammar {
            Grammar::Json(json) => json.is_idle(),
            Grammar::Etf(etf) => etf.is_idle(),
        }
    }

    fn is_done(&self) -> bool {
        match &self.grammar {
            Grammar::Json(json) => json.is_done(),
            Grammar::Etf(etf) => etf.is_done(),
        }
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
        self.draft.envelope().filter(|_| self.is_done()).ok_or(Broken)
    }

    /// Reads on, at most to the end of the document.
    pub(crate) fn feed(&mut self, piece: &[u8]) -> Result<Fed, Broken> {
        let mut rest = piece;
        while !rest.is_empty() {
            let taken = match &mut self.grammar {
                Grammar::Json(json) => json.step(&mut self.draft, rest)?,
                Grammar::Etf(etf) => etf.step(&mut self.draft, rest)?,
            };
            self.draft.offset = self.draft.offset.saturating_add(taken);
            rest = rest.get(taken..).unwrap_or_default();
            if self.is_done() {
                return Ok(Fed::Done(piece.len() - rest.len()));
            }
        }
        Ok(Fed::More)
    }
}
