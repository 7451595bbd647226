//! twilight's cache. A package of its own, since twilight's types take minutes to compile.

use std::hint::black_box;

use serde::Serialize;
use serde::de::DeserializeSeed;
use serde_json::Value;
use twilight_cache_inmemory::DefaultInMemoryCache;
pub use twilight_cache_inmemory::ResourceType;
use twilight_model::gateway::event::{Event, GatewayEventDeserializer};
use twilight_model::id::Id;

/// What rows are of; channels are those of guilds and threads, which twilight keeps as one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    Guild,
    Channel,
    Role,
    Emoji,
    Sticker,
    Member,
    User,
    Presence,
    VoiceState,
    Message,
}

impl Table {
    pub const ALL: [Self; 10] = [
        Self::Guild,
        Self::Channel,
        Self::Role,
        Self::Emoji,
        Self::Sticker,
        Self::Member,
        Self::User,
        Self::Presence,
        Self::VoiceState,
        Self::Message,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Guild => "guild",
            Self::Channel => "channel",
            Self::Role => "role",
            Self::Emoji => "emoji",
            Self::Sticker => "sticker",
            Self::Member => "member",
            Self::User => "user",
            Self::Presence => "presence",
            Self::VoiceState => "voice state",
            Self::Message => "message",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }
}

/// What names a row: the guild, if it is part of it, and the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub guild: u64,
    pub id: u64,
}

/// The cache.
pub struct Twilight(DefaultInMemoryCache);

impl Twilight {
    pub fn new(kept: ResourceType, messages_per_channel: usize) -> Self {
        let builder = DefaultInMemoryCache::builder().resource_types(kept);
        Self(builder.message_cache_size(messages_per_channel).build())
    }

    /// As twilight-gateway does: what is of a kind it does not know is passed over.
    pub fn take(&self, text: &str) {
        let seed = GatewayEventDeserializer::from_json(text).expect("a dispatch");
        let event = seed.deserialize(&mut serde_json::Deserializer::from_str(text));
        if let Ok(event) = event {
            self.0.update(&Event::from(event));
        }
    }

    pub fn len(&self, table: Table) -> usize {
        let (cache, stats) = (&self.0, self.0.stats());
        match table {
            Table::Guild => stats.guilds(),
            Table::Channel => stats.channels(),
            Table::Role => stats.roles(),
            Table::Emoji => stats.emojis(),
            Table::Sticker => cache.iter().stickers().count(),
            Table::Member => stats.members(),
            Table::User => stats.users(),
            Table::Presence => stats.presences(),
            Table::VoiceState => stats.voice_states(),
            Table::Message => cache.iter().messages().count(),
        }
    }

    pub fn get(&self, table: Table, Key { guild, id }: Key) -> bool {
        let cache = &self.0;
        match table {
            Table::Guild => black_box(cache.guild(Id::new(id))).is_some(),
            Table::Channel => black_box(cache.channel(Id::new(id))).is_some(),
            Table::Role => black_box(cache.role(Id::new(id))).is_some(),
            Table::Emoji => black_box(cache.emoji(Id::new(id))).is_some(),
            Table::Sticker => black_box(cache.sticker(Id::new(id))).is_some(),
            Table::Member => black_box(cache.member(Id::new(guild), Id::new(id))).is_some(),
            Table::User => black_box(cache.user(Id::new(id))).is_some(),
            Table::Presence => black_box(cache.presence(Id::new(guild), Id::new(id))).is_some(),
            Table::VoiceState => {
                black_box(cache.voice_state(Id::new(id), Id::new(guild))).is_some()
            }
            Table::Message => black_box(cache.message(Id::new(id))).is_some(),
        }
    }

    pub fn each(&self, table: Table, mut visit: impl FnMut(Key)) {
        let all = self.0.iter();
        let mut id = |id: u64| visit(Key { guild: 0, id });
        match table {
            Table::Guild => all.guilds().for_each(|row| id(row.key().get())),
            Table::Channel => all.channels().for_each(|row| id(row.key().get())),
            Table::Role => all.roles().for_each(|row| id(row.key().get())),
            Table::Emoji => all.emojis().for_each(|row| id(row.key().get())),
            Table::Sticker => all.stickers().for_each(|row| id(row.key().get())),
            Table::User => all.users().for_each(|row| id(row.key().get())),
            Table::Message => all.messages().for_each(|row| id(row.key().get())),
            Table::Member => all.members().for_each(|row| visit(pair(row.key()))),
            Table::Presence => all.presences().for_each(|row| visit(pair(row.key()))),
            Table::VoiceState => all.voice_states().for_each(|row| visit(pair(row.key()))),
        }
    }

    pub fn row(&self, table: Table, Key { guild, id }: Key) -> Option<Value> {
        let cache = &self.0;
        match table {
            Table::Guild => value(cache.guild(Id::new(id))?.value()),
            Table::Channel => value(cache.channel(Id::new(id))?.value()),
            Table::Role => value(cache.role(Id::new(id))?.resource()),
            Table::Emoji => value(cache.emoji(Id::new(id))?.resource()),
            Table::Sticker => value(cache.sticker(Id::new(id))?.resource()),
            Table::Member => value(cache.member(Id::new(guild), Id::new(id))?.value()),
            Table::User => value(cache.user(Id::new(id))?.value()),
            Table::Presence => value(cache.presence(Id::new(guild), Id::new(id))?.value()),
            Table::VoiceState => value(cache.voice_state(Id::new(id), Id::new(guild))?.value()),
            Table::Message => value(cache.message(Id::new(id))?.value()),
        }
    }
}

fn pair<G, U>((guild, id): &(Id<G>, Id<U>)) -> Key {
    Key { guild: guild.get(), id: id.get() }
}

fn value(row: &impl Serialize) -> Option<Value> {
    serde_json::to_value(row).ok()
}
