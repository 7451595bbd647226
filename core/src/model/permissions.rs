//! Permissions.
//!
//! Source: Discord documentation, *Permissions*.

use crate::decode::macros::bits;

bits! {
    /// What members may do.
    pub struct Permissions {
        /// May create invites.
        const CREATE_INSTANT_INVITE = 1 << 0;
        /// May kick members.
        const KICK_MEMBERS = 1 << 1;
        /// May ban members.
        const BAN_MEMBERS = 1 << 2;
        /// May do everything, whatever a channel says.
        const ADMINISTRATOR = 1 << 3;
        /// May change channels.
        const MANAGE_CHANNELS = 1 << 4;
        /// May change the guild.
        const MANAGE_GUILD = 1 << 5;
        /// May add new reactions.
        const ADD_REACTIONS = 1 << 6;
        /// May read the audit log.
        const VIEW_AUDIT_LOG = 1 << 7;
        /// May be louder than others in voice channels.
        const PRIORITY_SPEAKER = 1 << 8;
        /// May share video.
        const STREAM = 1 << 9;
        /// May see a channel, and read or join it.
        const VIEW_CHANNEL = 1 << 10;
        /// May send messages, and start posts in forums.
        const SEND_MESSAGES = 1 << 11;
        /// May send messages that are read aloud.
        const SEND_TTS_MESSAGES = 1 << 12;
        /// May delete messages of others.
        const MANAGE_MESSAGES = 1 << 13;
        /// May send links that unfold.
        const EMBED_LINKS = 1 << 14;
        /// May send files.
        const ATTACH_FILES = 1 << 15;
        /// May read older messages.
        const READ_MESSAGE_HISTORY = 1 << 16;
        /// May mention everyone, and any role.
        const MENTION_EVERYONE = 1 << 17;
        /// May use emojis of other guilds.
        const USE_EXTERNAL_EMOJIS = 1 << 18;
        /// May see the guild's statistics.
        const VIEW_GUILD_INSIGHTS = 1 << 19;
        /// May join a voice channel.
        const CONNECT = 1 << 20;
        /// May speak in a voice channel.
        const SPEAK = 1 << 21;
        /// May mute members in voice channels.
        const MUTE_MEMBERS = 1 << 22;
        /// May deafen members in voice channels.
        const DEAFEN_MEMBERS = 1 << 23;
        /// May move members between voice channels.
        const MOVE_MEMBERS = 1 << 24;
        /// May speak without pressing a key.
        const USE_VAD = 1 << 25;
        /// May change the own nickname.
        const CHANGE_NICKNAME = 1 << 26;
        /// May change the nicknames of others.
        const MANAGE_NICKNAMES = 1 << 27;
        /// May change roles.
        const MANAGE_ROLES = 1 << 28;
        /// May change webhooks.
        const MANAGE_WEBHOOKS = 1 << 29;
        /// May change any emoji, sticker or sound.
        const MANAGE_GUILD_EXPRESSIONS = 1 << 30;
        /// May use commands of applications.
        const USE_APPLICATION_COMMANDS = 1 << 31;
        /// May ask to speak in stage channels.
        const REQUEST_TO_SPEAK = 1 << 32;
        /// May change any scheduled event.
        const MANAGE_EVENTS = 1 << 33;
        /// May change threads, and see private ones.
        const MANAGE_THREADS = 1 << 34;
        /// May start public threads.
        const CREATE_PUBLIC_THREADS = 1 << 35;
        /// May start private threads.
        const CREATE_PRIVATE_THREADS = 1 << 36;
        /// May use stickers of other guilds.
        const USE_EXTERNAL_STICKERS = 1 << 37;
        /// May send messages in threads.
        const SEND_MESSAGES_IN_THREADS = 1 << 38;
        /// May start activities.
        const USE_EMBEDDED_ACTIVITIES = 1 << 39;
        /// May time members out.
        const MODERATE_MEMBERS = 1 << 40;
        /// May see what role subscriptions earn.
        const VIEW_CREATOR_MONETIZATION_ANALYTICS = 1 << 41;
        /// May play sounds in voice channels.
        const USE_SOUNDBOARD = 1 << 42;
        /// May create emojis, stickers and sounds, and change the own ones.
        const CREATE_GUILD_EXPRESSIONS = 1 << 43;
        /// May create scheduled events, and change the own ones.
        const CREATE_EVENTS = 1 << 44;
        /// May play sounds of other guilds.
        const USE_EXTERNAL_SOUNDS = 1 << 45;
        /// May send voice messages.
        const SEND_VOICE_MESSAGES = 1 << 46;
        /// May set the status of a voice channel.
        const SET_VOICE_CHANNEL_STATUS = 1 << 48;
        /// May send polls.
        const SEND_POLLS = 1 << 49;
        /// May use applications that users installed for themselves.
        const USE_EXTERNAL_APPS = 1 << 50;
        /// May pin messages.
        const PIN_MESSAGES = 1 << 51;
        /// Need not wait in channels with slow mode.
        const BYPASS_SLOWMODE = 1 << 52;
    }
}
