//! The caches of several shards, shared by many tasks.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use std::sync::{PoisonError, RwLock};

use super::change::{Applied, Observer};
use super::family::Heap;
use super::owned::OwnedRow;
use super::table::{Guilds, Members, Table};
use super::{Cache, Settings, Tables};
use crate::{Dispatch, Event, GuildId, ShardId, UserId};

/// The caches of the shards of a process, one each, shared by its tasks.
///
/// An event locks the cache of its shard alone, as long as it is applied; reading locks it for other readers not at
/// all, and for events as long as the closure runs. Nothing that is locked leaves a closure, so that nobody holds it
/// while a task waits. Clones share the caches.
///
/// A closure or an observer that asks the same shard again waits for itself for ever. If one panics in the middle of a
/// change, the cache of that shard is emptied, and [cold](Cache::is_cold) until the next READY.
///
/// ```
/// use gatewright_core::cache::{Roles, Settings, SharedCache};
/// use gatewright_core::{Dispatch, Encoding, GuildId, RoleId, ShardId};
///
/// let shard = ShardId { id: 0, count: 1 };
/// let cache = SharedCache::new([shard], Settings::default());
/// let d = br#"{"guild_id": "1", "role": {"id": "2", "name": "mods"}}"#;
/// let event = Dispatch::new("GUILD_ROLE_CREATE", None, Encoding::Json, d)?;
/// cache.apply(shard, &event, &mut ());
///
/// assert_eq!(cache.read(GuildId(1), |tables| tables.roles().in_guild(GuildId(1)).len()), Some(1));
/// let role = cache.get::<Roles>(GuildId(1), RoleId(2)).ok_or("no role")?;
/// assert_eq!(role.read()?.name.ok_or("no name")?, "mods");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SharedCache(Arc<[(ShardId, RwLock<Cache<Heap>>)]>);

impl SharedCache {
    /// Creates one with a cache for each shard.
    #[must_use]
    pub fn new(shards: impl IntoIterator<Item = ShardId>, settings: Settings) -> Self {
        let new = |shard| (shard, RwLock::new(Cache::new(settings)));
        let shards: Vec<_> = shards.into_iter().map(new).collect();
        Self(shards.into())
    }

    /// Hears an event of a shard, as [`Cache::hear`]; nothing if the shard is none of these.
    pub fn hear(
        &self,
        shard: ShardId,
        event: &Event<'_>,
        observer: &mut impl Observer<Heap>,
    ) -> Option<Applied> {
        self.write(shard, |cache| cache.hear(event, observer))
    }

    /// Does what an event of a shard tells; nothing if the shard is none of these.
    pub fn apply(
        &self,
        shard: ShardId,
        event: &Dispatch<'_>,
        observer: &mut impl Observer<Heap>,
    ) -> Option<Applied> {
        self.write(shard, |cache| cache.apply(event, observer))
    }

