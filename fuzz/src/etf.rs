//! Any bytes as ETF.

use gatewright_core::Encoding;
use gatewright_core::decode::Cursor;

use crate::walk;

/// Any bytes are read as ETF, in every way, without a panic.
///
/// The first byte names the kind of dispatch that the rest is decoded as; the rest is a term without the
/// version byte. The laws are those of [`json`](crate::json()), but for the check, which ETF has none of.
pub fn etf(data: &[u8]) {
    let Some((kind, term)) = data.split_first() else {
        return;
    };
    walk::events(*kind, Encoding::Etf, term);
    let cursor = Cursor::new(Encoding::Etf, term).expect("any bytes may be looked at as ETF");
    walk::laws(cursor, term);
    assert_eq!(Cursor::etf(term).is_ok(), term.first() == Some(&131));
}
