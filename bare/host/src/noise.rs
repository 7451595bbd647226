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
