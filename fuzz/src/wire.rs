//! The sending end of a connection: documents in an encoding, packed by a compression.

use flate2::{Compress, FlushCompress};
use gatewright_core::{Compression, Encoding};
use gatewright_sim::{Dialect, to_etf};
use zstd::stream::raw::{Encoder, Operation as _, OutBuffer};

/// Writes a JSON text as a document of an encoding.
pub(crate) fn document(encoding: Encoding, json: &str) -> Vec<u8> {
    match encoding {
        Encoding::Json => json.as_bytes().to_vec(),
        _ => to_etf(json, Dialect::Old),
    }
}

/// What packs the documents of a connection.
pub(crate) enum Wire {
    Plain,
    Zlib { level: u32 },
    ZlibStream(Box<Compress>),
    ZstdStream(Encoder<'static>),
}

impl Wire {
    pub(crate) fn new(compression: Compression, level: u32) -> Self {
        match compression {
            Compression::None => Self::Plain,
            Compression::Zlib => Self::Zlib { level },
            Compression::ZlibStream => Self::ZlibStream(Box::new(deflate(level))),
            _ => Self::ZstdStream(zstd(level)),
        }
    }

    /// Packs a document as a message, or as what a message may be cut from.
    pub(crate) fn pack(&mut self, document: &[u8]) -> Vec<u8> {
        match self {
            Self::Plain => document.to_vec(),
            Self::Zlib { level } => flushed(&mut deflate(*level), document, FlushCompress::Finish),
            Self::ZlibStream(deflate) => flushed(deflate, document, FlushCompress::Sync),
            Self::ZstdStream(encoder) => flushed_frame(encoder, document),
        }
    }

    /// Packs a part of a zlib stream.
    pub(crate) fn pack_flushed(&mut self, part: &[u8], flush: FlushCompress) -> Vec<u8> {
        match self {
            Self::ZlibStream(deflate) => flushed(deflate, part, flush),
            _ => panic!("only zlib streams are flushed as one likes"),
        }
    }
}

fn deflate(level: u32) -> Compress {
    Compress::new(flate2::Compression::new(level), true)
}

fn flushed(deflate: &mut Compress, document: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut out = Vec::with_capacity(document.len() + document.len() / 8 + 256);
    let before = deflate.total_in();
    deflate.compress_vec(document, &mut out, flush).expect("deflate takes any bytes");
    let taken = usize::try_from(deflate.total_in() - before);
    assert!(taken == Ok(document.len()) && out.len() < out.capacity(), "there was room for it");
    out
}

fn zstd(level: u32) -> Encoder<'static> {
    let level = i32::try_from(level).unwrap_or(0);
    Encoder::new(level).expect("any level is taken")
}

fn flushed_frame(encoder: &mut Encoder<'_>, document: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; document.len() + document.len() / 8 + 1_024];
    let mut out = OutBuffer::around(&mut bytes[..]);
    let mut input = zstd::stream::raw::InBuffer::around(document);
    while input.pos < document.len() {
        encoder.run(&mut input, &mut out).expect("zstd takes any bytes");
    }
    let left = encoder.flush(&mut out).expect("zstd flushes at any time");
    assert_eq!(left, 0, "there was room for it");
    let len = out.pos();
    bytes.truncate(len);
    bytes
}
