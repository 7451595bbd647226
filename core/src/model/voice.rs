//! Voice states.
//!
//! Source: Discord documentation, *Voice Resource*.

use crate::decode::macros::object;
use crate::decode::{Field, Lazy, Text, Timestamp};
use crate::model::Member;
use crate::{ChannelId, GuildId, UserId};

object! {
    /// Where a user is in voice, and how.
    pub struct VoiceState<'e> {
        /// The guild; absent where it stands around the state.
        guild_id: Option<GuildId>,
        /// The channel; null if the user left.
        channel_id: Field<ChannelId>,
        /// The user.
        user_id: UserId,
        /// The member.
        member: Option<Lazy<'e, Member<'e>>>,
        /// The id of the voice session.
        session_id: Option<Text<'e>>,
        /// Whether the guild deafened the user.
        deaf: Option<bool>,
        /// Whether the guild muted the user.
        mute: Option<bool>,
        /// Whether the user does not listen.
        self_deaf: Option<bool>,
        /// Whether the user is silent.
        self_mute: Option<bool>,
        /// Whether the user shares a screen.
        self_stream: Option<bool>,
        /// Whether the camera is on.
        self_video: Option<bool>,
        /// Whether the user may not speak on the stage.
        suppress: Option<bool>,
        /// Since when the user asks to speak.
        request_to_speak_timestamp: Field<Timestamp<'e>>,
    }
}
