//! Channels, threads among them.
//!
//! Source: Discord documentation, *Channels Resource*.

use crate::decode::macros::{bits, numbers, object};
use crate::decode::{Field, Text};
use crate::model::Permissions;
use crate::{ChannelId, EmojiId, GuildId, TagId};

/// Makes a type with the fields of a channel, and more.
macro_rules! channel {
    ([$($head:tt)*] $($more:tt)*) => {
        $crate::decode::macros::object! {
            $($head)* {
                /// The id.
                id: $crate::ChannelId,
                /// What kind of channel it is.
                kind: Option<$crate::model::ChannelType> = "type",
                /// The guild; absent where it stands around the channel, and in direct messages.
                guild_id: Option<$crate::GuildId>,
                /// The place in the list; where equal, the lower id comes first.
                position: Option<i32>,
                /// What roles and members may do in it, other than elsewhere.
                permission_overwrites: $crate::decode::Seq<'e, $crate::model::PermissionOverwrite>,
                /// The name.
                name: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// What it is about.
                topic: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// Whether it is for adults.
                nsfw: Option<bool>,
                /// The last message, or thread of a forum; it may be deleted.
                last_message_id: $crate::decode::Field<$crate::MessageId>,
                /// The bits per second in voice.
                bitrate: Option<u32>,
                /// How many may join; 0 means no limit.
                user_limit: Option<u32>,
                /// How long a member waits between two messages, in seconds.
                rate_limit_per_user: Option<u32>,
                /// The users of direct messages.
                recipients: $crate::decode::Seq<'e, $crate::model::User<'e>>,
                /// The hash of a group's icon.
                icon: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// Who made the group or thread.
                owner_id: Option<$crate::UserId>,
                /// Whether an application manages the group.
                managed: Option<bool>,
                /// The application that made the group.
                application_id: $crate::decode::Field<$crate::ApplicationId>,
                /// The category of a channel, or the channel of a thread.
                parent_id: $crate::decode::Field<$crate::ChannelId>,
                /// When a message was last pinned.
                last_pin_timestamp: $crate::decode::Field<$crate::decode::Timestamp<'e>>,
                /// The voice region; null means the best one.
                rtc_region: $crate::decode::Field<$crate::decode::Text<'e>>,
                /// The quality of video.
                video_quality_mode: Option<$crate::model::VideoQuality>,
                /// How many messages a thread has, without the first.
                message_count: Option<u32>,
                /// How many messages were ever sent in a thread.
                total_message_sent: Option<u32>,
                /// How many members a thread has; it stops at 50.
                member_count: Option<u32>,
                /// What only threads have.
                thread_metadata: Option<$crate::model::ThreadMetadata<'e>>,
                /// What the bot is in the thread.
                member: Option<$crate::decode::Lazy<'e, $crate::model::ThreadMember<'e>>>,
                /// When a new thread is archived, in minutes without a message.
                default_auto_archive_duration: $crate::decode::Field<u32>,
                /// What the user of an interaction may do in it.
                permissions: Option<$crate::model::Permissions>,
                /// What the application of an interaction may do in it.
                app_permissions: Option<$crate::model::Permissions>,
                /// The flags.
                flags: Option<$crate::model::ChannelFlags>,
                /// The tags of a forum.
                available_tags: $crate::decode::Seq<'e, $crate::model::ForumTag<'e>>,
                /// The tags of a thread in a forum.
                applied_tags: $crate::decode::Seq<'e, $crate::TagId>,
                /// The reaction shown below each thread of a forum.
                default_reaction_emoji: $crate::decode::Field<$crate::model::DefaultReaction<'e>>,
                /// How long a member waits between two messages in a new thread, in seconds.
                default_thread_rate_limit_per_user: Option<u32>,
                /// The order of a forum's threads.
                default_sort_order: $crate::decode::Field<$crate::model::SortOrder>,
                /// How a forum is laid out.
                default_forum_layout: Option<$crate::model::ForumLayout>,
                $($more)*
            }
        }
    };
}

pub(crate) use channel;

