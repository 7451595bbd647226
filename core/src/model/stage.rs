//! Stages.
//!
//! Source: Discord documentation, *Stage Instance Resource*.

use crate::decode::Text;
use crate::decode::macros::{numbers, object};
use crate::{ChannelId, GuildId, ScheduledEventId, StageInstanceId};

object! {
    /// A stage that is going on.
    pub struct StageInstance<'e> {
        /// The id.
        id: StageInstanceId,
        /// The guild.
        guild_id: Option<GuildId>,
        /// The channel.
        channel_id: Option<ChannelId>,
        /// The topic.
        topic: Option<Text<'e>>,
        /// Who sees it.
        privacy_level: Option<PrivacyLevel>,
        /// Whether it is not in the discovery, which is not used any more.
        discoverable_disabled: Option<bool>,
        /// The scheduled event it belongs to.
        guild_scheduled_event_id: Option<ScheduledEventId>,
    }
}

numbers! {
    /// Who sees a stage or scheduled event.
    pub enum PrivacyLevel {
        /// Everybody, which is not used any more.
        Public = 1,
        /// The guild.
        GuildOnly = 2,
    }
}
