//! What is read of payloads: few fields, and each by itself, so that a fault in another costs nothing.
#![expect(unreachable_pub, reason = "what the macro makes is public")]

use crate::decode::macros::object;
use crate::decode::{Seq, Text};
use crate::{GuildId, UserId};

object! {
    /// GUILD_MEMBERS_CHUNK.
    lenient pub struct Chunk<'e> {
        guild_id: GuildId,
        chunk_index: Option<u32>,
        chunk_count: Option<u32>,
        not_found: Seq<'e, UserId>,
        nonce: Option<Text<'e>>,
    }
}

object! {
    /// GUILD_CREATE.
    lenient pub struct Created<'e> {
        id: GuildId,
        unavailable: Option<bool>,
        large: Option<bool>,
        member_count: Option<u64>,
        members: Seq<'e, UserId>,
    }
}

object! {
    /// GUILD_DELETE.
    lenient pub struct Deleted {
        id: GuildId,
        unavailable: Option<bool>,
    }
}

impl Created<'_> {
    /// Tells whether it lists fewer members than the guild has, or may do so.
    pub(super) fn is_short(&self) -> bool {
        let listed = u64::try_from(self.members.count()).unwrap_or(u64::MAX);
        self.member_count.is_none_or(|count| listed < count)
    }
}
