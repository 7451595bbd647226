//! The documents that are measured: what the simulated world sends, the same for every run.

use std::collections::BTreeMap;

use gatewright_core::{Encoding, EventKind};
use gatewright_sim::{Dialect, World, WorldSize, envelope, to_etf};

/// A dispatch as it comes off the wire, inflated.
pub struct Document {
    pub name: &'static str,
    pub kind: EventKind,
    pub encoding: Encoding,
    pub whole: Vec<u8>,
    /// Its `d`; in ETF without the version byte.
    pub data: Vec<u8>,
}

impl Document {
    /// Makes one of the `d` that the world made.
    pub fn new(name: &'static str, seq: u64, d: &str, encoding: Encoding) -> Self {
        let text = envelope(name, seq, d);
        let (whole, data) = match encoding {
            Encoding::Etf => (to_etf(&text, Dialect::Old), to_etf(d, Dialect::Old).split_off(1)),
            _ => (text.into_bytes(), d.as_bytes().to_vec()),
        };
        Self { name, kind: EventKind::of_dispatch(name.as_bytes()), encoding, whole, data }
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.whole).expect("JSON is text")
    }

    pub fn data_text(&self) -> &str {
        std::str::from_utf8(&self.data).expect("JSON is text")
    }
}

/// Makes a set by its name: `steady`, `large`, or the events of one kind in the steady mix.
pub fn set(name: &str, encoding: Encoding, events: u64) -> Vec<Document> {
    match name {
        "steady" => steady(encoding, events),
        "GUILD_CREATE" => large(encoding),
        kind => {
            steady(encoding, events).into_iter().filter(|document| document.name == kind).collect()
        }
    }
}

/// Events of daily life in guilds of a hundred members.
fn steady(encoding: Encoding, events: u64) -> Vec<Document> {
    let mut world = World::new(7, WorldSize { guilds: 20, members: 100, large_guilds: 0 });
    let event = |seq| {
        let event = world.next_event().expect("a world with guilds never ends");
        Document::new(event.kind, seq, &event.d, encoding)
    };
    (1..=events).map(event).collect()
}

/// Guilds of 1,000 members, about 1 MB each in JSON.
fn large(encoding: Encoding) -> Vec<Document> {
    let world = World::new(8, WorldSize { guilds: 0, members: 0, large_guilds: 2 });
    let create = |(guild, seq): (&gatewright_sim::Guild, u64)| {
        let d = world.guild_create(guild.id).expect("a guild of the world");
        Document::new("GUILD_CREATE", seq, &d, encoding)
    };
    world.guilds().iter().zip(2..).map(create).collect()
}

/// Tells what a set is made of.
pub fn describe(documents: &[Document]) -> String {
    let bytes: usize = documents.iter().map(|document| document.whole.len()).sum();
    let mut kinds = BTreeMap::new();
    for document in documents {
        *kinds.entry(document.name).or_insert(0_usize) += 1;
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let share = |count: usize| 100 * count / documents.len();
    let mix: Vec<_> =
        kinds.iter().take(6).map(|(name, count)| format!("{name} {} %", share(*count))).collect();
    format!(
        "{} documents of {} bytes: {}",
        documents.len(),
        bytes / documents.len(),
        mix.join(", ")
    )
}
