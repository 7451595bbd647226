//! What the gateway answers to requests for all members of a guild, which it may turn down.
//!
//! Source: Discord documentation, *Gateway Events: Rate Limited*.

use core::time::Duration;

use super::Shard;
use crate::decode::{Cursor, DecodeError};
use crate::inbox::Document;
use crate::model::{GuildMembersChunk, RateLimited};
use crate::{EventKind, GuildId};

/// The opcode of requests for members.
const REQUEST_GUILD_MEMBERS: u8 = 8;

/// An answer.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Chunk(GuildId),
    TurnedDown { guild: GuildId, retry_after: Duration },
}

impl Shard<'_> {
    /// Looks for an answer in the dispatch that is announced.
    pub(super) fn heed_answer(&mut self, document: &Document) {
        match self.answer(document) {
            Ok(Some(Answer::Chunk(guild))) => self.outbox.settle(|asked| asked == guild),
            Ok(Some(Answer::TurnedDown { guild, retry_after })) => {
                self.counters.rate_limited = self.counters.rate_limited.saturating_add(1);
                self.throttle.pause_members(self.now, guild, retry_after);
                self.outbox.turned_down(guild);
            }
            // What does not decode is the consumer's to hear of.
            Ok(None) | Err(_) => {}
        }
    }

    fn answer(&self, document: &Document) -> Result<Option<Answer>, DecodeError> {
        let (_, data) = self.inbox.parts(document);
        let mut cursor = Cursor::trusted(self.config.encoding, data);
        if document.kind == EventKind::RateLimited {
            return Ok(turned_down(&cursor.decode()?));
        }
        if document.kind != EventKind::GuildMembersChunk || !self.outbox.awaits() {
            return Ok(None);
        }
        let chunk: GuildMembersChunk<'_> = cursor.decode()?;
        Ok(Some(Answer::Chunk(chunk.guild_id)))
    }
}

fn turned_down(limited: &RateLimited<'_>) -> Option<Answer> {
    let guild = limited.meta?.guild_id?;
    let seconds = limited.retry_after?.as_f64()?;
    let retry_after = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
    let of_members = limited.opcode == Some(REQUEST_GUILD_MEMBERS);
    of_members.then_some(Answer::TurnedDown { guild, retry_after })
}
