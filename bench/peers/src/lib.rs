//! What other libraries make of a document. A package of its own, since twilight's types take minutes to compile.

use std::hint::black_box;

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny};
use twilight_model::gateway::event::GatewayEventDeserializer;

/// twilight-model by `serde_json`: a whole event; of kinds it does not know nothing.
pub fn twilight(document: &str) {
    let seed = GatewayEventDeserializer::from_json(document).expect("a dispatch");
    black_box(seed.deserialize(&mut serde_json::Deserializer::from_str(document)).is_ok());
}

/// twilight-model by simd-json, which writes into what it reads.
pub fn twilight_by_simd(document: &str) {
    let mut bytes = document.as_bytes().to_vec();
    let seed = GatewayEventDeserializer::from_json(document).expect("a dispatch");
    let mut json = simd_json::Deserializer::from_slice(&mut bytes).expect("JSON");
    black_box(seed.deserialize(&mut json).is_ok());
}

/// twilight-model by sonic-rs.
pub fn twilight_by_sonic(document: &str) {
    let seed = GatewayEventDeserializer::from_json(document).expect("a dispatch");
    black_box(seed.deserialize(&mut sonic_rs::Deserializer::from_str(document)).is_ok());
}

/// twilight-model's own scan of an envelope.
pub fn twilight_envelope(document: &str) {
    black_box(GatewayEventDeserializer::from_json(document).expect("a dispatch"));
}

/// An envelope by `serde_json`, with `d` as it stands.
pub fn serde_json_envelope(document: &str) {
    #[derive(Deserialize)]
    struct Envelope<'e> {
        op: u8,
        s: Option<u64>,
        t: Option<&'e str>,
        #[serde(borrow)]
        d: &'e serde_json::value::RawValue,
    }
    let envelope: Envelope<'_> = serde_json::from_str(document).expect("JSON");
    black_box((envelope.op, envelope.s, envelope.t, envelope.d.get()));
}

/// An envelope by sonic-rs, with `d` as it stands.
pub fn sonic_envelope(document: &str) {
    #[derive(Deserialize)]
    struct Envelope<'e> {
        op: u8,
        s: Option<u64>,
        t: Option<&'e str>,
        #[serde(borrow)]
        d: sonic_rs::LazyValue<'e>,
    }
    let envelope: Envelope<'_> = sonic_rs::from_str(document).expect("JSON");
    black_box((envelope.op, envelope.s, envelope.t, envelope.d.as_raw_str()));
}

/// A value nobody looks at, by `serde_json`.
pub fn serde_json_skip(value: &str) {
    black_box(serde_json::from_str::<IgnoredAny>(value).expect("JSON"));
}

/// A value nobody looks at, by sonic-rs.
pub fn sonic_skip(value: &str) {
    black_box(sonic_rs::from_str::<IgnoredAny>(value).expect("JSON"));
}

/// A tree of the value, by `serde_json`.
pub fn serde_json_tree(value: &str) {
    black_box(serde_json::from_str::<serde_json::Value>(value).expect("JSON"));
}

/// A tree of the value, by sonic-rs.
pub fn sonic_tree(value: &str) {
    black_box(sonic_rs::from_str::<sonic_rs::Value>(value).expect("JSON"));
}

/// A flat tree of the value, by simd-json, which writes into what it reads.
pub fn simd_tree(value: &str) {
    let mut bytes = value.as_bytes().to_vec();
    black_box(simd_json::to_tape(&mut bytes).expect("JSON"));
}
