//! What a view proves: whether a row that is not in it is nowhere.

use super::family::Memory;
use super::kind::{Kind, Links, Mark, NONE, Place, Root};
use super::records::Records;
use super::table::Table;
use super::view::{Filter, Range, View};
use crate::decode::packed::{self, Name};

const LARGE: Name = Name::of("large");
const MEMBER_COUNT: Name = Name::of("member_count");

impl<T: Table, M: Memory> View<'_, T, M> {
    /// Tells whether a row that is not in the view is nowhere; where it says no, a miss proves nothing.
    ///
    /// | table | a view of a guild is complete once |
    /// |---|---|
    /// | channels, emojis, roles, scheduled events, sounds, stages, stickers, voice states | GUILD_CREATE told of the guild |
    /// | threads | the same: archived threads are told of by nobody, and are no miss |
    /// | members | the same, and as many are here as the guild says it has |
    /// | presences | the same, and the guild is not large |
    ///
    /// The whole table is once READY came and all guilds are here and complete; `guilds` are once READY came and
    /// each guild it named is known, `guilds().unavailable()` once READY came. Messages, invites, channels of
    /// direct messages, users and rows that are [kept](Self::kept) never are: the gateway tells of new ones alone.
    ///
    /// None is that lost rows since the last READY, because they were refused, evicted, broken, or
    /// [removed by hand](super::Edit); that is of what [`Settings`](super::Settings) keep or
    /// hear of in part (components, members, intents); of a guild in an outage; or if the session
    /// [is cold](super::Cache::is_cold).
    ///
    /// ```
    /// # #[cfg(feature = "alloc")] {
    /// use gatewright_core::cache::{Cache, Settings};
    /// use gatewright_core::{Dispatch, Encoding, GuildId};
    ///
    /// let mut cache = Cache::new(Settings::default());
    /// let mut apply = |name, d: &str| {
    ///     let event = Dispatch::new(name, None, Encoding::Json, d.as_bytes()).unwrap();
    ///     cache.apply(&event, &mut ());
    ///     let roles = cache.roles();
    ///     [roles.is_complete(), roles.in_guild(GuildId(1)).is_complete()]
    /// };
    /// assert_eq!(apply("READY", r#"{"user": {"id": "9"}, "guilds": [{"id": "1"}, {"id": "2"}]}"#), [false, false]);
    /// assert_eq!(apply("GUILD_CREATE", r#"{"id": "1", "roles": []}"#), [false, true]);
    /// assert_eq!(apply("GUILD_CREATE", r#"{"id": "2", "roles": []}"#), [true, true]);
    /// # }
    /// ```
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let (records, session) = (self.records, self.records.session);
        if self.kept
            || session.cold
            || !self.settings.hears_all(T::KIND)
            || !records.tallies.is_whole(T::KIND)
        {
            return false;
        }
        match (T::KIND, self.range) {
            (Kind::DmChannel | Kind::Invite | Kind::Message | Kind::Room | Kind::User, _) => false,
            (_, Range::Guild(NONE) | Range::Room(_)) => false,
            (Kind::Me, _) => session.began,
            (Kind::Guild, _) => session.began && self.knows_guilds(),
            (kind, Range::Guild(guild)) => is_told(records, kind, guild),
            (kind, Range::All) => {
                let mut guilds = guilds(records);
                let all = session.began && records.tallies.is_whole(Kind::Guild);
                all && guilds.all(|guild| is_told(records, kind, guild))
            }
        }
    }

    /// Tells whether each guild the bot is in is one that the view would show.
    fn knows_guilds(&self) -> bool {
        let records = self.records;
        match self.filter {
            Filter::Available(false) => true,
            Filter::Available(true) if records.session.awaited > 0 => false,
            Filter::All | Filter::Available(true) | Filter::Of(..) | Filter::Visible => {
                guilds(records).all(|guild| records.is(guild, Mark::Known))
            }
        }
    }
}

/// Goes through the guilds, known or not.
fn guilds<M: Memory>(records: &Records<M>) -> impl Iterator<Item = u32> {
    let is = |row: &u32| *row != NONE;
    let first = Some(records.list(Place::Root(Root::Guilds)).head).filter(is);
    core::iter::successors(first, move |guild| Some(records.next(*guild, Links::OWNED)).filter(is))
}

/// Tells whether all rows of a kind that a guild has were told.
fn is_told<M: Memory>(records: &Records<M>, kind: Kind, guild: u32) -> bool {
    let told = records.is(guild, Mark::Told) && !records.is(guild, Mark::Unavailable);
    #[expect(clippy::wildcard_enum_match_arm, reason = "of all others it is all")]
    match kind {
        Kind::Member => told && has_all_members(records, guild),
        Kind::Presence => told && is_small(records, guild),
        _ => told,
    }
}

/// Tells whether as many members are here as the guild says it has: of a large one, not all come with it.
fn has_all_members<M: Memory>(records: &Records<M>, guild: u32) -> bool {
    let Some(list) = Kind::Member.list() else { return false };
    let count = packed::find(records.fields(guild), MEMBER_COUNT);
    let len = records.list(Place::In(guild, list)).len;
    count.and_then(|count| count.unsigned()) == Some(len.into())
}

/// Tells whether a guild is not large: the presences of a large one do not all come with it.
fn is_small<M: Memory>(records: &Records<M>, guild: u32) -> bool {
    let large = packed::find(records.fields(guild), LARGE);
    large.and_then(|large| large.bool()) == Some(false)
}
