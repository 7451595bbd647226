//! Inputs to begin with, made from the simulator's world.

use std::collections::BTreeMap;

use gatewright_core::{Compression, Encoding, EventKind};
use gatewright_sim::{Dialect, envelope, to_etf};

use crate::chunked_vs_whole::payload_of_world;
use crate::rig::{HELLO, READY, RESUMED};
use crate::wire::{Wire, document};

const DIALECTS: [Dialect; 2] = [Dialect::Old, Dialect::New { seed: 3 }];
/// The longest payload that becomes a seed.
const LONGEST: usize = 3_000;
/// Cuts that leave all whole, and ones that cut small.
const CUTS: [[u8; 4]; 2] = [[0; 4], [1, 7, 64, 0]];
/// What a gateway says beside dispatches.
const CONTROLS: [&str; 8] = [
    HELLO,
    READY,
    RESUMED,
    r#"{"t":null,"s":null,"op":1,"d":null}"#,
    r#"{"t":null,"s":null,"op":7,"d":null}"#,
    r#"{"t":null,"s":null,"op":9,"d":true}"#,
    r#"{"t":null,"s":null,"op":9,"d":false}"#,
    r#"{"t":null,"s":null,"op":11,"d":null}"#,
];
/// JSON that the world does not write.
const ODD: [&str; 12] = [
    r#" [ 1 , -0 , 0.5 , -1.5e-3 , 1E400 , 18446744073709551615 , 18446744073709551616 ] "#,
    r#"["\u00e9\ud83d\ude00\ud800x\udc00\n\"\\\/\b\f\r\t","é😀"]"#,
    r#"{"a":1,"a":2,"\u0061":3,"1":{"2":[]},"":null}"#,
    r#"[[[[[[[[[[{"x":[[[[true,false]]]]}]]]]]]]]]]"#,
    "[]",
    "{}",
    "nul",
    r#"{"a""#,
    r#""\u12"#,
    "[1,]",
    "-",
    "\"\u{7f}\"",
];

/// Makes the seeds of a target; none for those that need no structure.
#[must_use]
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        "json" => dispatches(|d| vec![d.as_bytes().to_vec()]),
        "etf" => dispatches(|d| DIALECTS.map(|dialect| to_etf(d, dialect)[1..].to_vec()).into()),
        "json_vs_serde_json" => {
            let d = payloads().into_values().map(|(_, d)| d.as_bytes().to_vec());
            d.chain(ODD.map(|odd| odd.as_bytes().to_vec())).collect()
        }
        "envelope" => messages(),
        "inflate" => {
            [(0, Compression::ZlibStream), (1, Compression::Zlib), (4, Compression::ZlibStream)]
                .into_iter()
                .flat_map(|(setup, compression)| packed(setup, compression))
                .collect()
        }
        "zlib_vs_others" => zlib(),
        "zstd" => [0, 4].map(|setup| packed(setup, Compression::ZstdStream)).concat(),
        "model_vs_shard" => crate::model::stories(),
        "cache_model" => (0..36).map(guild_life).collect(),
        "cache_restore" => {
            crate::cache_restore::plain().into_iter().chain((0..24).map(snapshot)).collect()
        }
        "shard" => lives(),
        "command_encode" => (0..8).map(command).collect(),
        _ => (0..24).map(structured).collect(),
    }
}

/// Returns the shortest payload of each kind of dispatch in the world: its place among all kinds, and itself.
fn payloads() -> BTreeMap<&'static str, (u8, &'static str)> {
    let mut shortest: BTreeMap<&str, (u8, &str)> = BTreeMap::new();
    for number in 0..512 {
        let (name, d) = payload_of_world(number);
        let at = EventKind::documented().position(|kind| kind.name() == name);
        let kind = at.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX);
        if shortest.get(name).is_none_or(|(_, shown)| d.len() < shown.len()) {
            shortest.insert(name, (kind, d));
        }
    }
    shortest.retain(|_, (_, d)| d.len() <= LONGEST);
    shortest
}

/// Makes seeds that begin with the kind of a dispatch.
fn dispatches(encode: impl Fn(&str) -> Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let odd = ODD.into_iter().map(|odd| (u8::MAX, odd));
    let all = payloads().into_values().chain(odd);
    all.flat_map(|(kind, d)| {
        encode(d).into_iter().map(move |bytes| [&[kind][..], &bytes].concat()).collect::<Vec<_>>()
    })
    .collect()
}

/// Makes seeds of one message, for both encodings.
fn messages() -> Vec<Vec<u8>> {
    let dispatches = payloads().into_iter().take(12);
    let mut documents: Vec<String> =
        dispatches.map(|(name, (_, d))| envelope(name, 2, d)).collect();
    documents.extend(CONTROLS.map(str::to_owned));
    documents.push([CONTROLS[3], CONTROLS[1], CONTROLS[7]].join("\n"));
    let with = |json: &String, at: usize| {
        let (encoding, setup) = [(Encoding::Json, 0), (Encoding::Etf, 1)][at & 1];
        let cuts = CUTS[at >> 1 & 1];
        [&[setup | 2][..], &cuts, &document(encoding, json)].concat()
    };
    documents.iter().flat_map(|json| (0..4).map(move |at| with(json, at))).collect()
}

