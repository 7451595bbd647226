//! The ids a dispatch is about, found without decoding the rest of it.

use crate::decode::{Cursor, DecodeError, parse_u64};
use crate::{ChannelId, Dispatch, Encoding, EventKind, GuildId, UserId};

impl Dispatch<'_> {
    /// Returns the guild: `guild_id`, or the `id` of `GUILD_CREATE`, `GUILD_UPDATE` and `GUILD_DELETE`.
    ///
    /// It reads over the first level of `d`, unless `guild_id` stands last in it, as it usually does.
    #[must_use]
    pub fn guild_id(&self) -> Option<GuildId> {
        let is_guild = GUILDS.contains(&self.kind);
        let last = if is_guild { None } else { self.last_guild_id() };
        let name = if is_guild { "id" } else { "guild_id" };
        last.or_else(|| find(self.cursor(), &[name])).map(GuildId)
    }

    /// Reads the last member of JSON if it is the guild's id.
    ///
    /// Quotes without a backslash before them begin and end texts, so the last two of an object that ends with
    /// them hold its last value.
    fn last_guild_id(&self) -> Option<u64> {
        let json = Some(self.data).filter(|_| self.encoding == Encoding::Json)?;
        let text = json.strip_suffix(b"\"}")?;
        let quote = memchr::memrchr(b'"', text)?;
        let (before, id) = (text.get(..quote)?, text.get(quote + 1..)?);
        let before = before.strip_suffix(b"\"guild_id\":")?;
        let is_key = matches!(before.last(), Some(b',' | b'{'));
        if is_key { parse_u64(id) } else { None }
    }

    /// Returns the channel or thread: `channel_id`, or the `id` of the dispatches about one.
    ///
    /// Those are `CHANNEL_CREATE`, `_UPDATE` and `_DELETE`, the same of threads, `THREAD_MEMBER_UPDATE`,
    /// `THREAD_MEMBERS_UPDATE`, `VOICE_CHANNEL_STATUS_UPDATE` and `VOICE_CHANNEL_START_TIME_UPDATE`. It reads over
    /// the first level of `d`.
    #[must_use]
    pub fn channel_id(&self) -> Option<ChannelId> {
        let is_channel = CHANNELS.contains(&self.kind);
        find(self.cursor(), &[if is_channel { "id" } else { "channel_id" }]).map(ChannelId)
    }

    /// Returns the user who acts, or to whom something happens.
    ///
    /// That is the `id` of `USER_UPDATE`, and of any other dispatch the first there is of `user_id`,
    /// `user.id`, `author.id` and `member.user.id`. Who made a thing is not meant: `creator_id`,
    /// `inviter` and the `user` of a sound are left out. It reads over the first level of `d`.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        let paths: &[&[&str]] = if self.kind == EventKind::UserUpdate {
            &[&["id"]]
        } else if SOUNDS.contains(&self.kind) {
            &[]
        } else {
            &[&["user_id"], &["user", "id"], &["author", "id"], &["member", "user", "id"]]
        };
        paths.iter().find_map(|path| find(self.cursor(), path)).map(UserId)
    }
}

/// The dispatches whose `id` is a guild's.
const GUILDS: [EventKind; 3] =
    [EventKind::GuildCreate, EventKind::GuildUpdate, EventKind::GuildDelete];

/// The dispatches whose `id` is a channel's or thread's.
const CHANNELS: [EventKind; 10] = [
    EventKind::ChannelCreate,
    EventKind::ChannelDelete,
    EventKind::ChannelUpdate,
    EventKind::ThreadCreate,
    EventKind::ThreadDelete,
    EventKind::ThreadMemberUpdate,
    EventKind::ThreadMembersUpdate,
    EventKind::ThreadUpdate,
    EventKind::VoiceChannelStartTimeUpdate,
    EventKind::VoiceChannelStatusUpdate,
];

/// The dispatches whose `user` made a sound, perhaps long ago.
const SOUNDS: [EventKind; 2] =
    [EventKind::GuildSoundboardSoundCreate, EventKind::GuildSoundboardSoundUpdate];

/// Finds an id by the names that lead to it, of equal ones the last.
fn find(mut cursor: Cursor<'_>, path: &[&str]) -> Option<u64> {
    for name in path {
        cursor = member(cursor, name).ok().flatten()?;
    }
    cursor.snowflake().ok()
}

/// Finds the last value of a name.
#[inline(never)]
fn member<'e>(mut object: Cursor<'e>, name: &str) -> Result<Option<Cursor<'e>>, DecodeError> {
    if let Some(found) = object.last_in_map(name) {
        return Ok(found);
    }
    let (mut found, mut members) = (None, object.object()?);
    while let Some(key) = object.key(&mut members)? {
        if key == *name {
            found = Some(object);
        }
        object.skip()?;
    }
    Ok(found)
}
