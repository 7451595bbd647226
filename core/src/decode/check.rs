//! The strict check of a whole JSON document.

use super::error::{DecodeError, Expected};
use super::{Cursor, Kind, Number};
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
    value(&mut cursor, |_| true)?;
    cursor.end()
}

/// Tells whether a value holds no number beyond the range of a float.
pub(crate) fn fits_floats(mut cursor: Cursor<'_>) -> bool {
    value(&mut cursor, |number| number.as_f64().is_some()).is_ok()
}

fn value(cursor: &mut Cursor<'_>, fits: fn(Number<'_>) -> bool) -> Result<(), DecodeError> {
    match cursor.kind()? {
        Kind::Bool => cursor.bool().map(drop),
        Kind::Number if fits(cursor.number()?) => Ok(()),
        Kind::Number => Err(cursor.error(Expected::Number)),
        Kind::Text => cursor.text().map(drop),
        Kind::Null if cursor.null()? => Ok(()),
        Kind::Null => Err(cursor.error(Expected::Value)),
        Kind::List => {
            let mut items = cursor.list()?;
            while cursor.item(&mut items)? {
                value(cursor, fits)?;
            }
            Ok(())
        }
        Kind::Object => {
            let mut members = cursor.object()?;
            while cursor.key(&mut members)?.is_some() {
                value(cursor, fits)?;
            }
            Ok(())
        }
    }
}
