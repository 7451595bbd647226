//! Documents delivered whole and in any other way.

use std::sync::OnceLock;

use gatewright_core::{Compression, Encoding, EventKind, Memory};
use gatewright_sim::{Dialect, World, WorldSize, envelope, to_etf};

use crate::rig::{Rig, Room, Told};
use crate::source::{Cuts, Source};
use crate::value;

/// The most documents of one input.
const MOST_DOCUMENTS: usize = 12;
/// The longest document that surely fits into the least memory.
const LONGEST: usize = 7 * 1024;

/// Documents delivered in any split of their bytes bring the same events as delivered whole.
///
/// The first byte chooses the encoding (lowest bit), lent memory (next), the compression (two more) and the
/// dialect (two more), four bytes the cuts; then come documents: events of the simulator's world by number, or
/// arbitrary ones. Where messages mean nothing, which is without compression and in a zlib stream, all bytes are joined and cut
/// into messages, but for lent memory, which must hold all documents of a message; elsewhere
/// each message is cut into pieces.
pub fn chunked_vs_whole(data: &[u8]) {
    let mut source = Source::new(data);
    let setup = source.byte();
    let cuts = Cuts::draw(&mut source);
    let setup = Setup::of(setup);
    let mut documents = Vec::new();
    while !source.is_empty() && documents.len() < MOST_DOCUMENTS {
        let document = setup.document(&mut source, documents.len());
        if document.len() <= LONGEST || !setup.lent {
            documents.push(document);
        }
    }
    let whole = setup.run(&documents, |rig, messages| {
        messages.iter().for_each(|message| rig.message(&[message]));
    });
    let count = whole.iter().filter(|told| matches!(told, Told::Dispatch { .. })).count();
    assert_eq!(count, documents.len(), "{whole:?}");
    let joins = matches!(setup.compression, Compression::None | Compression::ZlibStream);
    let chunked = setup.run(&documents, |rig, messages| {
        if joins && !setup.lent && !messages.is_empty() {
            cuts.of(&messages.concat()).into_iter().for_each(|part| rig.message(&[part]));
        } else {
            messages.iter().for_each(|message| rig.message(&cuts.of(message)));
        }
    });
    assert_eq!(chunked, whole, "{setup:?} {cuts:?}");
}

/// How the documents go.
#[derive(Clone, Copy, Debug)]
struct Setup {
    encoding: Encoding,
    compression: Compression,
    lent: bool,
    dialect: Dialect,
}

impl Setup {
    fn of(setup: u8) -> Self {
        let encoding = crate::envelope::encoding(setup);
        let compression = match (setup >> 2 & 3, encoding) {
            (0, _) | (1, Encoding::Etf) => Compression::None,
            (1, _) => Compression::Zlib,
            (2, _) => Compression::ZlibStream,
            _ => Compression::ZstdStream,
        };
        let dialect = match setup >> 4 & 3 {
            0 => Dialect::Old,
            seed => Dialect::New { seed: seed.into() },
        };
        Self { encoding, compression, lent: setup & 2 != 0, dialect }
    }

    /// Draws a document; sequence numbers rise, now and then with a gap.
    fn document(&self, source: &mut Source<'_>, at: usize) -> Vec<u8> {
        let (what, seq) = (source.byte(), 2 + 2 * at as u64);
        let json = if what < 160 {
            let events = events();
            let (kind, d) = &events[source.below(events.len())];
            envelope(kind, seq + u64::from(what & 1), d)
        } else {
            let kind = EventKind::documented().nth(source.byte().into());
            let kind = kind.filter(|kind| *kind != EventKind::Ready);
            let kind = kind.unwrap_or(EventKind::GuildCreate);
            envelope(kind.name(), seq, &value::draw(source, 4).to_string())
        };
        match self.encoding {
            Encoding::Json => json.into_bytes(),
            _ => to_etf(&json, self.dialect),
        }
    }

    /// Delivers the documents, packed, and returns the events that came of them.
    fn run(
        &self,
        documents: &[Vec<u8>],
        deliver: impl FnOnce(&mut Rig<'_>, &[Vec<u8>]),
    ) -> Vec<Told> {
        let mut room = Room::new();
        let memory = match self.lent {
            true => room.lend(self.compression),
            false => Memory::heap(self.compression),
        };
        let mut rig = Rig::new(self.encoding, memory, u64::MAX, 6);
        rig.go_live();
        rig.told.clear();
        let messages: Vec<_> =
            documents.iter().map(|document| rig.pack_document(document)).collect();
        deliver(&mut rig, &messages);
        rig.told
    }
}

/// Events of a small world: names and payloads.
fn events() -> &'static [(&'static str, String)] {
    static EVENTS: OnceLock<Vec<(&str, String)>> = OnceLock::new();
    EVENTS.get_or_init(|| {
        let mut world = World::new(1, WorldSize { guilds: 2, members: 5, large_guilds: 0 });
        let guilds: Vec<_> = world.guilds().iter().map(|guild| guild.id).collect();
        let creates = guilds.into_iter().filter_map(|id| world.guild_create(id));
        let mut events: Vec<_> = creates.map(|d| ("GUILD_CREATE", d)).collect();
        let next = std::iter::from_fn(|| world.next_event());
        events.extend(next.take(510).map(|event| (event.kind, event.d)));
        events
    })
}

/// Returns the payload of an event by number, for other properties.
pub(crate) fn payload_of_world(number: usize) -> (&'static str, &'static str) {
    let events = events();
    let (kind, d) = &events[number % events.len()];
    (kind, d)
}
