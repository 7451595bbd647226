//! Messages as they come off the wire, and the backends that inflate them, called directly.

use std::hint::black_box;

use flate2::{Compress, Decompress, FlushCompress, FlushDecompress};
use gatewright_core::Compression;
use gatewright_core::internals::Inflate;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use zlib_rs::InflateFlush;

const WINDOW: usize = 32 * 1024;

/// What becomes of a document.
pub type Take = fn(&[u8]);

/// Checks that a document is UTF-8.
pub fn text(document: &[u8]) {
    black_box(std::str::from_utf8(document).expect("UTF-8"));
}

/// Leaves a document as it is.
pub fn bytes(document: &[u8]) {
    black_box(document);
}

/// Compresses a set as the gateway does: a flush behind each document.
pub fn compress<'d>(
    compression: Compression,
    documents: impl Iterator<Item = &'d [u8]>,
) -> Vec<Vec<u8>> {
    match compression {
        Compression::Zlib => documents
            .map(|whole| deflate(&mut new_compress(), whole, FlushCompress::Finish))
            .collect(),
        Compression::ZstdStream => documents
            .scan(zstd_encoder(), |encoder, whole| Some(zstd_flush(encoder, whole)))
            .collect(),
        _ => documents
            .scan(new_compress(), |stream, whole| Some(deflate(stream, whole, FlushCompress::Sync)))
            .collect(),
    }
}

fn new_compress() -> Compress {
    Compress::new(flate2::Compression::new(6), true)
}

fn deflate(stream: &mut Compress, whole: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut out = Vec::with_capacity(whole.len() + 1024);
    stream.compress_vec(whole, &mut out, flush).expect("room for all of it");
    out
}

fn zstd_encoder() -> zstd::stream::raw::Encoder<'static> {
    let mut encoder = zstd::stream::raw::Encoder::new(6).expect("a context");
    encoder.set_parameter(zstd::stream::raw::CParameter::WindowLog(18)).expect("a window");
    encoder
}

fn zstd_flush(encoder: &mut zstd::stream::raw::Encoder<'static>, whole: &[u8]) -> Vec<u8> {
    use zstd::stream::raw::{InBuffer, Operation, OutBuffer};
    let mut out = vec![0; whole.len() + 1024];
    let mut output = OutBuffer::around(&mut out);
    let mut input = InBuffer::around(whole);
    while input.pos() < whole.len() {
        encoder.run(&mut input, &mut output).expect("room for all of it");
    }
    while encoder.flush(&mut output).expect("room for all of it") > 0 {}
    let written = output.pos();
    out.truncate(written);
    out
}

/// Our decoder, its output in one buffer that slides.
pub fn ours(compression: Compression, messages: &[Vec<u8>], most: usize, take: Take) {
    let mut state = Inflate::new();
    let mut out = vec![0; WINDOW + WINDOW.max(most)];
    let mut end = 0;
    for message in messages {
        if compression == Compression::Zlib {
            state.restart();
            end = 0;
        } else if end + most > out.len() {
            out.copy_within(end - WINDOW..end, 0);
            end = WINDOW;
        }
        let checked = compression == Compression::Zlib;
        let made = state.inflate(message, &mut out, end, checked).expect("a good stream");
        assert_eq!(made.read, message.len());
        take(&out[end..end + made.written]);
        end += made.written;
    }
}

/// zlib-rs itself, into one buffer.
pub fn zlib_rs(compression: Compression, messages: &[Vec<u8>], most: usize, take: Take) {
    let mut state = zlib_rs::Inflate::new(true, 15);
    let mut out = vec![0; most + 1];
    for message in messages {
        if compression == Compression::Zlib {
            state.reset(true);
        }
        let before = state.total_out();
        state.decompress(message, &mut out, InflateFlush::SyncFlush).expect("a good stream");
        let written = (state.total_out() - before) as usize;
        take(&out[..written]);
    }
}

/// `miniz_oxide` in linear mode, its output in one buffer that slides.
pub fn miniz(compression: Compression, messages: &[Vec<u8>], most: usize, take: Take) {
    let mut state = DecompressorOxide::new();
    let mut out = vec![0; WINDOW + WINDOW.max(most)];
    let mut end = 0;
    for message in messages {
        if compression == Compression::Zlib {
            state.init();
            end = 0;
        } else if end + most > out.len() {
            out.copy_within(end - WINDOW..end, 0);
            end = WINDOW;
        }
        let flags = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
            | inflate_flags::TINFL_FLAG_HAS_MORE_INPUT
            | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let stream = compression == Compression::ZlibStream;
        let extra = if stream { inflate_flags::TINFL_FLAG_IGNORE_ADLER32 } else { 0 };
        let (status, read, written) = decompress(&mut state, message, &mut out, end, flags | extra);
        assert!(
            read == message.len()
                && matches!(status, TINFLStatus::NeedsMoreInput | TINFLStatus::Done)
        );
        take(&out[end..end + written]);
        end += written;
    }
}

/// The C library's streaming decoder into one buffer.
pub fn zstd(messages: &[Vec<u8>], most: usize, take: Take) {
    let mut state = zstd_safe::DCtx::create();
    let mut out = vec![0; most + 1];
    for message in messages {
        let mut input = zstd_safe::InBuffer::around(message);
        let mut output = zstd_safe::OutBuffer::around(&mut out[..]);
        while input.pos < message.len() {
            state.decompress_stream(&mut output, &mut input).expect("a good stream");
        }
        take(output.as_slice());
    }
}

/// zlib-rs behind flate2, into one buffer.
pub fn flate2(compression: Compression, messages: &[Vec<u8>], most: usize, take: Take) {
    let mut state = Decompress::new(true);
    let mut out = vec![0; most + 1];
    for message in messages {
        if compression == Compression::Zlib {
            state.reset(true);
        }
        let before = state.total_out();
        state.decompress(message, &mut out, FlushDecompress::Sync).expect("a good stream");
        let written = (state.total_out() - before) as usize;
        take(&out[..written]);
    }
}