channel! {
    [
        /// A channel or thread.
        pub struct Channel<'e>
    ]
}

object! {
    /// What a role or member may do in a channel, other than elsewhere.
    pub struct PermissionOverwrite {
        /// The id of the role or user.
        id: u64,
        /// Which of both it is.
        kind: Option<OverwriteType> = "type",
        /// What is granted.
        allow: Option<Permissions>,
        /// What is denied.
        deny: Option<Permissions>,
    }
}

object! {
    /// A tag of a forum.
    pub struct ForumTag<'e> {
        /// The id.
        id: TagId,
        /// The name.
        name: Option<Text<'e>>,
        /// Whether only those who may manage threads can set it.
        moderated: Option<bool>,
        /// The custom emoji.
        emoji_id: Option<EmojiId>,
        /// The Unicode emoji.
        emoji_name: Option<Text<'e>>,
    }
}

object! {
    /// The reaction shown below each thread of a forum.
    lenient pub struct DefaultReaction<'e> {
        /// The custom emoji.
        emoji_id: Option<EmojiId>,
        /// The Unicode emoji.
        emoji_name: Option<Text<'e>>,
    }
}

object! {
    /// A channel that is mentioned in a message from another guild.
    pub struct ChannelMention<'e> {
        /// The channel.
        id: ChannelId,
        /// Its guild.
        guild_id: Option<GuildId>,
        /// What kind of channel it is.
        kind: Option<ChannelType> = "type",
        /// The name.
        name: Option<Text<'e>>,
    }
}

object! {
    /// What a voice channel shows and when its call began.
    pub struct VoiceChannelInfo<'e> {
        /// The channel.
        id: ChannelId,
        /// The status.
        status: Field<Text<'e>>,
        /// When the call began, in seconds since the Unix epoch.
        voice_start_time: Field<i64>,
    }
}

numbers! {
    /// What kind of channel it is.
    pub enum ChannelType {
        /// A text channel of a guild.
        GuildText = 0,
        /// Messages between two users.
        Dm = 1,
        /// A voice channel of a guild.
        GuildVoice = 2,
        /// Messages among several users.
        GroupDm = 3,
        /// A category of channels.
        GuildCategory = 4,
        /// A channel that others can follow.
        GuildAnnouncement = 5,
        /// A thread in an announcement channel.
        AnnouncementThread = 10,
        /// A thread everybody sees.
        PublicThread = 11,
        /// A thread for those who were invited.
        PrivateThread = 12,
        /// A stage.
        GuildStageVoice = 13,
        /// A list of guilds.
        GuildDirectory = 14,
        /// A channel that holds only threads.
        GuildForum = 15,
        /// A channel that holds only threads with media.
        GuildMedia = 16,
    }

    /// Whom an overwrite is for.
    pub enum OverwriteType {
        /// A role.
        Role = 0,
        /// A member.
        Member = 1,
    }

    /// The quality of video.
    pub enum VideoQuality {
        /// As is best.
        Auto = 1,
        /// 720p.
        Full = 2,
    }

    /// The order of a forum's threads.
    pub enum SortOrder {
        /// By the latest message.
        LatestActivity = 0,
        /// By when they were made.
        CreationDate = 1,
    }

    /// How a forum is laid out.
    pub enum ForumLayout {
        /// As is best.
        NotSet = 0,
        /// As a list.
        ListView = 1,
        /// As tiles.
        GalleryView = 2,
    }
}

bits! {
    /// Flags of a channel.
    pub struct ChannelFlags {
        /// The thread is pinned in its forum.
        const PINNED = 1 << 1;
        /// A thread must have a tag.
        const REQUIRE_TAG = 1 << 4;
        /// Media cannot be downloaded by a menu.
        const HIDE_MEDIA_DOWNLOAD_OPTIONS = 1 << 15;
        /// The bot may not see the channel, and its name and more are hidden.
        const CHANNEL_OBFUSCATED = 1 << 17;
        /// Media is hidden until it is clicked.
        const IS_SPOILER_CHANNEL = 1 << 21;
    }
}
