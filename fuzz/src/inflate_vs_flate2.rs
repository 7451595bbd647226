//! Our inflating beside flate2's.

use std::io::Read as _;

use flate2::FlushCompress;
use flate2::read::ZlibDecoder;
use gatewright_core::{Compression, Encoding, Memory};

use crate::envelope::members;
use crate::rig::{Rig, Told};
use crate::source::{Cuts, Source};
use crate::wire::Wire;

/// The most documents of one input.
const MOST_DOCUMENTS: usize = 8;

/// What flate2 compresses comes out as it was; what flate2 refuses, a shard refuses, and the other way round.
///
/// The first byte chooses between the two (lowest bit), and the level (the rest, modulo 10); four bytes the cuts.
///
/// 1. `zlib-stream`: documents follow, each behind how it is flushed. Now and then a flush stands in the
///    middle of a document, which then comes as one message in pieces; all others are cut into messages anywhere, since
///    the end of a message behind a flush promises the end of a document. The dispatches hold the texts.
/// 2. Payload compression: a text, which becomes a compressed dispatch, and then places in it and what they
///    become; an empty text leaves the rest as it is. A dispatch is told if and only if flate2 takes all bytes of the
///    message and they hold one. flate2 here stands on `miniz_oxide`.
pub fn inflate_vs_flate2(data: &[u8]) {
    let mut source = Source::new(data);
    let setup = source.byte();
    let cuts = Cuts::draw(&mut source);
    let level = u32::from(setup >> 1) % 10;
    if setup & 1 == 0 {
        stream(&mut source, cuts, level);
    } else {
        payload(&mut source, cuts, level);
    }
}

fn live(compression: Compression, level: u32) -> Rig<'static> {
    let mut rig = Rig::new(Encoding::Json, Memory::heap(compression), u64::MAX, level);
    rig.go_live();
    rig.told.clear();
    rig
}

fn dispatch(seq: u64, text: &str) -> (String, String) {
    let d = format!("{{\"n\":{}}}", serde_json::Value::from(text));
    (format!(r#"{{"t":"GUILD_CREATE","s":{seq},"op":0,"d":{d}}}"#), d)
}

fn stream(source: &mut Source<'_>, cuts: Cuts, level: u32) {
    let mut rig = live(Compression::ZlibStream, level);
    let (mut bytes, mut texts) = (Vec::new(), Vec::new());
    for seq in 2.. {
        if source.is_empty() || texts.len() == MOST_DOCUMENTS {
            break;
        }
        let (how, times) = (source.byte(), source.byte());
        let text = source.text(300).repeat(usize::from(times % 16));
        let (document, d) = dispatch(seq, &text);
        let flush = if how & 1 == 0 { FlushCompress::Sync } else { FlushCompress::Full };
        if how >= 192 {
            deliver(&mut rig, cuts, &std::mem::take(&mut bytes));
            let middle = document.len() / 2;
            let mut packed = rig.flushed(&document.as_bytes()[..middle], flush);
            packed.extend(rig.flushed(&document.as_bytes()[middle..], flush));
            rig.message(&cuts.of(&packed));
        } else {
            bytes.extend(rig.flushed(document.as_bytes(), flush));
        }
        texts.push(d);
    }
    deliver(&mut rig, cuts, &bytes);
    let told: Vec<_> = rig.told.iter().map(data_of).collect();
    let texts: Vec<_> = texts.iter().map(|text| Some(text.as_bytes())).collect();
    assert_eq!(told, texts);
}

/// Delivers bytes cut into messages.
fn deliver(rig: &mut Rig<'_>, cuts: Cuts, bytes: &[u8]) {
    if !bytes.is_empty() {
        cuts.of(bytes).into_iter().for_each(|part| rig.message(&[part]));
    }
}

fn data_of(told: &Told) -> Option<&[u8]> {
    match told {
        Told::Dispatch { data, .. } => Some(data),
        Told::Note(_) | Told::Wire(_) => None,
    }
}

fn payload(source: &mut Source<'_>, cuts: Cuts, level: u32) {
    let text = source.text(255);
    let mut message = match text.as_str() {
        "" => source.take(4_096).to_vec(),
        text => Wire::new(Compression::Zlib, level).pack(dispatch(2, text).0.as_bytes()),
    };
    while !source.is_empty() && !message.is_empty() {
        let (at, byte) = (source.below(message.len()), source.byte());
        match source.byte() {
            0..192 => message[at] = byte,
            192..224 => message.truncate(at),
            224.. => message.insert(at, byte),
        }
    }
    let mut rig = live(Compression::Zlib, level);
    rig.message_of(false, &cuts.of(&message));
    let told: Vec<_> = rig.told.iter().filter_map(data_of).collect();
    let theirs = inflated(&message);
    match theirs.as_deref().and_then(d_of) {
        Some(d) => assert_eq!(told, [d.as_bytes()], "{}", message.escape_ascii()),
        None => assert!(told.is_empty() || theirs.is_some(), "{}", message.escape_ascii()),
    }
}

/// Inflates a whole message.
fn inflated(message: &[u8]) -> Option<String> {
    let mut decoder = ZlibDecoder::new(message);
    let mut document = Vec::new();
    decoder.read_to_end(&mut document).ok()?;
    let is_whole = usize::try_from(decoder.total_in()) == Ok(message.len());
    String::from_utf8(document).ok().filter(|_| is_whole)
}

/// Returns the `d` of a document that is one dispatch.
fn d_of(document: &str) -> Option<&str> {
    let members = members(document)?;
    let last = |name: &str| members.iter().rfind(|(key, _)| key == name).map(|(_, value)| *value);
    last("op").filter(|op| *op == "0")?;
    Some(last("d").unwrap_or_default())
}
