//! Compressed terms, which the format allows and Discord does not send.

use super::error::{DecodeError, Expected};
use crate::inflate::{Inflater, Progress, Then};
use crate::{Zlib, term};

/// The version byte, the tag and the size.
const HEAD: usize = 6;

/// Inflates an ETF document that is a compressed term, and lends the term without the version byte.
///
/// A shard does not: it takes such a document for a broken one.
///
/// ```
/// use gatewright_core::decode::{Cursor, uncompress};
/// use gatewright_core::{Encoding, Zlib};
///
/// let document = b"\x83P\0\0\0\x02\x78\x01\x01\x02\0\xfd\xff\x61\x05\0\xc9\0\x67";
/// let mut out = [0; 16];
/// let term = uncompress(document, &mut Zlib::new(), &mut out)?;
/// assert_eq!(Cursor::new(Encoding::Etf, term)?.u64(), Ok(5));
/// # Ok::<(), gatewright_core::decode::DecodeError>(())
/// ```
///
/// # Errors
/// [`Expected::Room`] if the term does not fit into `out`, [`Expected::Value`] if the document is no compressed
/// term or what it holds is corrupt or not of the size it says.
pub fn uncompress<'b>(
    document: &[u8],
    state: &mut Zlib,
    out: &'b mut [u8],
) -> Result<&'b [u8], DecodeError> {
    let broken = DecodeError::at(0, Expected::Value);
    let (head, stream) = document.split_first_chunk::<HEAD>().ok_or(broken)?;
    let [term::VERSION, term::COMPRESSED, size @ ..] = *head else {
        return Err(broken);
    };
    let size = usize::try_from(u32::from_be_bytes(size)).map_err(|_| broken)?;
    let room = out.get_mut(..size).ok_or(DecodeError::at(2, Expected::Room))?;
    let mut inflater = Inflater::zlib(state);
    inflater.restart();
    match inflater.inflate(stream, room, 0) {
        Ok(Progress { read, written, then: Then::Ended })
            if written == size && read == stream.len() =>
        {
            Ok(room)
        }
        _ => Err(broken),
    }
}
