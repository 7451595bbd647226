//! The strict check of a whole JSON document.

use super::error::{DecodeError, Expected};
use super::{Cursor, Kind};
use crate::Encoding;

/// Checks that `bytes` are one JSON value, in all of RFC 8259, at most [`MAX_DEPTH`](super::MAX_DEPTH) levels deep.
///
/// Surrogates without their other half are taken, as the RFC's grammar does; so are numbers beyond the
/// range of a float.
///
/// # Errors
/// [`DecodeError`] tells the offset of what is wrong, and what was expected there.
pub fn check(bytes: &[u8]) -> Result<(), DecodeError> {
    let mut cursor = Cursor::new(Encoding::Json, bytes)?;
    value(&mut cursor)?;
    cursor.end()
}

fn value(cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
    match cursor.kind()? {
        Kind::Bool => cursor.bool().map(drop),
        Kind::Number => cursor.number().map(drop),
        Kind::Text => cursor.text().map(drop),
        Kind::Null if cursor.null()? => Ok(()),
        Kind::Null => Err(cursor.error(Expected::Value)),
        Kind::List => {
            let mut items = cursor.list()?;
            while cursor.item(&mut items)? {
                value(cursor)?;
            }
            Ok(())
        }
        Kind::Object => {
            let mut members = cursor.object()?;
            while cursor.key(&mut members)?.is_some() {
                value(cursor)?;
            }
            Ok(())
        }
    }
}
