//! Presences, which the service does not validate: a field of a wrong type counts as absent.
//!
//! Source: Discord documentation, *Gateway Events*, *Presence*.

use crate::decode::macros::{bits, numbers, object, texts};
use crate::decode::{Cursor, Decode, DecodeError, Field, Seq, Text};
use crate::model::user::user;
use crate::model::{UnixMillis, pair};
use crate::{ApplicationId, EmojiId, GuildId};

object! {
    /// What a user is doing.
    lenient pub struct Presence<'e> {
        /// The user; only its id is sure to be there.
        user: PresenceUser<'e>,
        /// The guild; absent where it stands around the presence.
        guild_id: Option<GuildId>,
        /// Whether the user is there.
        status: Option<OnlineStatus<'e>>,
        /// What the user is doing; one that makes no sense costs only itself.
        activities: Seq<'e, Activity<'e>>,
        /// The status on each kind of device.
        client_status: Option<ClientStatus<'e>>,
    }
}

user! {
    [
        /// A user in a presence, of whom everything but the id may be absent.
        lenient pub struct PresenceUser<'e>
    ]
}

object! {
    /// The status on each kind of device; absent where the user is not there.
    lenient pub struct ClientStatus<'e> {
        /// On a desktop.
        desktop: Option<OnlineStatus<'e>>,
        /// On a phone.
        mobile: Option<OnlineStatus<'e>>,
        /// In a browser, or a bot.
        web: Option<OnlineStatus<'e>>,
        /// On a headset.
        vr: Option<OnlineStatus<'e>>,
    }
}

object! {
    /// Something a user does.
    lenient pub struct Activity<'e> {
        /// What it is called.
        name: Option<Text<'e>>,
        /// What kind of doing it is.
        kind: Option<ActivityType> = "type",
        /// Where the stream is.
        url: Field<Text<'e>>,
        /// When it was added.
        created_at: Option<UnixMillis>,
        /// When it began and ends.
        timestamps: Option<ActivityTimestamps>,
        /// The application.
        application_id: Option<ApplicationId>,
        /// Which text stands in the list of members.
        status_display_type: Field<StatusDisplay>,
        /// What is being done.
        details: Field<Text<'e>>,
        /// The address behind `details`.
        details_url: Field<Text<'e>>,
        /// The party's state, or the text of a custom status.
        state: Field<Text<'e>>,
        /// The address behind `state`.
        state_url: Field<Text<'e>>,
        /// The emoji of a custom status.
        emoji: Field<ActivityEmoji<'e>>,
        /// The party.
        party: Option<ActivityParty<'e>>,
        /// The images and their texts.
        assets: Option<ActivityAssets<'e>>,
        /// The keys to join or watch.
        secrets: Option<ActivitySecrets<'e>>,
        /// Whether it is an instance of a match.
        instance: Option<bool>,
        /// What can be done with it.
        flags: Option<ActivityFlags>,
        /// The labels of the buttons.
        buttons: Seq<'e, Text<'e>>,
    }
}

object! {
    /// When an activity began and ends.
    lenient pub struct ActivityTimestamps {
        /// When it began.
        start: Option<UnixMillis>,
        /// When it ends.
        end: Option<UnixMillis>,
    }
}

object! {
    /// The emoji of a custom status.
    lenient pub struct ActivityEmoji<'e> {
        /// The name, or the Unicode emoji itself.
        name: Option<Text<'e>>,
        /// The id; nothing for a Unicode emoji.
        id: Option<EmojiId>,
        /// Whether it moves.
        animated: Option<bool>,
    }
}

object! {
    /// The party of an activity.
    lenient pub struct ActivityParty<'e> {
        /// The id.
        id: Option<Text<'e>>,
        /// How many there are.
        size: Option<PartySize>,
    }
}

/// How many there are in a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct PartySize {
    /// How many there are.
    pub current: i64,
    /// How many there can be.
    pub max: i64,
}

impl Decode<'_> for PartySize {
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        pair(cursor).map(|(current, max)| Self { current, max })
    }
}

object! {
    /// The images of an activity and their texts.
    lenient pub struct ActivityAssets<'e> {
        /// The large image: an id, or a place behind a prefix.
        large_image: Option<Text<'e>>,
        /// The text of the large image.
        large_text: Option<Text<'e>>,
        /// The address behind the large image.
        large_url: Option<Text<'e>>,
        /// The small image: an id, or a place behind a prefix.
        small_image: Option<Text<'e>>,
        /// The text of the small image.
        small_text: Option<Text<'e>>,
        /// The address behind the small image.
        small_url: Option<Text<'e>>,
        /// The image of invites to it.
        invite_cover_image: Option<Text<'e>>,
    }
}

object! {
    /// The keys to join or watch an activity.
    lenient pub struct ActivitySecrets<'e> {
        /// To join the party.
        join: Option<Text<'e>>,
        /// To watch.
        spectate: Option<Text<'e>>,
        /// For one instance of a match.
        instance: Option<Text<'e>> = "match",
    }
}

texts! {
    /// Whether a user is there.
    pub enum OnlineStatus {
        /// There.
        Online = "online",
        /// There, and not to be disturbed.
        DoNotDisturb = "dnd",
        /// Away from the keyboard.
        Idle = "idle",
        /// Not there, or hiding.
        Offline = "offline",
    }
}

numbers! {
    /// What kind of doing an activity is.
    pub enum ActivityType {
        /// Plays a game.
        Playing = 0,
        /// Streams.
        Streaming = 1,
        /// Listens.
        Listening = 2,
        /// Watches.
        Watching = 3,
        /// Says what it likes.
        Custom = 4,
        /// Competes.
        Competing = 5,
    }

    /// Which text of an activity stands in the list of members.
    pub enum StatusDisplay {
        /// The name.
        Name = 0,
        /// The state.
        State = 1,
        /// The details.
        Details = 2,
    }
}

bits! {
    /// What can be done with an activity.
    pub struct ActivityFlags {
        /// It is an instance of a match.
        const INSTANCE = 1 << 0;
        /// Others can join.
        const JOIN = 1 << 1;
        /// Others can watch.
        const SPECTATE = 1 << 2;
        /// Others can ask to join.
        const JOIN_REQUEST = 1 << 3;
        /// It is in step with others.
        const SYNC = 1 << 4;
        /// It is played.
        const PLAY = 1 << 5;
        /// Friends can join the party.
        const PARTY_PRIVACY_FRIENDS = 1 << 6;
        /// Those in the voice channel can join the party.
        const PARTY_PRIVACY_VOICE_CHANNEL = 1 << 7;
        /// It runs inside the client.
        const EMBEDDED = 1 << 8;
    }
}
