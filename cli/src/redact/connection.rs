//! What came over one connection: inflated, blanked document by document, and wrapped again piece by piece.

use std::collections::VecDeque;
use std::ops::Range;

use gatewright_core::Compression;
use gatewright_core::transcript::Header;

use super::deflate::{self, Trim};
use super::documents::Documents;
use super::inflate::{Inflater, Then};
use super::texts::BLANK;

/// Ends each message of a zlib stream.
///
/// Source: RFC 1951 section 3.2.4, an empty stored block after a sync flush.
const MARKER: u32 = 0x0000_FFFF;

/// A piece of a message.
#[derive(Debug)]
struct Piece {
    /// Where what it came to stands.
    text: Range<usize>,
    form: Form,
}

/// How a piece is written.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// Of the core's no concern, and so many bytes long.
    Lost(usize),
    /// As it is.
    Plain,
    /// Compressed; `first` begins a stream.
    Wrapped { trim: Trim, first: bool },
}

/// A connection's messages.
#[derive(Debug)]
pub(super) struct Connection {
    compression: Compression,
    limit: u64,
    inflater: Option<Inflater>,
    wrapper: Wrapper,
    documents: Documents,
    /// The pieces that have not gone out yet.
    pieces: VecDeque<Piece>,
    message: Message,
    /// The latest four bytes of the stream.
    tail: u32,
    /// Whether the core has given it up.
    dead: bool,
}

/// The message at hand.
#[derive(Debug, Default)]
struct Message {
    begun: bool,
    /// Whether it is not compressed.
    plain: bool,
    /// Whether any byte of it came.
    any: bool,
    /// Whether its own stream has ended.
    ended: bool,
    /// Whether its own stream is about to begin.
    first: bool,
    /// Whether there was a sync marker before its end.
    marked_inside: bool,
    /// Where its output begins.
    start: usize,
    inflated: u64,
}

impl Connection {
    pub(super) fn new(header: &Header) -> Self {
        let compression = header.compression();
        Self {
            compression,
            limit: header.max_inflated(),
            inflater: Inflater::new(compression),
            wrapper: Wrapper::new(compression),
            documents: Documents::new(header.encoding()),
            pieces: VecDeque::new(),
            message: Message::default(),
            tail: 0,
            dead: false,
        }
    }

    /// Takes a piece of a message.
    pub(super) fn take(&mut self, text: bool, part: &[u8], last: bool) {
        if !self.message.begun {
            self.begin(text);
        }
        let start = self.documents.len();
        let form = self.inflate(part);
        self.pieces.push_back(Piece { text: start..self.documents.len(), form });
        self.message.any |= !part.is_empty();
        if last {
            self.end();
        }
        if self.dead {
            // Nothing comes any more that could end a document.
            self.documents.finish();
        }
    }

    /// Blanks what is left of a document without an end.
    pub(super) fn finish(&mut self) {
        self.documents.finish();
    }

    /// Returns the next piece without texts, if all documents in it came to their end.
    pub(super) fn blanked(&mut self) -> Option<Vec<u8>> {
        let piece = self.pieces.front()?;
        let text = self.documents.piece(&piece.text)?;
        let part = match piece.form {
            Form::Lost(len) => vec![BLANK; len],
            Form::Plain => text.to_vec(),
            Form::Wrapped { trim, first } => {
                if first && !is_stream(self.compression) {
                    self.wrapper = Wrapper::new(self.compression);
                }
                self.wrapper.wrap(text, trim)
            }
        };
        self.documents.forget(piece.text.end);
        self.pieces.pop_front();
        Some(part)
    }

    fn begin(&mut self, text: bool) {
        self.dead |= text && self.is_stream();
        let plain = text || self.compression == Compression::None;
        self.message = Message { begun: true, plain, first: true, ..Message::default() };
        self.message.start = self.documents.len();
        if let Some(inflater) = self.inflater.as_mut().filter(|_| !is_stream(self.compression)) {
            inflater.restart();
        }
    }

    fn end(&mut self) {
        let Message { plain, any, ended, marked_inside, start, .. } = self.message;
        self.dead |= any && !plain && !ended && !self.is_stream();
        self.message.begun = false;
        let marked = self.tail == MARKER && !marked_inside;
        let alone = marked || self.compression == Compression::ZstdStream;
        self.documents.end_message(alone.then_some(start));
    }

    const fn is_stream(&self) -> bool {
        is_stream(self.compression)
    }

    fn inflate(&mut self, part: &[u8]) -> Form {
        let marked_inside = self.watch_markers(part);
        self.message.marked_inside |= marked_inside;
        self.dead |= self.message.ended && !part.is_empty();
        let inflater = match &mut self.inflater {
            _ if self.dead => return Form::Lost(part.len()),
            Some(inflater) if !self.message.plain && !part.is_empty() => inflater,
            _ => {
                self.documents.bytes_mut().extend(part);
                return Form::Plain;
            }
        };
        let before = self.documents.len();
        let most = self.limit.saturating_sub(self.message.inflated);
        let then = inflater.inflate(part, self.documents.bytes_mut(), most);
        let inflated = u64::try_from(self.documents.len() - before).unwrap_or(u64::MAX);
        self.message.inflated = self.message.inflated.saturating_add(inflated);
        let stream = self.is_stream();
        let marked = self.tail == MARKER;
        let mut trim = Trim { marked_inside, marked, ..Trim::default() };
        match then {
            Then::More => {}
            Then::Ended(behind) => {
                trim.ended = Some(behind);
                self.message.ended = true;
                self.dead = stream || behind > 0;
            }
            Then::Broke => {
                trim.broke = true;
                self.dead = true;
            }
            Then::TooLarge => self.dead = true,
        }
        let first = std::mem::take(&mut self.message.first);
        Form::Wrapped { trim, first }
    }

    /// Follows the sync markers of a zlib stream, as the core does; tells whether one is before the piece's end.
    fn watch_markers(&mut self, part: &[u8]) -> bool {
        if self.compression != Compression::ZlibStream {
            return false;
        }
        let mut inside = false;
        for byte in part {
            inside |= self.message.any && self.tail == MARKER;
            self.tail = self.tail << 8 | u32::from(*byte);
            self.message.any = true;
        }
        inside
    }
}

/// Tells whether a connection is one stream.
const fn is_stream(compression: Compression) -> bool {
    matches!(compression, Compression::ZlibStream | Compression::ZstdStream)
}

/// What wraps the pieces of a connection.
#[derive(Debug)]
enum Wrapper {
    Zlib(deflate::Zlib),
    Zstd(deflate::Zstd),
}

impl Wrapper {
    const fn new(compression: Compression) -> Self {
        match compression {
            Compression::ZstdStream => Self::Zstd(deflate::Zstd::new()),
            _ => Self::Zlib(deflate::Zlib::new()),
        }
    }

    fn wrap(&mut self, text: &[u8], trim: Trim) -> Vec<u8> {
        match self {
            Self::Zlib(zlib) => zlib.wrap(text, trim),
            Self::Zstd(zstd) => zstd.wrap(text, trim),
        }
    }
}
