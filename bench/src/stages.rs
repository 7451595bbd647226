//! The layers and their peers, each as something to run over a set of documents.

use std::hint::black_box;

use gatewright_bench_peers as peers;
use gatewright_core::decode::Cursor;
use gatewright_core::internals::{Documents, fast_envelope, resumable_envelope};
use gatewright_core::{Compression, Dispatch, Encoding};

use crate::shards;
use gatewright_bench_harness::traffic::{self, Document};
use gatewright_bench_inflate::wire;
use gatewright_bench_read::{eager, lean};

/// A layer over a set, prepared.
pub struct Stage {
    pub events: u64,
    pub bytes: u64,
    pub run: Box<dyn FnMut()>,
}

/// One row of the table: a layer, who does it, and over which set.
pub struct Row {
    pub layer: &'static str,
    pub who: &'static str,
    pub set: &'static str,
    pub encoding: Encoding,
}

const MIX: [&str; 4] = ["steady", "MESSAGE_CREATE", "PRESENCE_UPDATE", "GUILD_CREATE"];

const PEERS: [&str; 6] = [
    "twilight-model by serde_json",
    "twilight-model by simd-json",
    "twilight-model by sonic-rs",
    "serde_json's tree",
    "simd-json's tape",
    "sonic-rs's tree",
];

const ZLIB: [&str; 4] = ["gatewright, inflate alone", "zlib-rs", "flate2 (zlib-rs)", "miniz_oxide"];

/// Every row there is.
pub fn rows() -> Vec<Row> {
    let json = |layer, who, set| Row { layer, who, set, encoding: Encoding::Json };
    let etf = |layer, who, set| Row { layer, who, set, encoding: Encoding::Etf };
    let mut rows = Vec::new();
    for who in ["gatewright", "gatewright, resumable", "twilight-model", "serde_json", "sonic-rs"] {
        rows.push(json("envelope", who, "steady"));
    }
    rows.push(etf("envelope", "gatewright, resumable", "steady"));
    for set in ["steady", "GUILD_CREATE"] {
        rows.extend(["gatewright", "serde_json", "sonic-rs"].map(|who| json("skip", who, set)));
        rows.push(etf("skip", "gatewright", set));
    }
    for set in MIX {
        rows.push(json("what a cache needs", "gatewright", set));
        rows.push(etf("what a cache needs", "gatewright", set));
        rows.push(json("every field", "gatewright", set));
        rows.push(etf("every field", "gatewright", set));
        rows.extend(PEERS.map(|who| json("every field", who, set)));
    }
    for layer in ["zlib-stream", "zlib", "zstd-stream"] {
        for set in ["steady", "GUILD_CREATE"] {
            rows.push(json(layer, "gatewright, with UTF-8 and envelope", set));
            match layer {
                "zstd-stream" => rows.push(json(layer, "zstd", set)),
                _ => rows.extend(ZLIB.map(|who| json(layer, who, set))),
            }
        }
    }
    for layer in ["shard", "shard, zlib-stream"] {
        rows.extend(shards::WHO.map(|who| json(layer, who, "steady")));
    }
    rows
}

/// Prepares a row over `events` documents of its mix.
pub fn prepare(row: &Row, events: u64) -> Stage {
    let documents = traffic::set(row.set, row.encoding, events);
    let bytes = documents.iter().map(|document| document.whole.len() as u64).sum();
    let count = documents.len() as u64;
    let run = match row.layer {
        "envelope" => each(documents, envelope(row.who)),
        "skip" => each(documents, skip(row.who)),
        "what a cache needs" => each(documents, cache),
        "every field" if row.who == "gatewright" => each(documents, whole),
        "every field" => each(documents, peer(row.who)),
        "shard" => shards::run(row.who, Compression::None, &documents),
        "shard, zlib-stream" => shards::run(row.who, Compression::ZlibStream, &documents),
        compression => inflate(compression, row.who, &documents),
    };
    Stage { events: count, bytes, run }
}

fn each(documents: Vec<Document>, read: fn(&Document)) -> Box<dyn FnMut()> {
    Box::new(move || documents.iter().for_each(read))
}

fn envelope(who: &str) -> fn(&Document) {
    match who {
        "gatewright" => |document| {
            black_box(fast_envelope(&document.whole).expect("a dispatch"));
        },
        "gatewright, resumable" => |document| {
            let seq = resumable_envelope(document.encoding, &document.whole);
            black_box(seq.expect("a dispatch"));
        },
        "twilight-model" => |document| peers::twilight_envelope(document.text()),
        "serde_json" => |document| peers::serde_json_envelope(document.text()),
        _ => |document| peers::sonic_envelope(document.text()),
    }
}

fn skip(who: &str) -> fn(&Document) {
    match who {
        "gatewright" => |document| {
            let mut cursor = Cursor::new(document.encoding, &document.data).expect("UTF-8");
            cursor.skip().expect("a value");
            black_box(cursor.offset());
        },
        "serde_json" => |document| peers::serde_json_skip(document.data_text()),
        _ => |document| peers::sonic_skip(document.data_text()),
    }
}

fn cache(document: &Document) {
    let mut sink = lean::Sink::default();
    lean::read(&dispatch(document), &mut sink).expect("the world makes no broken event");
    black_box(sink.0);
}

fn whole(document: &Document) {
    eager::read(&dispatch(document)).expect("the world makes no broken event");
}

fn dispatch(document: &Document) -> Dispatch<'_> {
    Dispatch::new(document.name, None, document.encoding, &document.data).expect("UTF-8")
}

/// Reads a whole event into types or trees of other libraries.
fn peer(who: &str) -> fn(&Document) {
    match who {
        "twilight-model by serde_json" => |document| peers::twilight(document.text()),
        "twilight-model by simd-json" => |document| peers::twilight_by_simd(document.text()),
        "twilight-model by sonic-rs" => |document| peers::twilight_by_sonic(document.text()),
        "serde_json's tree" => |document| peers::serde_json_tree(document.data_text()),
        "simd-json's tape" => |document| peers::simd_tree(document.data_text()),
        _ => |document| peers::sonic_tree(document.data_text()),
    }
}

/// Inflates a set that was compressed before, again and again from its beginning.
fn inflate(layer: &str, who: &str, documents: &[Document]) -> Box<dyn FnMut()> {
    let compression: Compression = layer.parse().expect("a compression");
    let messages =
        wire::compress(compression, documents.iter().map(|document| &document.whole[..]));
    let most = documents.iter().map(|document| document.whole.len()).max().unwrap_or_default();
    match who {
        "miniz_oxide" => Box::new(move || wire::miniz(compression, &messages, most, wire::text)),
        "gatewright, inflate alone" => {
            Box::new(move || wire::ours(compression, &messages, most, wire::text))
        }
        "zlib-rs" => Box::new(move || wire::zlib_rs(compression, &messages, most, wire::text)),
        "zstd" => Box::new(move || wire::zstd(&messages, most, wire::text)),
        "flate2 (zlib-rs)" => {
            Box::new(move || wire::flate2(compression, &messages, most, wire::text))
        }
        _ => Box::new(move || {
            let mut layer = Documents::new(Encoding::Json, compression);
            for message in &messages {
                black_box(layer.take(false, message).expect("a good stream"));
            }
        }),
    }
}
