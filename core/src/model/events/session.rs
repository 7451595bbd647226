//! Events of the session itself.
//!
//! Source: Discord documentation, *Gateway Events*.

use crate::decode::macros::{events, object};
use crate::decode::{Number, Seq, Text};
use crate::model::{OwnUser, ReadyApplication, SessionId, UnavailableGuild};
use crate::{GuildId, ShardId};

object! {
    /// READY: a session began.
    event pub struct Ready<'e> {
        /// The version of the API.
        v: Option<u32>,
        /// The bot's own user.
        user: OwnUser<'e>,
        /// The guilds of this shard, none of which is available yet.
        guilds: Seq<'e, UnavailableGuild>,
        /// The id to resume the session with.
        session_id: Option<SessionId<'e>>,
        /// Where to resume the session.
        resume_gateway_url: Option<Text<'e>>,
        /// Which shard it is, if Identify told.
        shard: Option<ShardId>,
        /// The application.
        application: Option<ReadyApplication>,
    }
}

object! {
    /// RESUMED: everything that was missed was told.
    event pub struct Resumed<'e> {
        /// Which servers took part, for the service's own people.
        trace: Seq<'e, Text<'e>> = "_trace",
    }
}

object! {
    /// RATE_LIMITED: a request was refused.
    event pub struct RateLimited<'e> {
        /// The opcode of the request.
        opcode: Option<u8>,
        /// How long to wait, in seconds.
        retry_after: Option<Number<'e>>,
        /// Which request it was.
        meta: Option<RateLimitMeta<'e>>,
    }
}

object! {
    /// Which request for members was refused.
    pub struct RateLimitMeta<'e> {
        /// The guild.
        guild_id: Option<GuildId>,
        /// The nonce of the request.
        nonce: Option<Text<'e>>,
    }
}

events! {
    /// USER_UPDATE: the bot's own user was changed.
    pub struct UserUpdate<'e>(OwnUser<'e>);
}
