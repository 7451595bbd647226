//! Caches over a made-up world: events of daily life, guilds that come, rows that are looked up.

use std::hint::black_box;

use gatewright_bench_harness::traffic::Document;
use gatewright_core::cache::{Cache, Heap, Settings};
use gatewright_core::internals::fast_envelope;
use gatewright_core::{Dispatch, Encoding, GuildId, UserId};
use gatewright_sim::{World, WorldSize};

use crate::layers::Stage;

/// How many events come before those that count.
const BEFORE: u64 = 5_000;
/// How many rows are looked up.
const LOOK_UPS: u64 = 10_000;

/// Lets a cache take a document, envelope and all.
///
/// # Panics
/// If the cache does not understand it or has no room.
pub fn take(cache: &mut Cache<Heap>, document: &Document) {
    let seq = match document.encoding {
        Encoding::Json => fast_envelope(&document.whole),
        _ => None,
    };
    let event = Dispatch::new(document.name, seq, document.encoding, &document.data);
    let applied = cache.apply(&event.expect("a good document"), &mut ());
    assert!(applied.broken == 0 && applied.refused == 0, "{applied:?}");
}

/// Lets a cache take the guilds of a world.
fn fill(cache: &mut Cache<Heap>, world: &World, encoding: Encoding) {
    for guild in world.guilds() {
        let d = world.guild_create(guild.id).expect("a guild of the world");
        take(cache, &Document::new("GUILD_CREATE", 2, &d, encoding));
    }
}

fn daily(world: &mut World, encoding: Encoding, events: u64) -> Vec<Document> {
    let event = |seq| {
        let event = world.next_event().expect("a world with guilds never ends");
        Document::new(event.kind, seq, &event.d, encoding)
    };
    (3..3 + events).map(event).collect()
}

/// The events of daily life, which go on from run to run.
pub struct Cached {
    cache: Cache<Heap>,
    world: World,
    documents: Vec<Document>,
    encoding: Encoding,
    events: u64,
}

impl Cached {
    #[must_use]
    pub fn new(size: WorldSize, encoding: Encoding, events: u64) -> Self {
        let mut cache = Cache::new(Settings::default());
        let mut world = World::new(7, size);
        fill(&mut cache, &world, encoding);
        for document in daily(&mut world, encoding, BEFORE) {
            take(&mut cache, &document);
        }
        Self { cache, world, documents: Vec::new(), encoding, events }
    }
}

impl Cached {
    #[must_use]
    pub const fn cache(&self) -> &Cache<Heap> {
        &self.cache
    }

    #[must_use]
    pub fn into_cache(self) -> Cache<Heap> {
        self.cache
    }

    /// Returns the events of the next run.
    #[must_use]
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }
}

impl Stage for Cached {
    fn ready(&mut self) {
        self.documents = daily(&mut self.world, self.encoding, self.events);
    }

    fn run(&mut self) {
        self.documents.iter().for_each(|document| take(&mut self.cache, document));
    }

    fn size(&self) -> u64 {
        self.events
    }
}

/// Guilds that come into an empty cache.
pub struct Guilds {
    cache: Cache<Heap>,
    documents: Vec<Document>,
}

impl Guilds {
    #[must_use]
    pub fn new(documents: Vec<Document>) -> Self {
        Self { cache: Cache::new(Settings::default()), documents }
    }
}

impl Stage for Guilds {
    fn ready(&mut self) {
        self.cache = Cache::new(Settings::default());
    }

    fn run(&mut self) {
        self.documents.iter().for_each(|document| take(&mut self.cache, document));
    }

    fn size(&self) -> u64 {
        self.documents.len() as u64
    }
}

/// Members that are looked up, chosen at random.
pub struct LookUps {
    cache: Cache<Heap>,
    keys: Vec<(GuildId, UserId)>,
    read: bool,
}

impl LookUps {
    #[must_use]
    pub fn new(size: WorldSize, read: bool) -> Self {
        let mut cache = Cache::new(Settings::default());
        fill(&mut cache, &World::new(7, size), Encoding::Json);
        Self::of(cache, read)
    }

    /// Chooses members of a cache.
    #[must_use]
    pub fn of(cache: Cache<Heap>, read: bool) -> Self {
        let mut all: Vec<_> = cache.members().iter().map(|row| row.key()).collect();
        all.sort_unstable();
        let chosen = |number: u64| {
            // The fractional parts of the multiples of the golden ratio are spread evenly.
            let spread = u128::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            all[((spread * all.len() as u128) >> 64) as usize]
        };
        let keys = (1..=LOOK_UPS).map(chosen).collect();
        Self { cache, keys, read }
    }
}

impl Stage for LookUps {
    fn run(&mut self) {
        let members = self.cache.members();
        for key in &self.keys {
            let row = black_box(members.get(*key)).expect("a member");
            if self.read {
                assert!(black_box(row.read()).is_ok());
            }
        }
    }

    fn size(&self) -> u64 {
        self.keys.len() as u64
    }
}
