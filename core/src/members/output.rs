//! What is wanted and told, and why a request was not taken or came to nothing.

use core::fmt;

use crate::{Command, CommandError, Fate, GuildId, Instant};

/// The number of a request for members, counted for each [`MemberRequests`](super::MemberRequests).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberRequestId(pub u32);

/// What [`MemberRequests`](super::MemberRequests) want and tell.
#[derive(Clone, Copy, Debug)]
pub enum MembersOutput<'r> {
    /// All chunks of an answer have come.
    Complete {
        /// The request.
        request: MemberRequestId,
        /// The guild.
        guild: GuildId,
        /// How many chunks there were.
        count: u32,
        /// How many of the users it named are no members, as the chunks said.
        not_found: u32,
    },
    /// A request came to nothing, or not to all of its answer.
    Failed {
        /// The request.
        request: MemberRequestId,
        /// The guild.
        guild: GuildId,
        /// Why.
        failure: MembersFailure,
        /// How many chunks of the last answer came all the same.
        received: u32,
    },
    /// A chunk came whose numbers cannot be right: it counts for nothing.
    Odd {
        /// The request.
        request: MemberRequestId,
        /// The guild.
        guild: GuildId,
        /// Which chunk it said it was.
        index: Option<u32>,
        /// How many it said there are; other chunks of this answer said something else, or it is not even one.
        count: Option<u32>,
    },
    /// A guild found no place in the line of those that are chunked, and is left at what GUILD_CREATE listed.
    ///
    /// [`ask`](super::MemberRequests::ask) for its members later.
    Overflow {
        /// The guild, or the latest one.
        guild: GuildId,
        /// How many others found none since the last output; there are none if each event is followed by outputs.
        more: u32,
    },
    /// A chunk came that did not come before; its members are in the event that was heard.
    Progress {
        /// The request.
        request: MemberRequestId,
        /// The guild.
        guild: GuildId,
        /// Which chunk, from 0; the latest one if there were several since the last output.
        index: u32,
        /// How many there are.
        count: u32,
        /// How many have come.
        received: u32,
    },
    /// Give this to the shard, then call [`queued`](super::MemberRequests::queued) before the next event is heard.
    Send {
        /// The request.
        request: MemberRequestId,
        /// What the shard is to send.
        command: Command<'r>,
    },
    /// Nothing until then, or the next event; [`Instant::MAX`] if there is nothing to wait for.
    Wait(Instant),
}

/// Why a request for members came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MembersFailure {
    /// The bot is no longer in the guild.
    GuildGone,
    /// No more chunks came in time, or one came that is too far ahead of one that is missing.
    Incomplete,
    /// No chunk came in time, as for a guild the shard does not know.
    NoAnswer,
    /// The shard is over.
    Over,
    /// The gateway turned it down too often.
    RateLimited,
    /// The shard refused the command.
    Refused(CommandError),
    /// The session it was sent in is lost: too often, or a guild that is chunked by itself is so once more with its
    /// next GUILD_CREATE.
    SessionLost,
    /// A chunk may be missing that did not fit into the payload buffer of the shard.
    Skipped,
    /// The shard did not send the command.
    Unsent(Fate),
}

impl fmt::Display for MembersFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GuildGone => f.write_str("the bot is no longer in the guild"),
            Self::Incomplete => f.write_str("some chunks came, and no more"),
            Self::NoAnswer => f.write_str("no chunk came in time"),
            Self::Over => f.write_str("the shard is over"),
            Self::RateLimited => f.write_str("the gateway turned the request down too often"),
            Self::Refused(error) => write!(f, "the shard refused the command: {error}"),
            Self::SessionLost => f.write_str("the session is lost"),
            Self::Skipped => f.write_str("a chunk did not fit into the payload buffer"),
            Self::Unsent(fate) => write!(f, "the shard did not send the command: {fate:?}"),
        }
    }
}

impl core::error::Error for MembersFailure {}

/// Why a request for members was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AskError {
    /// There is no place for one more request.
    Full,
    /// The shard would refuse the command.
    Invalid(CommandError),
    /// The prefix is longer than any name: over 128 bytes.
    PrefixTooLong,
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("no place for one more request for members"),
            Self::Invalid(error) => error.fmt(f),
            Self::PrefixTooLong => f.write_str("expected a prefix of at most 128 bytes"),
        }
    }
}

impl core::error::Error for AskError {}
