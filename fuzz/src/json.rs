//! Any bytes as JSON.

use gatewright_core::Encoding;
use gatewright_core::decode::{Cursor, check};

use crate::walk::{self, end_of, walk};

/// Any bytes are read as JSON, in every way, without a panic.
///
/// The first byte names the kind of dispatch that the rest is decoded as. Reading fails within the bytes;
/// what can be read to its end can be skipped, shown, compared with itself and written on, and
/// [`check`] accepts exactly what can be read and has nothing behind it.
pub fn json(data: &[u8]) {
    let Some((kind, document)) = data.split_first() else {
        return;
    };
    let checked = check(document);
    if let Err(error) = &checked {
        assert!(usize::try_from(error.offset()).is_ok_and(|at| at <= document.len()), "{error}");
    }
    walk::events(*kind, Encoding::Json, document);
    let utf8 = std::str::from_utf8(document);
    let cursor = match (Cursor::new(Encoding::Json, document), utf8) {
        (Ok(cursor), Ok(_)) => cursor,
        (Err(error), Err(utf8)) => {
            assert_eq!(usize::try_from(error.offset()).ok(), Some(utf8.valid_up_to()));
            return assert_eq!(checked, Err(error));
        }
        (cursor, utf8) => panic!("{cursor:?} {utf8:?}"),
    };
    walk::laws(cursor, document);
    let whole = end_of(cursor, |cursor| walk(cursor).and_then(|()| cursor.end()));
    assert_eq!(checked, whole.map(drop), "a check is a walk");
}
