//! What a hostile gateway says: bytes of chance, and the files of the fuzz corpora.

use std::path::Path;

use anyhow::{Context, Result, ensure};

/// How many bytes of chance.
const NOISE: usize = 1_000_000;
/// The longest message of them.
const LONGEST: u64 = 4_000;

/// Makes a million pseudo-random bytes, in messages of any length (`SplitMix64`).
pub(crate) fn noise() -> Vec<Vec<u8>> {
    let mut state = 0x5EED_u64;
    let mut draw = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    };
    let (mut messages, mut left) = (Vec::new(), NOISE);
    while left > 0 {
        let len = usize::try_from(draw() % LONGEST).map_or(left, |len| len.min(left));
        messages.push((0..len).map(|_| draw().to_le_bytes()[0]).collect());
        left -= len;
    }
    messages
}

/// Makes documents that nest as deep as is read, and deeper, in lists and in what refers to itself.
pub(crate) fn deep() -> Vec<Vec<u8>> {
    let around = [
        ("[", "]"),
        (r#"{"id":"1","referenced_message":"#, "}"),
        (r#"{"id":"1","user":"#, "}"),
        (r#"{"id":"1","member":"#, "}"),
        (r#"{"id":"1","members":["#, "]}"),
        (r#"{"id":"1","author":"#, "}"),
        (r#"{"embeds":["#, "]}"),
        (r#"{"components":["#, "]}"),
    ];
    let depths = [20_usize, 31, 62, 63, 64, 65, 120];
    let nested = |(open, close): (&str, &str), depth| [open.repeat(depth), close.repeat(depth)];
    let each = around.into_iter().flat_map(|pair| depths.map(|depth| nested(pair, depth)));
    each.flat_map(|[open, close]| {
        // The same message each time, so that it is one that is known.
        let inner =
            r#"{"id":"1","channel_id":"2","guild_id":"3","author":{"id":"4","username":"deep"}}"#;
        [format!("{open}null{close}"), format!("{open}{inner}{close}")]
    })
    .map(String::into_bytes)
    .collect()
}

/// Reads every file of every corpus, in the order of their names.
pub(crate) fn corpora() -> Result<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut paths = Vec::new();
    for corpus in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        for file in std::fs::read_dir(corpus?.path())? {
            paths.push(file?.path());
        }
    }
    paths.sort();
    ensure!(paths.len() > 1_000, "only {} files in the corpora", paths.len());
    paths.iter().map(|path| std::fs::read(path).context("a file of a corpus")).collect()
}
