//! What it costs to share a cache between tasks.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gatewright_bench_harness::traffic::Document;
use gatewright_core::cache::{Cache, Heap, Kind, Limit, Settings, SharedCache};
use gatewright_core::internals::fast_envelope;
use gatewright_core::{Dispatch, Encoding, GuildId, ShardId, UserId};
use gatewright_sim::{World, WorldSize};

use crate::check::Random;
use crate::side::MESSAGES_PER_CHANNEL;
use crate::speed::{self, Stage};

/// What is done, alone or shared.
pub const WHAT: [&str; 3] = ["event", "look up", "copy"];

/// How many rows are looked up in a run.
const LOOKUPS: usize = 1_000;

/// A cache of its own, or one that is shared.
enum Held {
    Alone(Box<Cache<Heap>>),
    Shared(SharedCache),
}

/// Something to be done with a cache that has 20 guilds of 100 members and took some events.
pub struct Sharing {
    held: Held,
    world: World,
    documents: Vec<Document>,
    members: Vec<(GuildId, UserId)>,
    what: String,
    events: u64,
}

impl Sharing {
    /// Makes the cache; `events` are in a run.
    pub fn new(what: &str, shared: bool, events: u64) -> Self {
        let mut settings = Settings::default().with_limit(Kind::Message, Limit::refuse(u32::MAX));
        settings.max_messages_per_channel = MESSAGES_PER_CHANNEL.into();
        let held = if shared {
            Held::Shared(SharedCache::new([ShardId::ONE], settings))
        } else {
            Held::Alone(Box::new(Cache::new(settings)))
        };
        let world = World::new(7, WorldSize { guilds: 20, members: 100, large_guilds: 0 });
        let (documents, members, what) = (Vec::new(), Vec::new(), what.to_owned());
        let mut sharing = Self { held, world, documents, members, what, events: 5_000 };
        let guilds = sharing.world.guilds().iter();
        let creates: Vec<_> = guilds.map(|guild| sharing.world.guild_create(guild.id)).collect();
        for (seq, d) in (1..).zip(creates.into_iter().flatten()) {
            sharing.take(&Document::new("GUILD_CREATE", seq, &d, Encoding::Json));
        }
        sharing.ready();
        sharing.apply();
        sharing.members = sharing.draw();
        sharing.events = events;
        sharing
    }

    /// Draws members that are there.
    fn draw(&self) -> Vec<(GuildId, UserId)> {
        let keys = |cache: &mut Vec<_>, members: gatewright_core::cache::View<'_, _, Heap>| {
            cache.extend(members.iter().map(|row| row.key()));
        };
        let mut all = Vec::new();
        match &self.held {
            Held::Alone(cache) => keys(&mut all, cache.members()),
            Held::Shared(cache) => {
                cache.read_shard(ShardId::ONE, |tables| keys(&mut all, tables.members()));
            }
        }
        all.sort_unstable();
        let mut random = Random(3);
        (0..LOOKUPS).map(|_| all[random.below(all.len())]).collect()
    }

    fn take(&mut self, document: &Document) {
        let seq = fast_envelope(&document.whole);
        let event = Dispatch::new(document.name, seq, Encoding::Json, &document.data);
        let event = event.expect("UTF-8");
        let applied = match &mut self.held {
            Held::Alone(cache) => cache.apply(&event, &mut ()),
            Held::Shared(cache) => {
                cache.apply(ShardId::ONE, &event, &mut ()).expect("the shard is there")
            }
        };
        assert_eq!((applied.broken, applied.refused), (0, 0));
    }

    fn apply(&mut self) {
        let documents = std::mem::take(&mut self.documents);
        documents.iter().for_each(|document| self.take(document));
    }

    fn look_up(&self) {
        for (guild, user) in &self.members {
            let key = (*guild, *user);
            let found = match &self.held {
                Held::Alone(cache) => cache.members().get(key).is_some(),
                Held::Shared(cache) => {
                    cache.read(*guild, |tables| tables.members().get(key).is_some()) == Some(true)
                }
            };
            assert!(found);
        }
    }

    fn copy(&self) {
        for (guild, user) in &self.members {
            let copy = match &self.held {
                Held::Alone(cache) => {
                    cache.members().get((*guild, *user)).map(|row| row.into_owned())
                }
                Held::Shared(cache) => cache.member(*guild, *user),
            };
            assert!(black_box(copy).is_some());
        }
    }
}

impl Stage for Sharing {
    fn ready(&mut self) {
        self.documents = speed::steady(&mut self.world, self.events);
    }

    fn run(&mut self) {
        match &*self.what {
            "event" => self.apply(),
            "look up" => self.look_up(),
            _ => self.copy(),
        }
    }

    fn size(&self) -> (u64, u64) {
        (if self.what == "event" { self.events } else { LOOKUPS as u64 }, 0)
    }
}

/// Applies events while so many threads look members up without a pause; returns the time an event took, and how many
/// look-ups were done meanwhile.
#[expect(clippy::disallowed_methods, reason = "waiting counts, which no time of a thread tells")]
pub fn with_readers(readers: usize, events: u64) -> (Duration, u64) {
    let mut sharing = Sharing::new("event", true, events);
    sharing.ready();
    let (over, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let Held::Shared(cache) = &sharing.held else { return Default::default() };
    let (cache, members) = (cache.clone(), sharing.members.clone());
    let took = thread::scope(|scope| {
        for _ in 0..readers {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    for (guild, user) in &members {
                        let key = (*guild, *user);
                        black_box(cache.read(*guild, |tables| tables.members().contains(key)));
                    }
                    done.fetch_add(members.len() as u64, Ordering::Relaxed);
                }
            });
        }
        let start = Instant::now();
        sharing.apply();
        let took = start.elapsed();
        over.store(true, Ordering::Relaxed);
        took
    });
    (took / u32::try_from(events).unwrap_or(u32::MAX), done.load(Ordering::Relaxed))
}
