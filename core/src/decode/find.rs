//! Single members of an object, where a type of its own would be more code than what it is for.

use super::{Cursor, Decode, DecodeError};

/// Returns a cursor before the value of the member called `name`: of several the last, as in all types.
pub(crate) fn find<'e>(
    mut object: Cursor<'e>,
    name: &str,
) -> Result<Option<Cursor<'e>>, DecodeError> {
    let (mut members, mut found) = (object.object()?, None);
    while let Some(key) = object.key(&mut members)? {
        if key.is(name) {
            found = Some(object);
        }
        object.skip()?;
    }
    Ok(found)
}

/// Decodes the member called `name`, if there is one and it is not null.
pub(crate) fn member<'e, T: Decode<'e>>(
    object: Cursor<'e>,
    name: &str,
) -> Result<Option<T>, DecodeError> {
    match find(object, name)? {
        Some(mut value) => value.decode(),
        None => Ok(None),
    }
}
