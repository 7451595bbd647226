//! The payload buffer: messages come in, documents come out, and what was inflated stays as history.
//!
//! ```text
//! 0 ......... start ......... ready/doc ......... scanned ..... end ....... len
//!   history   | undrained     | document in progress    | unscanned |  room
//! ```
//!
//! Bytes are written at `end` and never moved or changed but for sliding all of them to the front. A
//! document that does not fit is scanned in pieces and dropped.

mod room;

use core::num::NonZeroU64;

use crate::disconnect::Cause;
use crate::envelope::{self, Details, Envelope, Fed, Scanner, Span};
use crate::inflate::{self, Inflater, Then};
use crate::store::Store;
use crate::{Compression, Encoding, EventKind};

pub(crate) use room::SMALLEST;
use room::Since;

/// Ends each message of a zlib stream.
///
/// Source: RFC 1951 section 3.2.4, an empty stored block after a sync flush.
const MARKER: u32 = 0x0000_FFFF;

/// A document that ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) envelope: Envelope,
    /// Its length in bytes.
    pub(crate) length: u64,
    /// Whether it was too large to be kept; then no UTF-8 is checked.
    pub(crate) dropped: bool,
    /// Whether the scanner read it, so that its details are known.
    detailed: bool,
}

/// A document in the buffer that waits to be drained.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document {
    place: Span,
    pub(crate) is_dispatch: bool,
    pub(crate) kind: EventKind,
    pub(crate) seq: Option<NonZeroU64>,
    name: Span,
    data: Span,
}

impl Document {
    fn new(start: usize, end: usize, envelope: &Envelope) -> Self {
        let Envelope { op, seq, kind, name, data } = *envelope;
        Self { place: Span::new(start, end), is_dispatch: op == 0, kind, seq, name, data }
    }

    /// Returns its length in bytes.
    pub(crate) fn length(&self) -> u64 {
        u64::from(self.place.len)
    }
}

/// What a call to [`Inbox::take`] left undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Nothing: the piece is used up.
    All,
    /// The buffer is full.
    Full,
}

/// The message at hand.
#[derive(Clone, Copy, Debug, Default)]
struct Message {
    begun: bool,
    /// Whether its bytes are documents already.
    plain: bool,
    /// Whether any byte of it came.
    any: bool,
    /// Whether the decoder may hold output back, for which there was no room.
    held_back: bool,
    /// Whether its own zlib stream has ended.
    ended: bool,
    /// Whether a sync marker was seen before its end.
    marker_inside: bool,
    /// The latest four bytes of the stream.
    tail: u32,
    inflated: u64,
}

#[derive(Debug)]
pub(crate) struct Inbox<'m> {
    store: Store<'m>,
    inflater: Inflater<'m>,
    limit: u64,
    message: Message,
    scanner: Scanner,
    /// Where the output of the stream at hand begins.
    base: usize,
    start: usize,
    ready: usize,
    doc: usize,
    scanned: usize,
    end: usize,
    /// The first undrained document, if it was scanned already.
    ahead: Option<Document>,
    /// Whether the document in progress is not kept.
    dropping: bool,
    /// What happened since the buffer was last looked at for what it could do without.
    since: Since,
    pub(crate) inflated: u64,
}

