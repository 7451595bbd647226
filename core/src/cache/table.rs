//! The tables: what names a row in each, and what a row reads as.

use super::family::Memory;
use super::kind::{self, NONE};
use super::records::Records;
use crate::decode::packed::{self, Name};
use crate::decode::{Cursor, Decode, DecodeError};
use crate::{
    ChannelId, EmojiId, GuildId, MessageId, RoleId, ScheduledEventId, SoundId, StageInstanceId,
    StickerId, UserId, fnv, model,
};

/// A table of the cache; the types that stand for one have no values.
pub trait Table: sealed::Sealed + Sized + 'static {
    /// What names a row.
    type Key<'k>: Copy;
    /// What a row reads as.
    type Model<'c>: Decode<'c>;
}

/// A table whose rows belong to guilds, so that a view of it can be [`in_guild`](super::View::in_guild).
pub trait InGuild: Table {}

/// A table whose rows name a channel, so that a view of it can be [`in_channel`](super::View::in_channel).
pub trait InChannel: InGuild {}

macro_rules! marked {
    ($mark:ident: $($table:ident)*) => {
        $(impl $mark for $table {})*
    };
}

marked! { InGuild: Channels Emojis Invites Members Messages Presences Roles ScheduledEvents }
marked! { InGuild: Sounds Stages Stickers Threads VoiceStates }
marked! { InChannel: Invites Messages ScheduledEvents Stages Threads VoiceStates }

/// What may name a row.
#[derive(Clone, Copy, Debug)]
#[expect(unnameable_types, reason = "nobody else adds a table")]
pub struct Names<'r> {
    pub(super) guild: Option<GuildId>,
    /// What names it among the rows of its kind; of a member the user.
    pub(super) number: u64,
    /// The code of an invite.
    pub(super) code: &'r str,
}

pub(super) mod sealed {
    use super::kind::Kind;
    use super::{Memory, Names, Records, Table};

    #[expect(unnameable_types, reason = "nobody else adds a table")]
    pub trait Sealed {
        const KIND: Kind;

        fn find<M: Memory>(records: &Records<M>, key: Self::Key<'_>) -> Option<u32>
        where
            Self: Table;

        fn key(names: Names<'_>) -> Self::Key<'_>
        where
            Self: Table;
    }
}

macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident: $kind:ident, $id:ident => $model:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $table {}

        tables!(@key $table, $kind, $id, $model);
    )*};
    (@key $table:ident, $kind:ident, Member, $model:ident) => {
        impl Table for $table {
            type Key<'k> = (GuildId, UserId);
            type Model<'c> = model::$model<'c>;
        }

        impl sealed::Sealed for $table {
            const KIND: kind::Kind = kind::Kind::$kind;

            fn find<M: Memory>(records: &Records<M>, (guild, user): (GuildId, UserId)) -> Option<u32> {
                let guild = records.find(kind::Kind::Guild, NONE, guild.0)?;
                let user = match Self::KIND {
                    kind::Kind::Member => records.find(kind::Kind::User, NONE, user.0)?.into(),
                    _ => user.0,
                };
                records.find(Self::KIND, guild, user)
            }

            fn key(names: Names<'_>) -> (GuildId, UserId) {
                (names.guild.unwrap_or(GuildId(0)), UserId(names.number))
            }
        }
    };
    (@key $table:ident, $kind:ident, Code, $model:ident) => {
        impl Table for $table {
            type Key<'k> = &'k str;
            type Model<'c> = model::$model<'c>;
        }

        impl sealed::Sealed for $table {
            const KIND: kind::Kind = kind::Kind::$kind;

            fn find<M: Memory>(records: &Records<M>, code: &str) -> Option<u32> {
                let row = records.find(Self::KIND, NONE, hash_of_code(code.as_bytes()))?;
                (code_in(records.fields(row)) == code).then_some(row)
            }

            fn key(names: Names<'_>) -> &str {
                names.code
            }
        }
    };
    (@key $table:ident, $kind:ident, Dm, $model:ident) => {
        impl Table for $table {
            type Key<'k> = UserId;
            type Model<'c> = $model;
        }

        tables!(@by_number $table, $kind, UserId);
    };
    (@key $table:ident, $kind:ident, $id:ident, $model:ident) => {
        impl Table for $table {
            type Key<'k> = $id;
            type Model<'c> = model::$model<'c>;
        }

        tables!(@by_number $table, $kind, $id);
    };
    (@by_number $table:ident, $kind:ident, $id:ident) => {
        impl sealed::Sealed for $table {
            const KIND: kind::Kind = kind::Kind::$kind;

            fn find<M: Memory>(records: &Records<M>, key: $id) -> Option<u32> {
                records.find(Self::KIND, NONE, key.0)
            }

            fn key(names: Names<'_>) -> $id {
                $id(names.number)
            }
        }
    };
}

