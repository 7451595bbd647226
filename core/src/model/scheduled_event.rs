//! Scheduled events of guilds.
//!
//! Source: Discord documentation, *Guild Scheduled Event*.

use crate::decode::macros::{numbers, object};
use crate::decode::{Field, Lazy, Seq, Text, Timestamp};
use crate::model::{PrivacyLevel, User};
use crate::{ChannelId, GuildId, ScheduledEventId, UserId};

object! {
    /// A scheduled event of a guild.
    pub struct ScheduledEvent<'e> {
        /// The id.
        id: ScheduledEventId,
        /// The guild.
        guild_id: Option<GuildId>,
        /// The channel; null if it is held elsewhere.
        channel_id: Field<ChannelId>,
        /// Who made it.
        creator_id: Field<UserId>,
        /// The name.
        name: Option<Text<'e>>,
        /// The description.
        description: Field<Text<'e>>,
        /// When it begins.
        scheduled_start_time: Option<Timestamp<'e>>,
        /// When it ends.
        scheduled_end_time: Field<Timestamp<'e>>,
        /// Who sees it.
        privacy_level: Option<PrivacyLevel>,
        /// How far it is.
        status: Option<ScheduledEventStatus>,
        /// Where it is held.
        entity_type: Option<ScheduledEventEntityType>,
        /// What belongs to it, such as a stage.
        entity_id: Field<u64>,
        /// More on where it is held.
        entity_metadata: Field<ScheduledEventMetadata<'e>>,
        /// Who made it.
        creator: Option<Lazy<'e, User<'e>>>,
        /// How many users are interested.
        user_count: Option<u32>,
        /// The hash of the cover.
        image: Field<Text<'e>>,
        /// How it recurs.
        recurrence_rule: Field<RecurrenceRule<'e>>,
    }
}

object! {
    /// More on where a scheduled event is held.
    pub struct ScheduledEventMetadata<'e> {
        /// The place.
        location: Option<Text<'e>>,
    }
}

object! {
    /// How a scheduled event recurs.
    lenient pub struct RecurrenceRule<'e> {
        /// From when on.
        start: Option<Timestamp<'e>>,
        /// Until when.
        end: Option<Timestamp<'e>>,
        /// In what steps.
        frequency: Option<RecurrenceFrequency>,
        /// How many steps lie between.
        interval: Option<u32>,
        /// On which days of a week.
        by_weekday: Seq<'e, Weekday>,
        /// On which days of a certain week of the month.
        by_n_weekday: Seq<'e, NthWeekday>,
        /// In which months, from 1.
        by_month: Seq<'e, u8>,
        /// On which days of a month, from 1.
        by_month_day: Seq<'e, u8>,
        /// On which days of a year, from 1.
        by_year_day: Seq<'e, u16>,
        /// How often in all.
        count: Option<u32>,
    }
}

object! {
    /// A day of a certain week of the month.
    pub struct NthWeekday {
        /// Which week, from 1 to 5.
        n: Option<u8>,
        /// The day.
        day: Option<Weekday>,
    }
}

numbers! {
    /// How far a scheduled event is.
    pub enum ScheduledEventStatus {
        /// Yet to come.
        Scheduled = 1,
        /// Going on.
        Active = 2,
        /// Over.
        Completed = 3,
        /// Called off.
        Canceled = 4,
    }

    /// Where a scheduled event is held.
    pub enum ScheduledEventEntityType {
        /// On a stage.
        StageInstance = 1,
        /// In a voice channel.
        Voice = 2,
        /// Elsewhere.
        External = 3,
    }

    /// In what steps a scheduled event recurs.
    pub enum RecurrenceFrequency {
        /// Years.
        Yearly = 0,
        /// Months.
        Monthly = 1,
        /// Weeks.
        Weekly = 2,
        /// Days.
        Daily = 3,
    }

    /// A day of a week.
    pub enum Weekday {
        /// Monday.
        Monday = 0,
        /// Tuesday.
        Tuesday = 1,
        /// Wednesday.
        Wednesday = 2,
        /// Thursday.
        Thursday = 3,
        /// Friday.
        Friday = 4,
        /// Saturday.
        Saturday = 5,
        /// Sunday.
        Sunday = 6,
    }
}