/// Makes seeds of zlib: texts to compress at each level, with changes and without, and blocks as they are.
fn zlib() -> Vec<Vec<u8>> {
    let texts = payloads().into_values().map(|(_, d)| d);
    let texts = texts.zip(0..20_u8).map(|(text, at)| {
        let text = &text.as_bytes()[..text.len().min(200)];
        let len = u8::try_from(text.len()).unwrap_or_default();
        let cuts = [&CUTS[usize::from(at) & 1][..], &CUTS[usize::from(at) >> 1 & 1]].concat();
        let changes: &[u8] = if at < 10 { &[] } else { &[at, 0x5A, at, 0, at, 0xFF] };
        [&[at << 1][..], &cuts, &[0, len], text, &[at, 1], changes].concat()
    });
    let blocks = [
        &b"\x4b\x04\x00"[..],
        b"\x01\x05\x00\xfa\xffhello",
        b"\x4b\x84\x03\x00\x00\x00\xff\xff\x03\x00",
    ];
    let blocks = blocks.map(|blocks| [&[1][..], &CUTS[0], &CUTS[1], blocks].concat());
    texts.chain(blocks).collect()
}

/// Makes seeds of messages on a compressed connection that is live.
fn packed(setup: u8, compression: Compression) -> Vec<Vec<u8>> {
    let encoding = if setup & 4 == 0 { Encoding::Json } else { Encoding::Etf };
    let payloads: Vec<_> = payloads().into_iter().collect();
    let of_four = payloads.chunks(4).take(4).zip([0, 6, 1, 9]);
    of_four
        .map(|(four, level)| {
            let mut wire = Wire::new(compression, level);
            for json in [HELLO, READY] {
                wire.pack(&document(encoding, json));
            }
            let mut seed = vec![setup | 7 << 3, 0, 64, 0, 0];
            for (name, (_, d)) in four {
                let message = wire.pack(&document(encoding, &envelope(name, 2, d)));
                if let Ok(len) = u16::try_from(message.len()).map(|len| len.min(999)) {
                    seed.push(0);
                    seed.extend(len.to_be_bytes());
                    seed.extend(&message[..len.into()]);
                }
            }
            seed
        })
        .collect()
}

/// Makes seeds that take a shard through its life.
fn lives() -> Vec<Vec<u8>> {
    const OPEN: [u8; 4] = [18, 2, 0, 22];
    const GREET: [u8; 12] = [4, 0, 1, 0, 22, 12, 0, 22, 9, 0, 22, 21];
    const LIVE: [u8; 5] = [4, 1, 1, 0, 22];
    const RESUME: [u8; 8] = [22, 9, 0, 4, 2, 3, 0, 22];
    const EVENTS: [u8; 16] = [4, 4, 2, 0, 22, 4, 13, 3, 200, 5, 5, 5, 5, 22, 4, 4];
    const COMMANDS: [u8; 17] = [14, 0, 1, 5, 2, b'h', b'i', 22, 9, 0, 22, 14, 0, 2, 9, 0, 22];
    const LOSE: [u8; 8] = [11, 0, 0, 0, 22, 18, 18, 22];
    const LEAVE: [u8; 8] = [16, 0, 1, 22, 11, 0, 0, 0];
    let began = [&OPEN[..], &GREET, &LIVE].concat();
    let greeted_again = [&OPEN[..], &GREET[..5]].concat();
    let parts: [&[u8]; 6] = [&EVENTS, &COMMANDS, &LOSE, &greeted_again, &RESUME, &LEAVE];
    let whole = [&began[..], &parts.concat()].concat();
    let lives = (0..16_u8).map(|setup| [&[setup][..], &whole].concat());
    let partings = (5..12).map(|number| [&[0][..], &began, &[4, number, 2, 0, 22], &LOSE].concat());
    lives.chain(partings).collect()
}

/// Makes a seed of settings, of which some keep all, and of events that begin with two guilds and a READY.
fn guild_life(seed: u8) -> Vec<u8> {
    const READY: [u8; 13] = [4, 2, 1, 3, 3, 0, 1, 1, 1, 2, 3, 1, 1];
    let noise = crate::noise(900 + u64::from(seed), 160 + usize::from(seed) * 8);
    let settings: &[u8] = match seed % 3 {
        0 => &[seed / 3, 0, 0, 0, seed],
        1 => &[seed / 3, 0, 2, 1, 14, 2, 1, seed / 3, 3, 0, seed],
        _ => &noise[..9],
    };
    [settings, &READY, &[0, 0, 255, 255], &noise[..60], &[0, 1, 127, 255], &noise[60..]].concat()
}

/// Makes a seed of a snapshot of a few guilds: as it was written, or with changes.
fn snapshot(seed: u8) -> Vec<u8> {
    let events = crate::noise(300 + u64::from(seed), 120 + usize::from(seed) * 16);
    let kind = if seed & 1 == 0 { 2 } else { 10 };
    [&[kind, 1, 4 + seed % 12, 0, 0, 255, 255][..], &events].concat()
}

fn command(setup: u8) -> Vec<u8> {
    if setup >> 1 == 3 {
        return [&[setup, 43][..], ODD[1].as_bytes()].concat();
    }
    [&[setup][..], &crate::noise(setup.into(), 60)].concat()
}

/// Makes a seed whose first bytes choose, and whose others are noise.
fn structured(seed: u8) -> Vec<u8> {
    let len = 8 + usize::from(seed) * 6;
    [&[seed * 11][..], &CUTS[usize::from(seed & 1)], &crate::noise(seed.into(), len)].concat()
}
