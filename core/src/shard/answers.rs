//! What the gateway answers to requests for all members of a guild, which it may turn down.
//!
//! Source: Discord documentation, *Gateway Events: Rate Limited*.

use core::time::Duration;

use super::Shard;
use crate::decode::{Cursor, DecodeError, Number, Text, find, member};
use crate::inbox::Document;
use crate::{EventKind, GuildId};

/// The opcode of requests for members.
const REQUEST_GUILD_MEMBERS: u8 = 8;

impl Shard<'_> {
    /// Looks for an answer in the dispatch that is announced.
    ///
    /// What does not decode is the consumer's to hear of.
    pub(super) fn heed_answer(&mut self, document: &Document) {
        if document.kind == EventKind::RateLimited {
            self.heed_refusal(document);
        } else if document.kind == EventKind::GuildMembersChunk && self.outbox.awaits() {
            self.heed_chunk(document);
        }
    }

    #[inline(never)]
    fn heed_refusal(&mut self, document: &Document) {
        let (_, data) = self.inbox.parts(document);
        let data = Cursor::trusted(self.config.encoding, data);
        if let Ok(Some(refused)) = Refused::read(data) {
            self.counters.rate_limited = self.counters.rate_limited.saturating_add(1);
            self.throttle.pause_members(self.now, refused.guild, refused.retry_after);
            self.outbox.turned_down(|request| request.is(refused.guild, refused.nonce));
        }
    }

    #[inline(never)]
    fn heed_chunk(&mut self, document: &Document) {
        let (_, data) = self.inbox.parts(document);
        let data = Cursor::trusted(self.config.encoding, data);
        if let Ok(Some(guild)) = member(data, "guild_id")
            && let Ok(nonce) = member(data, "nonce")
        {
            self.outbox.settle(|request| request.is(guild, nonce));
        }
    }
}

/// A request for members that was turned down.
struct Refused<'e> {
    guild: GuildId,
    nonce: Option<Text<'e>>,
    retry_after: Duration,
}

impl<'e> Refused<'e> {
    fn read(data: Cursor<'e>) -> Result<Option<Self>, DecodeError> {
        let of_members = member(data, "opcode")? == Some(REQUEST_GUILD_MEMBERS);
        let retry_after = member::<Number<'_>>(data, "retry_after")?;
        let (Some(meta), Some(retry_after), true) = (find(data, "meta")?, retry_after, of_members)
        else {
            return Ok(None);
        };
        let (guild, nonce) = (member(meta, "guild_id")?, member(meta, "nonce")?);
        let refused = |guild| Self { guild, nonce, retry_after: retry_after.as_seconds() };
        Ok(guild.map(refused))
    }
}
