//! Any bytes on a connection with `zstd-stream`.

use gatewright_core::Compression;

/// Any bytes on a connection with `zstd-stream` do no harm: as [`inflate`](crate::inflate()), whose first byte
/// chooses the same but for the compression.
pub fn zstd(data: &[u8]) {
    crate::inflate::harmless(data, Compression::ZstdStream);
}
