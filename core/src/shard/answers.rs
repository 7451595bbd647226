//! What the gateway answers to requests for all members of a guild, which it may turn down.
//!
//! Source: Discord documentation, *Gateway Events: Rate Limited*.

use core::time::Duration;

use super::Shard;
use crate::decode::{Cursor, Text};
use crate::inbox::Document;
use crate::model::{GuildMembersChunk, RateLimited};
use crate::{EventKind, GuildId};

/// The opcode of requests for members.
const REQUEST_GUILD_MEMBERS: u8 = 8;

impl Shard<'_> {
    /// Looks for an answer in the dispatch that is announced.
    ///
    /// What does not decode is the consumer's to hear of.
    pub(super) fn heed_answer(&mut self, document: &Document) {
        match document.kind {
            EventKind::RateLimited => self.heed_refusal(document),
            EventKind::GuildMembersChunk if self.outbox.awaits() => self.heed_chunk(document),
            _ => {}
        }
    }

    #[inline(never)]
    fn heed_refusal(&mut self, document: &Document) {
        let (_, data) = self.inbox.parts(document);
        let mut cursor = Cursor::trusted(self.config.encoding, data);
        if let Some(refused) = cursor.decode().ok().as_ref().and_then(Refused::of) {
            self.counters.rate_limited = self.counters.rate_limited.saturating_add(1);
            self.throttle.pause_members(self.now, refused.guild, refused.retry_after);
            self.outbox.turned_down(|request| request.is(refused.guild, refused.nonce));
        }
    }

    #[inline(never)]
    fn heed_chunk(&mut self, document: &Document) {
        let (_, data) = self.inbox.parts(document);
        let mut cursor = Cursor::trusted(self.config.encoding, data);
        if let Ok(chunk) = cursor.decode::<GuildMembersChunk<'_>>() {
            self.outbox.settle(|request| request.is(chunk.guild_id, chunk.nonce));
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
    fn of(limited: &RateLimited<'e>) -> Option<Self> {
        let meta = limited.meta.filter(|_| limited.opcode == Some(REQUEST_GUILD_MEMBERS))?;
        let retry_after = limited.retry_after?.as_seconds();
        Some(Self { guild: meta.guild_id?, nonce: meta.nonce, retry_after })
    }
}