impl<'m> Inbox<'m> {
    pub(crate) const fn store(&self) -> &Store<'m> {
        &self.store
    }

    pub(crate) fn new(
        mut store: Store<'m>,
        inflater: Inflater<'m>,
        encoding: Encoding,
        limit: u64,
    ) -> Self {
        store.resize(SMALLEST);
        Self {
            store,
            inflater,
            limit,
            message: Message::default(),
            scanner: Scanner::new(encoding),
            base: 0,
            start: 0,
            ready: 0,
            doc: 0,
            scanned: 0,
            end: 0,
            ahead: None,
            dropping: false,
            since: Since::default(),
            inflated: 0,
        }
    }

    pub(crate) const fn compression(&self) -> Compression {
        self.inflater.compression()
    }

    /// Begins anew for a connection; documents that wait stay where they are.
    pub(crate) fn restart(&mut self) {
        self.inflater.restart();
        self.scanner.reset();
        self.message = Message::default();
        self.dropping = false;
        self.end = self.ready;
        self.doc = self.ready;
        self.scanned = self.ready;
        self.base = self.ready;
    }

    /// Begins to take a piece of a message, on a drained buffer.
    pub(crate) fn begin(&mut self, text: bool, piece: &[u8]) -> Result<(), Cause> {
        self.start = self.ready;
        self.ahead = None;
        if self.scanner.is_idle() {
            self.dropping = false;
            self.doc = self.scanned;
        }
        if !self.message.begun {
            self.begin_message(text)?;
        }
        if self.has_markers() {
            self.watch_markers(piece);
        }
        self.message.any |= !piece.is_empty();
        Ok(())
    }

    fn begin_message(&mut self, text: bool) -> Result<(), Cause> {
        let compression = self.compression();
        if text && compression.is_stream() {
            return Err(Cause::CorruptStream);
        }
        let tail = self.message.tail;
        let plain = text || compression == Compression::None;
        self.message = Message { begun: true, plain, tail, ..Message::default() };
        if self.has_markers() {
            return Ok(());
        }
        if self.scanner.is_idle() {
            self.slide(self.end);
        }
        self.base = self.end;
        if !compression.is_stream() {
            self.inflater.restart();
        }
        Ok(())
    }

    const fn is_stream(&self) -> bool {
        self.compression().is_stream()
    }

    /// Tells whether messages end with sync markers, and refer to what came out of earlier ones.
    fn has_markers(&self) -> bool {
        self.compression() == Compression::ZlibStream
    }

    /// Follows the sync markers of a zlib stream, over the joined bytes of all pieces and messages.
    fn watch_markers(&mut self, piece: &[u8]) {
        let before = self.message.tail;
        let tail_at = |end: usize| {
            let from = end.saturating_sub(4);
            let bytes = piece.get(from..end).unwrap_or_default();
            bytes.iter().fold(before, |tail, byte| tail << 8 | u32::from(*byte))
        };
        let inside = |at: usize| at + 1 < piece.len() && tail_at(at + 1) == MARKER;
        self.message.marker_inside |= self.message.any && before == MARKER && !piece.is_empty();
        self.message.marker_inside |= memchr::memchr_iter(0xFF, piece).any(inside);
        self.message.tail = tail_at(piece.len());
    }

    /// Takes as much of the piece as there is room for, and what the decoder held back before.
    ///
    /// It ends: each turn reads or writes something, of which there is only so much, or is the last one.
    pub(crate) fn take(&mut self, piece: &mut &[u8]) -> Result<Taken, Cause> {
        while !piece.is_empty() || self.message.held_back {
            let progress = self.decode(piece)?;
            *piece = piece.get(progress.read..).unwrap_or_default();
            self.end += progress.written;
            self.count(progress.written)?;
            self.message.held_back = progress.then == Then::OutputFull;
            let stuck = progress.read == 0 && progress.written == 0;
            match progress.then {
                Then::NeedsInput => {}
                Then::OutputFull if stuck && self.end < self.store.len() => {
                    return Err(Cause::CorruptStream);
                }
                Then::OutputFull => return Ok(Taken::Full),
                Then::Ended if self.is_stream() || !piece.is_empty() => {
                    return Err(Cause::CorruptStream);
                }
                Then::Ended => self.message.ended = true,
            }
        }
        Ok(Taken::All)
    }

    fn decode(&mut self, piece: &[u8]) -> Result<inflate::Progress, Cause> {
        if self.message.ended {
            return Err(Cause::CorruptStream);
        }
        let bytes = &mut *self.store;
        if self.message.plain {
            return Ok(inflate::copy(piece, bytes, self.end));
        }
        let output = bytes.get_mut(self.base..).unwrap_or_default();
        let progress = self.inflater.inflate(piece, output, self.end - self.base);
        progress.map_err(|inflate::Corrupt| Cause::CorruptStream)
    }

    fn count(&mut self, written: usize) -> Result<(), Cause> {
        let written = u64::try_from(written).unwrap_or(u64::MAX);
        self.inflated = self.inflated.saturating_add(written);
        self.message.inflated = self.message.inflated.saturating_add(written);
        if self.message.inflated > self.limit { Err(Cause::InflatedTooLarge) } else { Ok(()) }
    }

    /// Ends the message.
    pub(crate) fn finish_message(&mut self) -> Result<(), Cause> {
        let Message { plain, any, ended, .. } = self.message;
        let cut = any && !plain && !ended && !self.is_stream();
        self.message.begun = false;
        self.since.needed = self.since.needed.max(self.end - self.keep_from());
        if cut { Err(Cause::CorruptStream) } else { Ok(()) }
    }

    /// Finds the next document among the bytes taken; `whole` at the end of a message.
    pub(crate) fn find(&mut self, whole: bool) -> Result<Option<Found>, Cause> {
        if self.scanned == self.end {
            return Ok(None);
        }
        if whole && self.is_one_document() {
            let document = self.store.get(self.doc..self.end).unwrap_or_default();
            if let Some(envelope) = envelope::fast(document) {
                self.scanned = self.end;
                return self.found(envelope, false).map(Some);
            }
        }
        let unscanned = self.store.get(self.scanned..self.end).unwrap_or_default();
        match self.scanner.feed(unscanned).map_err(|_| Cause::BrokenEnvelope)? {
            Fed::More => self.scanned = self.end,
            Fed::Done(taken) => {
                self.scanned += taken;
                let envelope = self.scanner.envelope().map_err(|_| Cause::BrokenEnvelope)?;
                return self.found(envelope, true).map(Some);
            }
        }
        if self.scanner.is_idle() {
            self.settle(false);
        }
        Ok(None)
    }

    /// Tells whether documents are text as a whole, whose UTF-8 is checked here.
    fn is_text(&self) -> bool {
        self.scanner.encoding() == Encoding::Json
    }

    /// Tells whether the stream promises that the message is one text: zlib by its sync marker, zstd always.
    ///
    /// Source of the latter: Discord documentation, *Gateway: Transport Compression*.
    fn is_one_document(&self) -> bool {
        let fresh = self.scanner.is_idle() && self.scanned == self.doc && !self.dropping;
        let alone = self.start == self.ready;
        let marked = self.message.tail == MARKER && !self.message.marker_inside;
        let promised = if self.has_markers() { marked } else { self.is_stream() };
        fresh && alone && promised && self.is_text()
    }

    fn found(&self, envelope: Envelope, detailed: bool) -> Result<Found, Cause> {
        let dropped = self.dropping;
        let kept = self.store.get(self.doc..self.scanned).unwrap_or_default();
        if !dropped && self.is_text() && core::str::from_utf8(kept).is_err() {
            return Err(Cause::BrokenEnvelope);
        }
        let length = if detailed { self.scanner.length() } else { kept.len() };
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        Ok(Found { envelope, length, dropped, detailed })
    }

    /// Returns what the `d` of the document just found says, if its scanner looked at it.
    pub(crate) fn details(&self, found: &Found) -> Option<&Details> {
        found.detailed.then(|| self.scanner.details())
    }

    /// Keeps the document just found until it is drained.
    pub(crate) fn keep(&mut self, found: &Found) {
        if self.start == self.ready {
            self.start = self.doc;
            self.ahead = Some(Document::new(self.doc, self.scanned, &found.envelope));
        }
        self.settle(true);
    }

    /// Forgets the document just found.
    pub(crate) fn forget(&mut self) {
        self.settle(self.start != self.ready && !self.dropping);
    }

    /// Goes on behind the document just found.
    fn settle(&mut self, kept: bool) {
        let alone = self.start == self.ready;
        if kept {
            self.ready = self.scanned;
        } else if alone {
            self.start = self.scanned;
            self.ready = self.scanned;
        }
        self.doc = self.scanned;
        // What follows a dropped document would stand behind a gap while others wait.
        self.dropping &= !alone;
        self.scanner.reset();
    }

    /// Drops the document in progress, whose bytes are all scanned.
    pub(crate) fn drop_document(&mut self) {
        self.dropping = true;
    }

    /// Returns the size of the buffer in bytes.
    #[cfg(all(test, feature = "alloc"))]
    pub(crate) fn capacity(&self) -> usize {
        self.store.len()
    }

    /// Tells whether a document waits.
    pub(crate) const fn has_waiting(&self) -> bool {
        self.start < self.ready
    }

    /// Takes the next document that waits.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn next(&mut self) -> Option<Document> {
        if self.start >= self.ready {
            return None;
        }
        let document = self.ahead.take().or_else(|| self.rescan());
        self.start = document.map_or(self.ready, |document| document.place.end());
        document
    }

    /// Lets a document just taken wait again.
    pub(crate) fn put_back(&mut self, document: Document) {
        self.start = document.place.start();
        self.ahead = Some(document);
    }

    /// Scans a waiting document again: its envelope was not kept.
    #[inline(never)]
    fn rescan(&self) -> Option<Document> {
        let waiting = self.store.get(self.start..self.ready)?;
        let mut scanner = Scanner::new(self.scanner.encoding());
        let Ok(Fed::Done(taken)) = scanner.feed(waiting) else {
            return None;
        };
        let envelope = scanner.envelope().ok()?;
        Some(Document::new(self.start, self.start + taken, &envelope))
    }

    /// Returns the name and the data of a document taken since the last message.
    pub(crate) fn parts(&self, document: &Document) -> (&[u8], &[u8]) {
        let bytes = document.place.of(&self.store);
        (document.name.of(bytes), document.data.of(bytes))
    }
}
