//! What dispatches hold: typed, borrowed, decoded on demand.
//!
//! Every type here borrows from the document and is small to copy. A field without `Option`, [`Field`], [`Seq`] or
//! [`IdMap`] must be there, and those are few: what identifies the object. All else may be absent, since
//! the service leaves fields out where its documentation does not say so.
//!
//! Source: Discord documentation, *Gateway Events* and *Resources*.

mod user;

pub use user::{User, UserFlags};

#[expect(unused_imports, reason = "for the documentation")]
use crate::decode::{Field, IdMap, Seq};
