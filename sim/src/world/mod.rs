//! The made-up world: guilds, their people and what happens there, with its own truth.
//!
//! The world knows nothing of connections and sessions. It is the one traffic generator of the
//! project: every event it makes has already changed the truth that the getters show, so a cache
//! fed with the events must in the end agree with it.
//!
//! ```
//! use gatewright_sim::{World, WorldSize, envelope};
//!
//! let mut world = World::new(7, WorldSize { guilds: 2, members: 20, large_guilds: 0 });
//! let first = world.guilds()[0].id;
//! let create = world.guild_create(first).unwrap();
//! assert!(envelope("GUILD_CREATE", 2, &create).starts_with(r#"{"t":"GUILD_CREATE","s":2,"op":0,"#));
//! let event = world.next_event().unwrap();
//! assert!(!event.kind.is_empty() && event.d.starts_with('{'));
//! ```

mod activity;
mod answers;
mod build;
mod cast;
mod extras;
mod guild;
mod message;
mod mix;
mod model;
mod names;
mod render;
mod steady;
mod structure;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use gatewright_core::{GuildId, Intents, ShardId, UserId};

pub(crate) use self::answers::{Chunk, MOST_CHUNK_MEMBERS};
use self::build::GuildSize;
use self::cast::Cast;
pub use self::model::{
    Activity, Channel, Emoji, Guild, Invite, Member, Message, Overwrite, Presence, Reaction, Role,
    Sound, Sticker, Thread, User, VoiceState,
};
use crate::json::{Json, blank};
use crate::rng::Rng;

/// The made-up application every world belongs to.
pub(crate) const APPLICATION: u64 = 900_000_000_000_000_001;

/// How much a world contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorldSize {
    /// The number of usual guilds.
    pub guilds: u32,
    /// The members of a usual guild, the bot included; with 20 it is about 28 kB of JSON.
    pub members: u32,
    /// The number of guilds with 1,000 members and about 1 MB of JSON, on top of `guilds`.
    pub large_guilds: u32,
}

impl Default for WorldSize {
    /// Five guilds of 100 members.
    fn default() -> Self {
        Self { guilds: 5, members: 100, large_guilds: 0 }
    }
}

/// One thing that happened in the world.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The event's name, as in the envelope's `t`.
    pub kind: &'static str,
    /// The guild it happened in.
    pub guild: GuildId,
    /// The payload as JSON, as a session with every intent gets it.
    pub d: String,
    /// The intents a session needs to get it, all of them.
    pub needs: Intents,
    blanks: Vec<Range<usize>>,
}

impl Event {
    fn new(kind: &'static str, guild: GuildId, needs: Intents, json: Json) -> Self {
        let (d, blanks) = json.into_parts();
        Self { kind, guild, d, needs, blanks }
    }

    /// Returns the payload a session with `intents` gets; `None` if it does not get the event.
    #[must_use]
    pub fn seen_with(&self, intents: Intents) -> Option<Cow<'_, str>> {
        if !intents.contains(self.needs) {
            return None;
        }
        let whole = self.blanks.is_empty() || intents.contains(Intents::MESSAGE_CONTENT);
        Some(if whole { Cow::Borrowed(&self.d) } else { Cow::Owned(blank(&self.d, &self.blanks)) })
    }
}

/// Wraps the payload `d` of a dispatch in its envelope.
#[must_use]
pub fn envelope(kind: &str, seq: u64, d: &str) -> String {
    let seq = seq.to_string();
    [r#"{"t":""#, kind, r#"","s":"#, &seq, r#","op":0,"d":"#, d, "}"].concat()
}

/// A set of guilds to draw from, each as often as there is traffic in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draw {
    slots: Vec<usize>,
    sums: Vec<u64>,
}

impl Draw {
    pub(crate) const fn has_guilds(&self) -> bool {
        !self.slots.is_empty()
    }

    fn slot(&self, rng: &mut Rng) -> Option<usize> {
        let drawn = rng.below(*self.sums.last()?);
        let at = self.sums.partition_point(|sum| *sum <= drawn);
        self.slots.get(at).copied()
    }
}

/// A seeded, made-up world with its own truth.
#[derive(Clone, Debug)]
pub struct World {
    cast: Cast,
    guilds: Vec<Guild>,
    slots: BTreeMap<GuildId, usize>,
    all: Draw,
}

