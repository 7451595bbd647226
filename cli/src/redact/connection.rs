//! What came over one connection: inflated as a whole, blanked as a whole, and wrapped again piece by piece.

use std::ops::Range;

use gatewright_core::transcript::Header;
use gatewright_core::{Compression, Encoding};

use super::deflate::{self, Trim};
use super::inflate::{Inflater, Then};
use super::texts::{BLANK, Sessions};
use super::{etf, json};

/// Ends each message of a zlib stream.
///
/// Source: RFC 1951 section 3.2.4, an empty stored block after a sync flush.
const MARKER: u32 = 0x0000_FFFF;

/// A piece of a message.
#[derive(Debug)]
struct Piece {
    /// Which message input of the transcript it is.
    input: usize,
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
    encoding: Encoding,
    compression: Compression,
    limit: u64,
    inflater: Option<Inflater>,
    /// Everything that came, inflated.
    plain: Vec<u8>,
    pieces: Vec<Piece>,
    /// Where messages are that promise to be one document.
    alone: Vec<Range<usize>>,
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
            encoding: header.encoding(),
            compression,
            limit: header.max_inflated(),
            inflater: Inflater::new(compression),
            plain: Vec::new(),
            pieces: Vec::new(),
            alone: Vec::new(),
            message: Message::default(),
            tail: 0,
            dead: false,
        }
    }

    /// Takes a piece of a message.
    pub(super) fn take(&mut self, input: usize, text: bool, part: &[u8], last: bool) {
        if !self.message.begun {
            self.begin(text);
        }
        let start = self.plain.len();
        let form = self.inflate(part);
        self.pieces.push(Piece { input, text: start..self.plain.len(), form });
        self.message.any |= !part.is_empty();
        if last {
            self.end();
        }
    }

    fn begin(&mut self, text: bool) {
        self.dead |= text && self.is_stream();
        let plain = text || self.compression == Compression::None;
        self.message = Message { begun: true, plain, first: true, ..Message::default() };
        self.message.start = self.plain.len();
        if let Some(inflater) = self.inflater.as_mut().filter(|_| !is_stream(self.compression)) {
            inflater.restart(self.plain.len());
        }
    }

    fn end(&mut self) {
        let Message { plain, any, ended, marked_inside, start, .. } = self.message;
        self.dead |= any && !plain && !ended && !self.is_stream();
        self.message.begun = false;
        let marked = self.tail == MARKER && !marked_inside;
        if marked || self.compression == Compression::ZstdStream {
            self.alone.push(start..self.plain.len());
        }
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
                self.plain.extend(part);
                return Form::Plain;
            }
        };
        let before = self.plain.len();
        let most = self.limit.saturating_sub(self.message.inflated);
        let then = inflater.inflate(part, &mut self.plain, most);
        let inflated = u64::try_from(self.plain.len() - before).unwrap_or(u64::MAX);
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

    /// Blanks what came; returns the pieces anew, each with the input it belongs to.
    pub(super) fn blanked(mut self) -> impl Iterator<Item = (usize, Vec<u8>)> {
        match self.encoding {
            Encoding::Json => json::blank(&mut self.plain, &self.alone, Sessions::Renamed),
            _ => etf::blank(&mut self.plain, Sessions::Renamed),
        }
        let Self { plain, pieces, compression, .. } = self;
        let mut wrapper = Wrapper::new(compression);
        pieces.into_iter().map(move |piece| {
            let text = plain.get(piece.text).unwrap_or_default();
            let part = match piece.form {
                Form::Lost(len) => vec![BLANK; len],
                Form::Plain => text.to_vec(),
                Form::Wrapped { trim, first } => {
                    if first && !is_stream(compression) {
                        wrapper = Wrapper::new(compression);
                    }
                    wrapper.wrap(text, trim)
                }
            };
            (piece.input, part)
        })
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
