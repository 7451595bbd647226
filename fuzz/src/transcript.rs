//! Any bytes as a transcript.

use gatewright_core::transcript::{ReplayError, bless, replay, rewrite};

/// Any bytes are played as a transcript without a panic, and an error names a line there is.
///
/// A story that can be told anew replays to the same outputs, is told the same again, and comes through a
/// rewriting in which nothing is changed. Headers that ask for more than 1 MiB are left out.
pub fn transcript(data: &[u8]) {
    if asks_for_much(data) {
        return;
    }
    let lines = data.split_inclusive(|byte| *byte == b'\n').count() as u64;
    let is_there =
        |error: ReplayError| assert!((1..=lines.max(1)).contains(&error.line), "{error}");
    let _ = replay(data).map_err(is_there);
    let _ = rewrite(data, |_| {}).map_err(is_there);
    let blessed = match bless(data) {
        Ok(blessed) => blessed,
        Err(error) => return is_there(error),
    };
    assert!(replay(blessed.as_bytes()).expect("it was just told").is_complete);
    assert_eq!(bless(blessed.as_bytes()).expect("it can be told"), blessed);
    let rewritten = rewrite(blessed.as_bytes(), |_| {}).expect("it replays");
    assert!(replay(rewritten.as_bytes()).expect("nothing was changed").is_complete);
}

/// Tells whether a header asks for memory that would only slow the search down.
fn asks_for_much(data: &[u8]) -> bool {
    let header = data.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
    header.filter_map(|line| str::from_utf8(line).ok()).any(|line| {
        let bytes = line.strip_prefix("payload lent ").or_else(|| line.strip_prefix("commands "));
        bytes
            .and_then(|bytes| bytes.trim().parse::<u64>().ok())
            .is_some_and(|bytes| bytes > 1 << 20)
    })
}
