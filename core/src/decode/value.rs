//! Values of any kind: compared across encodings, and shown.

use core::fmt;

use super::cursor::Cursor;
use super::{Key, Kind, Raw};

/// Tells whether two values are the same; an id may be a text in one and an integer in the other.
pub(super) fn equal(left: Cursor<'_>, right: Cursor<'_>) -> bool {
    try_equal(left, right).unwrap_or(false)
}

fn try_equal(mut left: Cursor<'_>, mut right: Cursor<'_>) -> Option<bool> {
    Some(match (left.kind().ok()?, right.kind().ok()?) {
        (Kind::Null, Kind::Null) => true,
        (Kind::Bool, Kind::Bool) => left.bool().ok()? == right.bool().ok()?,
        (Kind::Number, Kind::Number) => left.number().ok()? == right.number().ok()?,
        (Kind::Text, Kind::Text) => left.text().ok()? == right.text().ok()?,
        (Kind::Text, Kind::Number) | (Kind::Number, Kind::Text) => {
            left.snowflake().ok()? == right.snowflake().ok()?
        }
        (Kind::List, Kind::List) => lists(left, right)?,
        (Kind::Object, Kind::Object) => objects(left, right)?,
        _ => false,
    })
}

fn lists(mut left: Cursor<'_>, mut right: Cursor<'_>) -> Option<bool> {
    let (mut lefts, mut rights) = (left.list().ok()?, right.list().ok()?);
    loop {
        match (left.item(&mut lefts).ok()?, right.item(&mut rights).ok()?) {
            (true, true) => {}
            (more, others) => return Some(more == others),
        }
        if !try_equal(left, right)? {
            return Some(false);
        }
        left.skip().ok()?;
        right.skip().ok()?;
    }
}

/// Tells whether two objects have the same members, where the last one of a name counts.
fn objects(left: Cursor<'_>, right: Cursor<'_>) -> Option<bool> {
    let mut here = left;
    let mut members = here.object().ok()?;
    while let Some(key) = here.key(&mut members).ok()? {
        let Some(there) = member(right, &key)? else {
            return Some(false);
        };
        // An earlier member of the same name does not count.
        let counts = member(left, &key)?.is_some_and(|last| last.offset() == here.offset());
        if counts && !try_equal(here, there)? {
            return Some(false);
        }
        here.skip().ok()?;
    }
    has_names_of(left, right)
}

/// Tells whether every name in `right` is one in `left`.
fn has_names_of(left: Cursor<'_>, mut right: Cursor<'_>) -> Option<bool> {
    let mut members = right.object().ok()?;
    while let Some(key) = right.key(&mut members).ok()? {
        if member(left, &key)?.is_none() {
            return Some(false);
        }
        right.skip().ok()?;
    }
    Some(true)
}

/// Finds the last member of a name; the outer nothing is for an object that is not well-formed.
fn member<'e>(mut object: Cursor<'e>, name: &Key<'_>) -> Option<Option<Cursor<'e>>> {
    let mut found = None;
    let mut members = object.object().ok()?;
    while let Some(key) = object.key(&mut members).ok()? {
        if key.same(name) {
            found = Some(object);
        }
        object.skip().ok()?;
    }
    Some(found)
}

/// Shows a value, whatever its encoding.
pub(super) struct Shown<'e>(pub(super) Raw<'e>);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&mut self.0.cursor(), f)
    }
}

/// Shows the next value, and says whether there is a way behind it.
fn show_next(cursor: &mut Cursor<'_>, f: &mut fmt::Formatter<'_>) -> Result<bool, fmt::Error> {
    show(&mut { *cursor }, f)?;
    Ok(cursor.skip().is_ok())
}

fn show(cursor: &mut Cursor<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let shown = match cursor.kind() {
        Ok(Kind::Null) => cursor.null().map(|_| f.write_str("null")),
        Ok(Kind::Bool) => cursor.bool().map(|value| write!(f, "{value}")),
        Ok(Kind::Number) => cursor.number().map(|number| write!(f, "{number}")),
        Ok(Kind::Text) => cursor.text().map(|text| write!(f, "{text:?}")),
        Ok(Kind::List) => return show_list(cursor, f),
        Ok(Kind::Object) => return show_object(cursor, f),
        Err(error) => Err(error),
    };
    shown.unwrap_or_else(|error| write!(f, "<{error}>"))
}

fn show_list(cursor: &mut Cursor<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Ok(mut items) = cursor.list() else {
        return f.write_str("<too deep>");
    };
    f.write_str("[")?;
    let mut between = "";
    while let Ok(true) = cursor.item(&mut items) {
        f.write_str(between)?;
        if !show_next(cursor, f)? {
            break;
        }
        between = ", ";
    }
    f.write_str("]")
}

fn show_object(cursor: &mut Cursor<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Ok(mut members) = cursor.object() else {
        return f.write_str("<too deep>");
    };
    f.write_str("{")?;
    let mut between = "";
    while let Ok(Some(key)) = cursor.key(&mut members) {
        match key.text() {
            Some(text) => write!(f, "{between}{text:?}: ")?,
            None => write!(f, "{between}{key}: ")?,
        }
        if !show_next(cursor, f)? {
            break;
        }
        between = ", ";
    }
    f.write_str("}")
}
