//! What is done with each cache.

use gatewright_bench_harness::traffic::Document;
use gatewright_bench_twilight::ResourceType;
pub use gatewright_bench_twilight::{Key, Table};
use gatewright_core::cache::Components;
use serde_json::Value;

/// How many messages of a channel both keep.
pub const MESSAGES_PER_CHANNEL: u16 = 100;

/// What a cache keeps, in the terms of both.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    pub ours: Components,
    pub twilight: ResourceType,
}

impl Kept {
    pub const NOTHING: Self = Self { ours: Components::empty(), twilight: ResourceType::empty() };

    /// All that twilight keeps. Ours could keep invites, sounds and channels of direct messages too; integrations, which
    /// only twilight keeps, are not in the traffic.
    pub const ALL: Self = Self {
        ours: Components::all()
            .difference(Components::INVITES)
            .difference(Components::SOUNDS)
            .difference(Components::DM_CHANNELS),
        twilight: ResourceType::all(),
    };

    /// Returns it with what rows of a table take; users come with members.
    #[must_use]
    pub const fn with(self, table: Table) -> Self {
        let (ours, twilight) = match table {
            Table::Guild => (Components::GUILDS, ResourceType::GUILD),
            Table::Channel => {
                (Components::GUILD_CHANNELS.union(Components::THREADS), ResourceType::CHANNEL)
            }
            Table::Role => (Components::ROLES, ResourceType::ROLE),
            Table::Emoji => (Components::EMOJIS, ResourceType::EMOJI),
            Table::Sticker => (Components::STICKERS, ResourceType::STICKER),
            Table::Member | Table::User => {
                (Components::MEMBERS, ResourceType::MEMBER.union(ResourceType::USER))
            }
            Table::Presence => (Components::PRESENCES, ResourceType::PRESENCE),
            Table::VoiceState => (Components::VOICE_STATES, ResourceType::VOICE_STATE),
            Table::Message => {
                (Components::MESSAGES, ResourceType::MESSAGE.union(ResourceType::REACTION))
            }
        };
        Self { ours: self.ours.union(ours), twilight: self.twilight.union(twilight) }
    }
}

/// A cache.
pub trait Side: Sized + 'static {
    fn new(kept: Kept) -> Self;

    /// Decodes a document, envelope and all, and applies it.
    fn take(&mut self, document: &Document);

    fn len(&self, table: Table) -> usize;

    /// Looks a row up; tells whether it is there.
    fn get(&self, table: Table, key: Key) -> bool;

    /// Looks a row up and reads it as its type.
    fn read(&self, table: Table, key: Key) -> bool;

    /// Goes through all rows with their keys.
    fn each(&self, table: Table, visit: impl FnMut(Key));

    /// Returns a row as JSON.
    fn row(&self, table: Table, key: Key) -> Option<Value>;

    /// Returns what the cache itself says of its memory, if it does: bytes it has, and how many are in use.
    fn memory(&self) -> Option<(usize, usize)>;

    /// Returns the bytes that rows of a table take, as far as the cache knows.
    fn bytes(&self, table: Table) -> Option<usize>;
}