    /// Changes the cache of a shard; nothing if the shard is none of these.
    pub fn write<R>(
        &self,
        shard: ShardId,
        change: impl FnOnce(&mut Cache<Heap>) -> R,
    ) -> Option<R> {
        let (_, cache) = self.0.iter().find(|(other, _)| *other == shard)?;
        mend(cache);
        Some(change(&mut cache.write().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Reads the tables of the shard of a guild; nothing if that shard is none of these.
    ///
    /// Events of the shard wait until the closure is done: what takes long belongs behind it, on an owned copy.
    pub fn read<R>(&self, guild: GuildId, read: impl FnOnce(Tables<'_, Heap>) -> R) -> Option<R> {
        self.read_if(|shard| shard.id == guild.shard(shard.count), read)
    }

    /// Reads the tables of a shard; nothing if it is none of these.
    pub fn read_shard<R>(
        &self,
        shard: ShardId,
        read: impl FnOnce(Tables<'_, Heap>) -> R,
    ) -> Option<R> {
        self.read_if(|other| other == shard, read)
    }

    /// Returns a copy of a row of a guild, with the rows it refers to.
    #[must_use]
    pub fn get<T: Table>(&self, guild: GuildId, key: T::Key<'_>) -> Option<OwnedRow<T>> {
        self.read(guild, |tables| tables.table::<T>().get(key).map(super::Row::into_owned))?
    }

    /// Returns a copy of a guild.
    #[must_use]
    pub fn guild(&self, guild: GuildId) -> Option<OwnedRow<Guilds>> {
        self.get(guild, guild)
    }

    /// Returns a copy of a member, with its user.
    #[must_use]
    pub fn member(&self, guild: GuildId, user: UserId) -> Option<OwnedRow<Members>> {
        self.get(guild, (guild, user))
    }

    /// Returns which shards there are.
    pub fn shards(&self) -> impl Iterator<Item = ShardId> {
        self.0.iter().map(|(shard, _)| *shard)
    }

    fn read_if<R>(
        &self,
        is: impl Fn(ShardId) -> bool,
        read: impl FnOnce(Tables<'_, Heap>) -> R,
    ) -> Option<R> {
        let (_, cache) = self.0.iter().find(|(shard, _)| is(*shard))?;
        mend(cache);
        Some(read(cache.read().unwrap_or_else(PoisonError::into_inner).tables()))
    }
}

/// Empties a cache in whose change somebody panicked: nobody knows what is left of it.
fn mend(cache: &RwLock<Cache<Heap>>) {
    if !cache.is_poisoned() {
        return;
    }
    // Another task may have done it while this one waited: then the lock is whole again.
    if let Err(half) = cache.write() {
        let mut half = half.into_inner();
        half.records.clear();
        half.records.session.cold = true;
        cache.clear_poison();
    }
}

impl fmt::Debug for SharedCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.shards()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::thread;

    use super::*;
    use crate::Encoding;
    use crate::cache::{Roles, VoiceStates};

    fn role(shared: &SharedCache, shard: ShardId, guild: GuildId, name: &str) -> Option<Applied> {
        let d = format!(r#"{{"guild_id": "{guild}", "role": {{"id": "7", "name": "{name}"}}}}"#);
        let event = Dispatch::new("GUILD_ROLE_CREATE", None, Encoding::Json, d.as_bytes()).unwrap();
        shared.apply(shard, &event, &mut ())
    }

    #[test]
    fn each_guild_is_read_from_its_shard() {
        let shards = [ShardId::new(0, 3), ShardId::new(2, 3)];
        let shared = SharedCache::new(shards, Settings::default());
        let guilds = [GuildId(3 << 22), GuildId(4 << 22), GuildId(5 << 22)];
        assert_eq!(role(&shared, shards[0], guilds[0], "a").unwrap().added, 1);
        assert_eq!(role(&shared, shards[1], guilds[2], "b").unwrap().added, 1);
        assert_eq!(role(&shared, ShardId::new(1, 3), guilds[1], "c"), None);
        let name = |guild| {
            let role = shared.get::<Roles>(guild, crate::RoleId(7))?;
            role.read().unwrap().name.map(|name| std::string::ToString::to_string(&name))
        };
        assert_eq!(guilds.map(name), [Some("a".into()), None, Some("b".into())]);
        assert_eq!(shared.read(guilds[1], |tables| tables.roles().len()), None);
        assert_eq!(shared.read_shard(shards[1], |tables| tables.roles().len()), Some(1));
        assert!(shared.get::<VoiceStates>(guilds[0], (guilds[0], UserId(1))).is_none());
    }

    #[test]
    fn readers_see_whole_events_only() {
        let shard = ShardId::ONE;
        let shared = SharedCache::new([shard], Settings::default());
        let guild = GuildId(1);
        let event = |name: &str| {
            let d = format!(
                r#"{{"guild_id": "1", "emojis": [{{"id": "1", "name": "{name}"}}, {{"id": "2", "name": "{name}"}}]}}"#
            );
            let event = Dispatch::new("GUILD_EMOJIS_UPDATE", None, Encoding::Json, d.as_bytes());
            shared.apply(shard, &event.unwrap(), &mut ()).unwrap();
        };
        event("a");
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let same = shared.read(guild, |tables| {
                            let name = |at| tables.emojis().at(at).unwrap().into_owned();
                            let (one, other) = (name(0), name(1));
                            one.read().unwrap().name == other.read().unwrap().name
                        });
                        assert_eq!(same, Some(true));
                    }
                });
            }
            for round in 0..500 {
                event(if round % 2 == 0 { "b" } else { "a" });
            }
        });
    }

    #[test]
    fn a_reader_that_panics_leaves_the_cache_as_it_is() {
        let shared = SharedCache::new([ShardId::ONE], Settings::default());
        role(&shared, ShardId::ONE, GuildId(1), "a").unwrap();
        let other = shared.clone();
        let thread = thread::spawn(move || other.read(GuildId(1), |_| panic!("meant")));
        assert!(thread.join().is_err());
        assert_eq!(shared.read(GuildId(1), |tables| tables.roles().len()), Some(1));
        assert_eq!(shared.read(GuildId(1), |tables| tables.roles().len()), Some(1));
        assert_eq!(role(&shared, ShardId::ONE, GuildId(1), "b").unwrap().changed, 1);
    }

    #[test]
    fn a_change_that_panics_empties_the_cache() {
        let shared = SharedCache::new([ShardId::ONE], Settings::default());
        role(&shared, ShardId::ONE, GuildId(1), "a").unwrap();
        let other = shared.clone();
        let thread = thread::spawn(move || {
            let d = br#"{"guild_id": "1", "role_id": "7"}"#;
            let event = Dispatch::new("GUILD_ROLE_DELETE", None, Encoding::Json, d).unwrap();
            other.apply(ShardId::ONE, &event, &mut |_: &crate::cache::Change<'_, Heap>| {
                panic!("meant")
            })
        });
        assert!(thread.join().is_err());
        assert_eq!(shared.read(GuildId(1), |tables| tables.roles().len()), Some(0));
        assert_eq!(shared.write(ShardId::ONE, |cache| cache.is_cold()), Some(true));
        assert_eq!(role(&shared, ShardId::ONE, GuildId(1), "b").unwrap().added, 1);
    }
}
