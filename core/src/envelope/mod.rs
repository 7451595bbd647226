//! Envelopes: `op`, `s`, `t` and where `d` lies, found without decoding `d`.
//!
//! Two scanners, one result. [`fast`] takes a whole JSON dispatch whose `d` comes last and does not
//! touch `d`; so it takes a promise that the bytes are one document, which a stream gives. [`Scanner`]
//! is fed pieces of any size and encoding, finds the end of a document by itself, takes the keys in
//! any order, and keeps the few fields of `d` that the lifecycle needs even when the document is too
//! large to be kept.

mod details;
mod draft;
mod etf;
mod fast;
mod json;
mod scanner;

pub(crate) use details::Details;
pub(crate) use fast::scan as fast;
pub(crate) use scanner::{Fed, Scanner};

use core::num::NonZeroU64;

use crate::EventKind;

/// A piece of a document, or of the payload buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    pub(crate) len: u32,
}

impl Span {
    /// Returns the span from `start` to `end`; documents beyond 4 GiB are not kept anyway.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let narrow = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: narrow(start), len: narrow(end.saturating_sub(start)) }
    }

    /// Returns the span from the same start to another end.
    fn up_to(self, end: usize) -> Self {
        Self::new(self.start(), end)
    }

    /// Returns the span that many bytes further to the front.
    pub(crate) fn back_by(self, bytes: usize) -> Self {
        Self::new(self.start().saturating_sub(bytes), self.end().saturating_sub(bytes))
    }

    pub(crate) fn start(self) -> usize {
        usize::try_from(self.start).unwrap_or(usize::MAX)
    }

    pub(crate) fn end(self) -> usize {
        self.start().saturating_add(usize::try_from(self.len).unwrap_or(usize::MAX))
    }

    /// Returns the bytes of `whole` this span names.
    pub(crate) fn of(self, whole: &[u8]) -> &[u8] {
        whole.get(self.start()..self.end()).unwrap_or_default()
    }
}

/// What the envelope of a document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) op: u64,
    /// Sequence numbers begin at 1.
    pub(crate) seq: Option<NonZeroU64>,
    pub(crate) kind: EventKind,
    /// The text of `t`, without quotes or tag.
    pub(crate) name: Span,
    /// All of `d`.
    pub(crate) data: Span,
}

/// The document is no object or map with an opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

#[cfg(test)]
mod tests;