tables! {
    /// Channels of guilds; threads have a table of their own.
    Channels: Channel, ChannelId => Channel;
    /// The channels of direct messages, by the user.
    DmChannels: DmChannel, Dm => DmChannel;
    /// Emojis of guilds.
    Emojis: Emoji, EmojiId => Emoji;
    /// Guilds, read as GUILD_CREATE tells of them, without the lists that are tables of their own.
    Guilds: Guild, GuildId => GuildCreate;
    /// Invites, by their codes.
    Invites: Invite, Code => InviteCreate;
    /// The bot's own user, in one row.
    Me: Me, UserId => OwnUser;
    /// Members of guilds.
    Members: Member, Member => Member;
    /// Messages.
    Messages: Message, MessageId => Message;
    /// Presences of members.
    Presences: Presence, Member => Presence;
    /// Roles of guilds.
    Roles: Role, RoleId => Role;
    /// Scheduled events of guilds.
    ScheduledEvents: ScheduledEvent, ScheduledEventId => ScheduledEvent;
    /// Soundboard sounds of guilds.
    Sounds: Sound, SoundId => SoundboardSound;
    /// Stages that are live.
    Stages: Stage, StageInstanceId => StageInstance;
    /// Stickers of guilds.
    Stickers: Sticker, StickerId => Sticker;
    /// Threads, which are channels too.
    Threads: Thread, ChannelId => Channel;
    /// Users, as long as a row refers to them.
    Users: User, UserId => User;
    /// Who is in voice, and how.
    VoiceStates: VoiceState, Member => VoiceState;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident,)*) => {
        /// Which table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// All tables, in the order of their names.
            pub const ALL: [Self; 17] = [$(Self::$kind),*];
        }

        impl From<Kind> for kind::Kind {
            fn from(kind: Kind) -> Self {
                match kind {
                    $(Kind::$kind => Self::$kind,)*
                }
            }
        }

        impl From<kind::Kind> for Kind {
            /// Returns the table that rows of a kind are in, or are for.
            fn from(kind: kind::Kind) -> Self {
                match kind {
                    $(kind::Kind::$kind => Self::$kind,)*
                    kind::Kind::Room => Self::Message,
                }
            }
        }
    };
}

kinds! {
    /// [`Channels`].
    Channel,
    /// [`DmChannels`].
    DmChannel,
    /// [`Emojis`].
    Emoji,
    /// [`Guilds`].
    Guild,
    /// [`Invites`].
    Invite,
    /// [`Me`].
    Me,
    /// [`Members`].
    Member,
    /// [`Messages`].
    Message,
    /// [`Presences`].
    Presence,
    /// [`Roles`].
    Role,
    /// [`ScheduledEvents`].
    ScheduledEvent,
    /// [`Sounds`].
    Sound,
    /// [`Stages`].
    Stage,
    /// [`Stickers`].
    Sticker,
    /// [`Threads`].
    Thread,
    /// [`Users`].
    User,
    /// [`VoiceStates`].
    VoiceState,
}

pub(super) const CODE: Name = Name::of("code");

pub(super) fn code_in(fields: &[u8]) -> &str {
    let code = packed::find(fields, CODE);
    code.and_then(|code| core::str::from_utf8(code.bytes).ok()).unwrap_or_default()
}

/// Makes the key of an invite from its code.
pub(super) fn hash_of_code(code: &[u8]) -> u64 {
    fnv::steps(fnv::BASIS, code)
}

/// The channel of direct messages with a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DmChannel {
    /// The channel.
    pub channel_id: ChannelId,
    /// The user.
    pub user_id: UserId,
}

impl Decode<'_> for DmChannel {
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut members = cursor.object()?;
        let (mut channel_id, mut user_id) = (ChannelId(0), UserId(0));
        while let Some(key) = cursor.key(&mut members)? {
            if key == "channel_id" {
                channel_id = ChannelId(cursor.snowflake()?);
            } else if key == "user_id" {
                user_id = UserId(cursor.snowflake()?);
            } else {
                cursor.skip()?;
            }
        }
        Ok(Self { channel_id, user_id })
    }
}
