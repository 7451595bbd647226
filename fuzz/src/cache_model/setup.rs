//! The settings, as the cache and the model are given them.

use gatewright_core::cache::{Components, Eviction, Kind, MemberPolicy, Settings};
use gatewright_core::{GuildId, UserId};

use super::model::Table;
use crate::source::Source;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Policy {
    #[default]
    All,
    If,
    InVoice,
    Own,
}

/// What is kept, and how much of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    off: Vec<Table>,
    pub(super) policy: Policy,
    limits: Vec<(Table, u8, Eviction)>,
    pub(super) per_channel: usize,
}

/// The tables that can be switched off and limited, with what does it.
const TABLES: [(Table, Kind, Components); 16] = [
    (Table::Channel, Kind::Channel, Components::GUILD_CHANNELS),
    (Table::Emoji, Kind::Emoji, Components::EMOJIS),
    (Table::Event, Kind::ScheduledEvent, Components::SCHEDULED_EVENTS),
    (Table::Member, Kind::Member, Components::MEMBERS),
    (Table::Presence, Kind::Presence, Components::PRESENCES),
    (Table::Role, Kind::Role, Components::ROLES),
    (Table::Sound, Kind::Sound, Components::SOUNDS),
    (Table::Stage, Kind::Stage, Components::STAGES),
    (Table::Sticker, Kind::Sticker, Components::STICKERS),
    (Table::Thread, Kind::Thread, Components::THREADS),
    (Table::Voice, Kind::VoiceState, Components::VOICE_STATES),
    (Table::Invite, Kind::Invite, Components::INVITES),
    (Table::Dm, Kind::DmChannel, Components::DM_CHANNELS),
    (Table::Me, Kind::Me, Components::ME),
    (Table::Message, Kind::Message, Components::MESSAGES),
    (Table::Guild, Kind::Guild, Components::GUILDS),
];

/// Whom the policy `If` wants.
pub(super) fn wanted(guild: GuildId, user: UserId) -> bool {
    !(guild.0 + user.0).is_multiple_of(3)
}

impl Setup {
    pub(crate) fn draw(source: &mut Source<'_>) -> Self {
        let policy =
            source.pick(&[Policy::All, Policy::All, Policy::InVoice, Policy::Own, Policy::If]);
        let mut setup = Self { policy, per_channel: usize::MAX, ..Self::default() };
        for _ in 0..source.below(4) {
            setup.off.push(source.pick(&TABLES).0);
        }
        for _ in 0..source.below(4) {
            let eviction = source.pick(&[Eviction::Refuse, Eviction::Oldest]);
            let table = source.pick(&TABLES).0;
            if setup.limits.iter().all(|(other, ..)| *other != table) {
                setup.limits.push((table, source.byte() & 3, eviction));
            }
        }
        if source.byte() & 3 == 1 {
            setup.per_channel = source.below(4);
        }
        setup
    }

    pub(super) fn has(&self, table: Table) -> bool {
        !self.off.contains(&table)
    }

    pub(super) fn limit(&self, table: Table) -> (usize, Eviction) {
        let limit = self.limits.iter().find(|(limited, ..)| *limited == table);
        limit.map_or((usize::MAX, Eviction::Refuse), |(_, rows, eviction)| {
            ((*rows).into(), *eviction)
        })
    }

    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        for (table, kind, component) in TABLES {
            settings.components.set(component, self.has(table));
            let (rows, eviction) = self.limit(table);
            settings.limits.set(kind, u32::try_from(rows).unwrap_or(u32::MAX), eviction);
        }
        settings.members = match self.policy {
            Policy::All => MemberPolicy::All,
            Policy::If => MemberPolicy::If(wanted),
            Policy::InVoice => MemberPolicy::InVoice,
            Policy::Own => MemberPolicy::Own,
        };
        settings.max_messages_per_channel = u32::try_from(self.per_channel).unwrap_or(u32::MAX);
        settings
    }
}
