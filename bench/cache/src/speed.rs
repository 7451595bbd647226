//! What the caches are timed and counted at.

use std::hint::black_box;
use std::rc::Rc;

use gatewright_bench_harness::traffic::{self, Document};
use gatewright_core::Encoding;
use gatewright_sim::{World, WorldSize};

use crate::check::Random;
use crate::session;
use crate::side::{Kept, Key, Side, Table};

/// Something to be done with a cache, again and again.
pub trait Stage {
    /// Makes ready for the next run; it does not count.
    fn ready(&mut self);

    fn run(&mut self);

    /// Returns how many events or rows a run is of, and of how many bytes.
    fn size(&self) -> (u64, u64);
}

/// How much is counted or timed.
#[derive(Clone, Copy)]
pub struct Scale {
    pub events: u64,
    /// What rows are looked up and gone through in.
    pub world: WorldSize,
    pub messages: u64,
}

/// For callgrind, which is slow.
pub const COUNTED: Scale = Scale {
    events: 1_000,
    world: WorldSize { guilds: 5, members: 20, large_guilds: 1 },
    messages: 200,
};

pub const TIMED: Scale = Scale {
    events: 5_000,
    world: WorldSize { guilds: 500, members: 20, large_guilds: 100 },
    messages: 30_000,
};

/// How many rows are looked up in a run.
const LOOKUPS: usize = 10_000;

/// What can be done.
pub const EVENTS: [&str; 2] = ["steady", "GUILD_CREATE"];

/// What rows are looked up and gone through by.
pub const ROWS: [&str; 3] = ["get", "read", "each"];

/// The tables of which rows are looked up.
pub const TABLES: [Table; 4] = [Table::Channel, Table::Member, Table::Presence, Table::Message];

/// Prepares something that is done with events.
pub fn of_events<S: Side>(what: &str, scale: Scale) -> Box<dyn Stage> {
    if what == "GUILD_CREATE" {
        let documents = traffic::set("GUILD_CREATE", Encoding::Json, 0);
        return Box::new(Guilds::<S> { side: None, documents });
    }
    Box::new(Steady::<S>::new(scale))
}

/// The steady mix, which goes on from run to run.
struct Steady<S> {
    side: S,
    world: World,
    documents: Vec<Document>,
    events: u64,
}

impl<S: Side> Steady<S> {
    /// Guilds of the size that the other measurements have, and some events before those that count.
    fn new(scale: Scale) -> Self {
        let mut side = S::new(Kept::ALL);
        let mut world = World::new(7, WorldSize { guilds: 20, members: 100, large_guilds: 0 });
        session::guilds(&mut side, &world, &mut |_, _, take| take());
        session::events(&mut side, &mut world, 5_000, None, &mut |_, _, take| take());
        Self { side, world, documents: Vec::new(), events: scale.events }
    }
}

impl<S: Side> Stage for Steady<S> {
    fn ready(&mut self) {
        self.documents = steady(&mut self.world, self.events);
    }

    fn run(&mut self) {
        self.documents.iter().for_each(|document| self.side.take(document));
    }

    fn size(&self) -> (u64, u64) {
        size(&self.documents)
    }
}

/// Returns the next events of a world's daily life.
pub(crate) fn steady(world: &mut World, events: u64) -> Vec<Document> {
    let event = |seq| {
        let event = world.next_event().expect("a world with guilds never ends");
        Document::new(event.kind, seq, &event.d, Encoding::Json)
    };
    (10_000..10_000 + events).map(event).collect()
}

/// Large guilds that come into an empty cache.
struct Guilds<S> {
    side: Option<S>,
    documents: Vec<Document>,
}

impl<S: Side> Stage for Guilds<S> {
    fn ready(&mut self) {
        self.side = Some(S::new(Kept::ALL));
    }

    fn run(&mut self) {
        let side = self.side.as_mut().expect("made ready");
        self.documents.iter().for_each(|document| side.take(document));
    }

    fn size(&self) -> (u64, u64) {
        size(&self.documents)
    }
}

fn size(documents: &[Document]) -> (u64, u64) {
    let bytes = documents.iter().map(|document| document.whole.len() as u64).sum();
    (documents.len() as u64, bytes)
}

/// Fills a cache to look rows up in.
pub fn fill<S: Side>(scale: Scale) -> Rc<S> {
    let mut side = S::new(Kept::ALL);
    let mut world = World::new(9, scale.world);
    session::guilds(&mut side, &world, &mut |_, _, take| take());
    let (events, only) = (scale.messages * 7, Some("MESSAGE_CREATE"));
    session::events(&mut side, &mut world, events, only, &mut |_, _, take| take());
    Rc::new(side)
}

/// Prepares something that is done with rows of a table.
pub fn of_rows<S: Side>(what: &str, table: Table, side: &Rc<S>) -> Box<dyn Stage> {
    let mut all = Vec::new();
    side.each(table, |key| all.push(key));
    all.sort_unstable();
    let mut random = Random(3);
    let keys = (0..LOOKUPS).map(|_| all[random.below(all.len())]).collect();
    let what = what.to_owned();
    Box::new(Rows { side: Rc::clone(side), table, keys, what, all: all.len() })
}

struct Rows<S> {
    side: Rc<S>,
    table: Table,
    keys: Vec<Key>,
    what: String,
    all: usize,
}

impl<S: Side> Stage for Rows<S> {
    fn ready(&mut self) {}

    fn run(&mut self) {
        let (side, table) = (&self.side, self.table);
        match &*self.what {
            "get" => assert!(self.keys.iter().all(|key| side.get(table, *key))),
            "read" => assert!(self.keys.iter().all(|key| side.read(table, *key))),
            _ => side.each(table, |key| {
                black_box(key);
            }),
        }
    }

    fn size(&self) -> (u64, u64) {
        (if self.what == "each" { self.all } else { self.keys.len() } as u64, 0)
    }
}
