//! Events of voice channels and stages.
//!
//! Source: Discord documentation, *Gateway Events*, *Voice* and *Stage Instances*.

use crate::decode::macros::{events, numbers, object};
use crate::decode::{Field, Number, Text};
use crate::model::{Emoji, SecretToken, StageInstance, VoiceState};
use crate::{ChannelId, GuildId, SoundId, UserId};

events! {
    /// VOICE_STATE_UPDATE: somebody joined, moved or left, or is heard otherwise.
    pub struct VoiceStateUpdate<'e>(VoiceState<'e>);

    /// STAGE_INSTANCE_CREATE: a stage began.
    pub struct StageInstanceCreate<'e>(StageInstance<'e>);

    /// STAGE_INSTANCE_UPDATE: a stage was changed.
    pub struct StageInstanceUpdate<'e>(StageInstance<'e>);

    /// STAGE_INSTANCE_DELETE: a stage ended.
    pub struct StageInstanceDelete<'e>(StageInstance<'e>);
}

object! {
    /// VOICE_SERVER_UPDATE: which server the bot's voice goes to.
    event pub struct VoiceServerUpdate<'e> {
        /// What the server asks for.
        token: Option<SecretToken<'e>>,
        /// The guild.
        guild_id: GuildId,
        /// The server; nothing if it was lost and another is being found.
        endpoint: Option<Text<'e>>,
    }
}

object! {
    /// VOICE_CHANNEL_EFFECT_SEND: somebody sent an effect to the voice channel the bot is in.
    event pub struct VoiceChannelEffectSend<'e> {
        /// The channel.
        channel_id: ChannelId,
        /// The guild.
        guild_id: Option<GuildId>,
        /// The user.
        user_id: UserId,
        /// The emoji.
        emoji: Field<Emoji<'e>>,
        /// How it moves.
        animation_type: Field<AnimationType>,
        /// Which of the animations it is.
        animation_id: Option<u32>,
        /// The sound.
        sound_id: Option<SoundId>,
        /// The volume of the sound, from 0 to 1.
        sound_volume: Option<Number<'e>>,
    }
}

object! {
    /// VOICE_CHANNEL_STATUS_UPDATE: what a voice channel shows was changed.
    event pub struct VoiceChannelStatusUpdate<'e> {
        /// The channel.
        id: ChannelId,
        /// The guild.
        guild_id: Option<GuildId>,
        /// The status; null if it was taken away.
        status: Field<Text<'e>>,
    }
}

object! {
    /// VOICE_CHANNEL_START_TIME_UPDATE: a call began or ended in a voice channel.
    event pub struct VoiceChannelStartTimeUpdate {
        /// The channel.
        id: ChannelId,
        /// The guild.
        guild_id: Option<GuildId>,
        /// When the call began, in seconds since the Unix epoch; null if there is none.
        voice_start_time: Field<i64>,
    }
}

numbers! {
    /// How an effect moves.
    pub enum AnimationType {
        /// In a way that is paid for.
        Premium = 0,
        /// As usual.
        Basic = 1,
    }
}
