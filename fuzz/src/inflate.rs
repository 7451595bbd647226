//! Any bytes on a compressed connection.

use gatewright_core::{Compression, Encoding, Memory, Phase};

use crate::rig::{Rig, Room, Told};
use crate::source::{Cuts, Source};

/// The most a payload buffer may grow to here.
const MOST_PAYLOAD: usize = 64 * 1024;
/// The most messages of one input.
const MOST_MESSAGES: usize = 24;

/// Any bytes on a connection with `zlib-stream` or payload compression do no harm.
///
/// The first byte chooses the compression (lowest bit), lent memory (next), the encoding (next) and how much a
/// message may inflate to (three more), four bytes the cuts; then come messages, each behind its length and its kind.
/// A stream has begun by then, so that any bytes are its blocks. No message inflates to more than was
/// allowed and the buffer holds, every drain ends, and afterwards a new connection decodes what is good.
pub fn inflate(data: &[u8]) {
    let setup = data.first().copied().unwrap_or(0);
    // ETF has no payload compression.
    let payload = setup & 1 == 1 && setup & 4 == 0;
    harmless(data, if payload { Compression::Zlib } else { Compression::ZlibStream });
}

/// Runs what [`inflate`] says.
pub(crate) fn harmless(data: &[u8], compression: Compression) {
    let mut source = Source::new(data);
    let setup = source.byte();
    let cuts = Cuts::draw(&mut source);
    let encoding = if setup & 4 == 0 { Encoding::Json } else { Encoding::Etf };
    let most = 512_u64 << (setup >> 3 & 7);
    let mut room = Room::new();
    let memory = match setup & 2 {
        0 => Memory::heap_limited(compression, MOST_PAYLOAD),
        _ => room.lend(compression),
    };
    let mut rig = Rig::new(encoding, memory, most, 6);
    rig.go_live();
    for _ in 0..MOST_MESSAGES {
        if source.is_empty() {
            break;
        }
        if rig.phase() != Phase::Live {
            rig.lose();
            rig.go_live();
        }
        let (text, len) = (source.byte() % 8 == 7, source.below(1_000));
        let before = rig.shard.status().counters.inflated_bytes;
        rig.message_of(text, &cuts.of(source.take(len)));
        let inflated = rig.shard.status().counters.inflated_bytes - before;
        assert!(inflated <= most + MOST_PAYLOAD as u64, "{inflated} bytes of at most {most}");
    }
    recovers(&mut rig);
}

/// A new connection decodes a good dispatch.
fn recovers(rig: &mut Rig<'_>) {
    rig.lose();
    rig.go_live();
    rig.told.clear();
    rig.say(r#"{"t":"GUILD_CREATE","s":7,"op":0,"d":[1,"good",null]}"#);
    let told = rig.told.iter().find(|told| matches!(told, Told::Dispatch { .. }));
    let Some(Told::Dispatch { kind, seq, data, .. }) = told else {
        panic!("expected a dispatch: {:?}", rig.told);
    };
    assert_eq!((kind.as_str(), *seq), ("GUILD_CREATE", Some(7)));
    assert!(data == b"[1,\"good\",null]" || rig.is_etf(), "{}", data.escape_ascii());
}
