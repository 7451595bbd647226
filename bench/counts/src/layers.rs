//! The layers, and what they are run over.

use std::hint::black_box;

use gatewright_bench_harness::shard::{OPENING, drive};
use gatewright_bench_harness::traffic::{self, Document};
use gatewright_bench_inflate::wire;
use gatewright_core::internals::{Documents, Inflate, fast_envelope};
use gatewright_core::{Compression, Config, Dispatch, Encoding, Intents, Memory, Shard};
use gatewright_sim::WorldSize;

use crate::cached::{Cached, Guilds, LookUps};

/// Something to be run again and again.
pub trait Stage {
    /// Makes ready for the next run; it does not count.
    fn ready(&mut self) {}

    fn run(&mut self);

    /// Returns how many events or look-ups a run is of.
    fn size(&self) -> u64;
}

/// A layer over a set of documents.
pub struct Layer {
    pub what: &'static str,
    pub set: &'static str,
    pub encoding: Encoding,
}

/// The guilds of the steady mix in a cache: those of the other measurements.
const WORLD: WorldSize = WorldSize { guilds: 20, members: 100, large_guilds: 0 };

/// Returns every layer there is.
#[must_use]
pub fn layers() -> Vec<Layer> {
    let json = |what, set| Layer { what, set, encoding: Encoding::Json };
    let etf = |what, set| Layer { what, set, encoding: Encoding::Etf };
    vec![
        json("envelope", "steady"),
        json("inflate", "steady"),
        json("inflate", "GUILD_CREATE"),
        json("inflate, UTF-8, envelope", "steady"),
        json("decode", "steady"),
        etf("decode", "steady"),
        json("decode", "GUILD_CREATE"),
        json("shard, plain", "steady"),
        etf("shard, plain", "steady"),
        json("shard, zlib-stream", "steady"),
        json("cache", "steady"),
        etf("cache", "steady"),
        json("cache", "GUILD_CREATE"),
        json("look up", "members"),
        json("look up and read", "members"),
    ]
}

/// Prepares a layer over so many events of daily life, or all guilds.
#[must_use]
pub fn prepare(layer: &Layer, events: u64) -> Box<dyn Stage> {
    let Layer { what, set, encoding } = *layer;
    let documents = || traffic::set(set, encoding, events);
    match (what, set) {
        ("envelope", _) => Box::new(Each(documents(), envelope)),
        ("decode", _) => Box::new(Each(documents(), decode)),
        ("inflate", _) => Box::new(Inflated::new(&documents())),
        ("inflate, UTF-8, envelope", _) => {
            let (whole, size) = compressed(&[], &documents());
            Box::new(Messages { run: documents_of, compression: ZLIB, encoding, whole, size })
        }
        ("shard, plain", _) => {
            let (whole, size) = plain(&documents());
            Box::new(Messages { run: shard, compression: Compression::None, encoding, whole, size })
        }
        ("shard, zlib-stream", _) => {
            let (whole, size) = compressed(&OPENING, &documents());
            Box::new(Messages { run: shard, compression: ZLIB, encoding, whole, size })
        }
        ("cache", "steady") => Box::new(Cached::new(WORLD, encoding, events)),
        ("cache", _) => Box::new(Guilds::new(documents())),
        _ => Box::new(LookUps::new(WORLD, what == "look up and read")),
    }
}

const ZLIB: Compression = Compression::ZlibStream;

/// Does something with each document.
struct Each(Vec<Document>, fn(&Document));

impl Stage for Each {
    fn run(&mut self) {
        self.0.iter().for_each(self.1);
    }

    fn size(&self) -> u64 {
        self.0.len() as u64
    }
}

fn envelope(document: &Document) {
    black_box(fast_envelope(&document.whole).expect("a dispatch"));
}

fn decode(document: &Document) {
    let dispatch = Dispatch::new(document.name, None, document.encoding, &document.data);
    let payload = dispatch.and_then(|dispatch| dispatch.payload());
    black_box(payload.expect("the world makes no broken event"));
}

/// Compresses texts and documents as one stream; returns the number of documents too.
fn compressed(opening: &[&str], documents: &[Document]) -> (Vec<Vec<u8>>, u64) {
    let opening = opening.iter().map(|text| text.as_bytes());
    let all = opening.chain(documents.iter().map(|document| &document.whole[..]));
    (wire::compress(ZLIB, all), documents.len() as u64)
}

/// Puts the opening of a session in front of documents.
fn plain(documents: &[Document]) -> (Vec<Vec<u8>>, u64) {
    let etf = documents.iter().any(|document| document.encoding == Encoding::Etf);
    let opening = OPENING.map(|text| match etf {
        true => gatewright_sim::to_etf(text, gatewright_sim::Dialect::Old),
        false => text.as_bytes().to_vec(),
    });
    let whole = opening.into_iter().chain(documents.iter().map(|document| document.whole.clone()));
    (whole.collect(), documents.len() as u64)
}

/// Our decoder by itself, with its output in one buffer.
struct Inflated {
    messages: Vec<Vec<u8>>,
    out: Vec<u8>,
}

impl Inflated {
    fn new(documents: &[Document]) -> Self {
        let bytes: usize = documents.iter().map(|document| document.whole.len()).sum();
        Self { messages: compressed(&[], documents).0, out: vec![0; bytes] }
    }
}

impl Stage for Inflated {
    fn run(&mut self) {
        let (mut state, mut at) = (Inflate::new(), 0);
        for message in &self.messages {
            at += state.inflate(message, &mut self.out, at, false).expect("a good stream").written;
        }
        assert_eq!(at, self.out.len());
    }

    fn size(&self) -> u64 {
        self.messages.len() as u64
    }
}

/// Does something with all messages of a connection.
struct Messages {
    run: fn(Compression, Encoding, &[Vec<u8>]),
    compression: Compression,
    encoding: Encoding,
    whole: Vec<Vec<u8>>,
    size: u64,
}

impl Stage for Messages {
    fn run(&mut self) {
        (self.run)(self.compression, self.encoding, &self.whole);
    }

    fn size(&self) -> u64 {
        self.size
    }
}

fn documents_of(compression: Compression, encoding: Encoding, messages: &[Vec<u8>]) {
    let mut layer = Documents::new(encoding, compression);
    for message in messages {
        black_box(layer.take(false, message).expect("a good stream"));
    }
}

fn shard(compression: Compression, encoding: Encoding, messages: &[Vec<u8>]) {
    let config = Config::new("token", Intents::DOCUMENTED).encoding(encoding);
    let mut shard = Shard::new(config, 1, Memory::heap(compression)).expect("good settings");
    let text = compression == Compression::None && encoding == Encoding::Json;
    drive(&mut shard, messages, text);
    assert!(shard.session().is_some_and(|session| session.received > 1), "no event was taken");
}
