//! The sending end: every compression.

use super::*;
use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress, create_comp_flags_from_zip_params,
};

/// The sending end of a zlib stream.
pub(super) struct Deflate(CompressorOxide);

impl Deflate {
    pub(super) fn new() -> Self {
        Self(CompressorOxide::new(create_comp_flags_from_zip_params(6, 15, 0)))
    }

    pub(super) fn flushed(
        &mut self,
        text: &(impl AsRef<[u8]> + ?Sized),
        flush: TDEFLFlush,
    ) -> Vec<u8> {
        let mut input = text.as_ref();
        let (mut out, mut at) = (vec![0; input.len() * 2 + 1_000], 0);
        loop {
            let (status, read, written) = compress(&mut self.0, input, &mut out[at..], flush);
            input = &input[read..];
            at += written;
            let over = status == TDEFLStatus::Done || (input.is_empty() && at < out.len());
            assert!(status == TDEFLStatus::Okay || over, "{status:?}");
            if over {
                out.truncate(at);
                return out;
            }
        }
    }

    /// One message of the stream, with its sync marker.
    pub(super) fn message(&mut self, text: &(impl AsRef<[u8]> + ?Sized)) -> Vec<u8> {
        let bytes = self.flushed(text, TDEFLFlush::Sync);
        assert!(bytes.ends_with(&[0, 0, 0xFF, 0xFF]));
        bytes
    }
}

/// A payload as a zlib stream of its own.
pub(super) fn zlib(text: &(impl AsRef<[u8]> + ?Sized)) -> Vec<u8> {
    Deflate::new().flushed(text, TDEFLFlush::Finish)
}

/// The sending end of a zstd stream.
#[cfg(feature = "zstd")]
pub(super) struct Zstd(zstd_safe::CCtx<'static>);

#[cfg(feature = "zstd")]
impl Zstd {
    /// Begins a stream with a window of that many bytes, as a power of two.
    pub(super) fn with_window(log: u32) -> Self {
        let mut context = zstd_safe::CCtx::create();
        context.set_parameter(zstd_safe::CParameter::WindowLog(log)).unwrap();
        Self(context)
    }

    pub(super) fn new() -> Self {
        Self::with_window(18)
    }

    pub(super) fn message(&mut self, text: impl AsRef<[u8]>) -> Vec<u8> {
        self.ended_with(text, zstd_safe::zstd_sys::ZSTD_EndDirective::ZSTD_e_flush)
    }

    /// The last message of the stream.
    pub(super) fn end(&mut self, text: impl AsRef<[u8]>) -> Vec<u8> {
        self.ended_with(text, zstd_safe::zstd_sys::ZSTD_EndDirective::ZSTD_e_end)
    }

    fn ended_with(
        &mut self,
        text: impl AsRef<[u8]>,
        end: zstd_safe::zstd_sys::ZSTD_EndDirective,
    ) -> Vec<u8> {
        let text = text.as_ref();
        let mut bytes = vec![0; zstd_safe::compress_bound(text.len()) + 1_000];
        let mut out = zstd_safe::OutBuffer::around(&mut bytes[..]);
        let mut input = zstd_safe::InBuffer::around(text);
        assert_eq!(self.0.compress_stream2(&mut out, &mut input, end), Ok(0));
        let len = out.pos();
        bytes.truncate(len);
        bytes
    }
}

#[cfg(not(feature = "zstd"))]
struct Zstd;

#[cfg(not(feature = "zstd"))]
#[expect(clippy::needless_pass_by_ref_mut, reason = "the signatures of the other one")]
impl Zstd {
    fn new() -> Self {
        Self
    }

    fn message(&mut self, _: &[u8]) -> Vec<u8> {
        panic!("zstd is not built in")
    }
}

/// Every compression there is a decoder for.
pub(super) fn available() -> impl Iterator<Item = Compression> {
    Compression::ALL.into_iter().filter(|compression| compression.is_available())
}

/// A connection's sending end, in any compression.
pub(super) struct Wire {
    compression: Compression,
    deflate: Deflate,
    zstd: Zstd,
}

impl Wire {
    pub(super) fn new(compression: Compression) -> Self {
        Self { compression, deflate: Deflate::new(), zstd: Zstd::new() }
    }

    /// One message as it goes over the wire.
    pub(super) fn message(&mut self, document: &[u8]) -> Vec<u8> {
        match self.compression {
            Compression::None => document.to_vec(),
            Compression::Zlib => zlib(document),
            Compression::ZlibStream => self.deflate.message(document),
            Compression::ZstdStream => self.zstd.message(document),
        }
    }

    pub(super) fn say(&mut self, rig: &mut Rig, document: impl AsRef<[u8]>) -> Vec<String> {
        let bytes = self.message(document.as_ref());
        match core::str::from_utf8(&bytes) {
            Ok(text) if self.compression == Compression::None => rig.say(text),
            _ => rig.say_bytes(&bytes),
        }
    }
}
