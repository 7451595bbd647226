//! What READY tells of the application, and which shard it is.
//!
//! Source: Discord documentation, *Gateway Events*, *Ready*.

use crate::decode::macros::object;
use crate::decode::{Cursor, Decode, DecodeError};
use crate::model::{ApplicationFlags, pair};
use crate::{ApplicationId, ShardId};

object! {
    /// What READY tells of the application.
    pub struct ReadyApplication {
        /// The id.
        id: ApplicationId,
        /// The flags.
        flags: Option<ApplicationFlags>,
    }
}

impl Decode<'_> for ShardId {
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        pair(cursor).map(|(id, count)| Self { id, count })
    }
}