impl World {
    /// Makes the world of a seed; the same seed and size make the same world.
    #[must_use]
    pub fn new(seed: u64, size: WorldSize) -> Self {
        let large = GuildSize::LARGE;
        let usual = GuildSize::usual(usize::try_from(size.members.max(1)).unwrap_or(1));
        let mut cast = Cast::new(Rng::new(seed), population(size));
        let mut guilds = Vec::new();
        for at in 0..size.large_guilds.saturating_add(size.guilds) {
            guilds
                .push(build::guild(&mut cast, if at < size.large_guilds { large } else { usual }));
        }
        let slots = guilds.iter().enumerate().map(|(slot, guild)| (guild.id, slot)).collect();
        let mut world = Self { cast, guilds, slots, all: Draw::default() };
        world.all = world.draw(ShardId::ONE);
        world
    }

    /// Makes the next event of any guild; `None` in a world without guilds.
    pub fn next_event(&mut self) -> Option<Event> {
        let slot = self.all.slot(&mut self.cast.rng)?;
        self.event_in(slot)
    }

    /// Makes the next event of a given guild; `None` if there is no such guild.
    pub fn next_event_in(&mut self, guild: GuildId) -> Option<Event> {
        let slot = *self.slots.get(&guild)?;
        self.event_in(slot)
    }

    /// Makes the next event of one of the drawn guilds.
    pub(crate) fn next_event_of(&mut self, draw: &Draw) -> Option<Event> {
        let slot = draw.slot(&mut self.cast.rng)?;
        self.event_in(slot)
    }

    /// Returns all guilds.
    #[must_use]
    pub fn guilds(&self) -> &[Guild] {
        &self.guilds
    }

    /// Returns a guild.
    #[must_use]
    pub fn guild(&self, id: GuildId) -> Option<&Guild> {
        self.slots.get(&id).and_then(|slot| self.guilds.get(*slot))
    }

    /// Returns all users; the first is the bot itself.
    #[must_use]
    pub fn users(&self) -> &[User] {
        &self.cast.users
    }

    /// Returns a user.
    #[must_use]
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.cast.user(id)
    }

    /// Returns the bot's own id.
    #[must_use]
    pub fn own_id(&self) -> UserId {
        self.cast.users.first().map_or(UserId(0), |user| user.id)
    }

    /// Returns the ids of a shard's guilds.
    pub fn guilds_of(&self, shard: ShardId) -> impl Iterator<Item = GuildId> {
        let ids = self.guilds.iter().map(|guild| guild.id);
        ids.filter(move |id| id.shard(shard.count) == shard.id)
    }

    /// Writes the payload of READY; `shard` is given as in Identify.
    #[must_use]
    pub fn ready(&self, session_id: &str, resume_url: &str, shard: Option<ShardId>) -> String {
        guild::ready(self, session_id, resume_url, shard)
    }

    /// Writes the payload of GUILD_CREATE as a session with every intent gets it.
    #[must_use]
    pub fn guild_create(&self, id: GuildId) -> Option<String> {
        self.guild_create_for(id, Intents::DOCUMENTED, 250)
    }

    /// Writes the payload of GUILD_CREATE as a session with these settings gets it.
    #[must_use]
    pub fn guild_create_for(
        &self,
        id: GuildId,
        intents: Intents,
        large_threshold: u32,
    ) -> Option<String> {
        let shown = self.guild(id)?;
        Some(guild::create(shown, &self.cast, intents, large_threshold))
    }

    /// Prepares drawing from the guilds of a shard.
    pub(crate) fn draw(&self, shard: ShardId) -> Draw {
        let mut draw = Draw::default();
        let mut sum = 0;
        for (slot, guild) in self.guilds.iter().enumerate() {
            if guild.id.shard(shard.count) == shard.id {
                sum += guild.weight;
                draw.slots.push(slot);
                draw.sums.push(sum);
            }
        }
        draw
    }

    fn event_in(&mut self, slot: usize) -> Option<Event> {
        let guild = self.guilds.get_mut(slot)?;
        Some(mix::next(guild, &mut self.cast))
    }
}

/// Says how many users it takes so that three memberships in five are a user's first.
fn population(size: WorldSize) -> usize {
    let usual = u64::from(size.guilds) * u64::from(size.members);
    let large = u64::from(size.large_guilds) * 1_000;
    let largest = if size.large_guilds > 0 { 1_000 } else { 0 }.max(u64::from(size.members));
    usize::try_from(((usual + large) * 3 / 5).max(largest + 100)).unwrap_or(usize::MAX)
}
