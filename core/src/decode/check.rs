//! The strict check of a whole JSON document.

use super::error::{DecodeError, Expected};
use super::{Cursor, Key, Kind, Members, Number};
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

/// Tells whether a JSON value can be said in ETF as Discord reads it: no key twice, no surrogate alone, no
/// integer beyond 64 bits and no number beyond the range of a float.
pub(crate) fn has_a_term(mut value: Cursor<'_>) -> bool {
    try_has_a_term(&mut value).unwrap_or(false)
}

fn try_has_a_term(cursor: &mut Cursor<'_>) -> Result<bool, DecodeError> {
    Ok(match cursor.kind()? {
        Kind::Number => is_sayable(&cursor.number()?),
        Kind::Text => cursor.text()?.lone_surrogates() == 0,
        Kind::Bool | Kind::Null => cursor.skip().map(|()| true)?,
        Kind::List => {
            let mut items = cursor.list()?;
            while cursor.item(&mut items)? {
                if !try_has_a_term(cursor)? {
                    return Ok(false);
                }
            }
            true
        }
        Kind::Object => {
            let mut members = cursor.object()?;
            while let Some(key) = cursor.key(&mut members)? {
                let name = key.text().unwrap_or_default();
                let again = comes_again(*cursor, members, &key)?;
                if again || name.lone_surrogates() > 0 || !try_has_a_term(cursor)? {
                    return Ok(false);
                }
            }
            true
        }
    })
}

/// Tells whether a key stands again behind the value at hand.
fn comes_again(
    mut cursor: Cursor<'_>,
    mut members: Members,
    name: &Key<'_>,
) -> Result<bool, DecodeError> {
    cursor.skip()?;
    while let Some(key) = cursor.key(&mut members)? {
        if key.same(name) {
            return Ok(true);
        }
        cursor.skip()?;
    }
    Ok(false)
}

fn is_sayable(number: &Number<'_>) -> bool {
    let integer = number.as_u64().is_some() || number.as_i64().is_some();
    integer || (number.as_f64().is_some() && !number.is_integer())
}
