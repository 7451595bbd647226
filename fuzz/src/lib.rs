//! What must hold for any input of `gatewright-core`, as plain functions from bytes.
//!
//! Each property panics when it is violated. `fuzz_targets/` hands them to libFuzzer, `tests/corpus.rs` runs
//! them over the committed corpora and some pseudo-random bytes, on stable. README.md tells how.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod cache_model;
mod cache_restore;
mod chunked_vs_whole;
mod command_encode;
mod envelope;
mod etf;
mod etf_round_trip;
mod identify_budget;
mod identify_gate;
mod inflate;
mod inflate_vs_flate2;
mod json;
mod json_vs_serde_json;
mod model;
mod rig;
mod seeds;
mod shard;
mod source;
mod transcript;
mod value;
mod walk;
mod wire;
mod zlib_vs_others;
mod zstd;

pub use cache_model::cache_model;
pub use cache_restore::cache_restore;
pub use chunked_vs_whole::chunked_vs_whole;
pub use command_encode::command_encode;
pub use envelope::envelope;
pub use etf::etf;
pub use etf_round_trip::etf_round_trip;
pub use identify_budget::identify_budget;
pub use identify_gate::identify_gate;
pub use inflate::inflate;
pub use inflate_vs_flate2::inflate_vs_flate2;
pub use json::json;
pub use json_vs_serde_json::json_vs_serde_json;
pub use model::model_vs_shard;
pub use seeds::seeds;
pub use shard::shard;
pub use transcript::transcript;
pub use zlib_vs_others::zlib_vs_others;
pub use zstd::zstd;

/// A property: a function that panics when it does not hold.
pub type Property = fn(&[u8]);

/// All properties, by the name of their target and their corpus.
pub const PROPERTIES: [(&str, Property); 18] = [
    ("cache_model", cache_model),
    ("cache_restore", cache_restore),
    ("chunked_vs_whole", chunked_vs_whole),
    ("command_encode", command_encode),
    ("envelope", envelope),
    ("etf", etf),
    ("etf_round_trip", etf_round_trip),
    ("identify_budget", identify_budget),
    ("identify_gate", identify_gate),
    ("inflate", inflate),
    ("inflate_vs_flate2", inflate_vs_flate2),
    ("json", json),
    ("json_vs_serde_json", json_vs_serde_json),
    ("model_vs_shard", model_vs_shard),
    ("shard", shard),
    ("transcript", transcript),
    ("zlib_vs_others", zlib_vs_others),
    ("zstd", zstd),
];

/// Makes pseudo-random bytes, the same for the same seed (`SplitMix64`).
#[must_use]
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bytes.extend((mixed ^ (mixed >> 31)).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Makes the program that fuzzes a property; built by anything but cargo-fuzz it does nothing.
#[macro_export]
macro_rules! target {
    ($property:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$property(data));

        #[cfg(not(fuzzing))]
        fn main() {}
    };
}
