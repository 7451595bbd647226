//! Two transcripts of one story, line by line: they may differ in what was blanked and in nothing else.

use std::iter;

use anyhow::bail;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatewright_core::Encoding;

use super::redactor::blank_document;
use super::texts::Sessions;
use crate::lines::escaped;

/// The counters that depend on how well a connection compresses.
const BYTES: [&str; 2] = ["wire-bytes", "inflated-bytes"];

/// Checks that a line of a redacted transcript tells what the original's tells.
pub(super) fn compare(line: &str, other: &str, encoding: Encoding) -> anyhow::Result<()> {
    if !is_alike(line, other, encoding) {
        bail!(
            "without its texts the session goes another way at \"{}\": nothing was written, so describe the problem \
             in the report and offer the file in private",
            escaped(&kind(line))
        );
    }
    Ok(())
}

/// Returns what a line is, without what it says.
fn kind(line: &str) -> String {
    let words = if line.contains(" event ") { 4 } else { 3 };
    line.split(' ').take(words).collect::<Vec<_>>().join(" ")
}

fn is_alike(line: &str, other: &str, encoding: Encoding) -> bool {
    if line == other {
        return true;
    }
    match line.split(' ').next() {
        Some("<") => other.starts_with("< "),
        Some(">") => is_alike_output(line, other, encoding).is_some_and(|alike| alike),
        Some("=") => counters(line).eq(counters(other)),
        Some(comment) => comment.starts_with('#') && other.starts_with('#'),
        None => false,
    }
}

fn is_alike_output(line: &str, other: &str, encoding: Encoding) -> Option<bool> {
    let what = line.splitn(3, ' ').nth(2)?;
    if what.starts_with("event dispatch ") || what.starts_with("event duplicate ") {
        // The hash of `d` comes last.
        return Some(line.rsplit_once(' ')?.0 == other.rsplit_once(' ')?.0);
    }
    if !what.starts_with("send ") {
        return Some(false);
    }
    let (place, mut bytes) = payload(line)?;
    let (other_place, mut others) = payload(other)?;
    blank_document(&mut bytes, encoding, Sessions::Renamed);
    // What the core says of itself, as its operating system, is in both.
    blank_document(&mut others, encoding, Sessions::Kept);
    Some(place == other_place && bytes == others)
}

/// Takes a line `> TIME send LINK FORM PAYLOAD` apart: all before the form, and the bytes.
fn payload(line: &str) -> Option<(&str, Vec<u8>)> {
    let form_at = line.match_indices(' ').nth(3)?.0;
    let (place, rest) = line.split_at(form_at);
    let (form, data) = rest.trim_start().split_once(' ').unwrap_or((rest, ""));
    let bytes =
        if form == "text" { data.as_bytes().to_vec() } else { STANDARD.decode(data).ok()? };
    Some((place, bytes))
}

/// Returns the words of a last line without the counters of bytes.
fn counters(line: &str) -> impl Iterator<Item = &str> {
    let mut words = line.split(' ');
    iter::from_fn(move || {
        let word = words.next()?;
        if BYTES.contains(&word) {
            words.next();
        }
        Some(word)
    })
}
