//! Why each function that can panic never does for anything that comes over the wire, and why no cycle of calls goes
//! round without end.
//!
//! A function that is new in one of these lists ends the run until somebody has looked at it.

/// Part of a name, and the reason.
type Reason = (&'static str, &'static str);

/// Returns all reasons.
pub(crate) fn all() -> impl Iterator<Item = &'static Reason> {
    PANICS.iter().chain(CYCLES).chain(INDIRECT)
}

/// Functions that call `core::panicking`, or what ends there.
pub(crate) const PANICS: &[Reason] = &[
    ("session::bot::", "the loop: no event that was not announced"),
    (
        "session::board::",
        "the loop: no message before the outputs ended, no event that was not announced, one start",
    ),
    ("gatewright_board::", "the board's own digits and pipes, of constant length"),
    (
        "Shard>::handle_input",
        "a message before the outputs ended: the order of calls, which is the loop's",
    ),
    ("Shard>::event", "no event was announced: the order of calls, which is the loop's"),
    ("decode::etf::big", "splits a slice of `len` bytes at no more than `len`"),
    ("url::Url>::parse", "cuts a text where an ASCII character was found"),
    ("cache::pool::Pool", "the logarithm of a block's size, which is never zero"),
    ("cache::records::Records", "copies into a block that was taken for just that length"),
    ("cache::reader::Reader", "copies a key into as many bytes as it has"),
    ("decode::text::Text", "divides by a power of ten of at most six digits"),
    ("decode::timestamp::", "divides by a power of ten of at most six digits"),
    (
        "copy_within",
        "called by the outbox, the inbox and what packs rows, with ranges of their own, within their buffers",
    ),
    ("rotate_right", "called by the outbox with a length within the slice"),
    (
        "serde_json_core::ser::",
        "digits of a number in an array for the longest one; what does not fit is an error before it is written",
    ),
    ("transcript::", "digits and base64 in arrays for the longest"),
    ("memchr::", "offsets it found itself"),
    ("core::num::dec2flt::", "digits in an array of 768, which it counts"),
    ("core::num::", "digits in an array for the longest number"),
    ("f64 as core::str::traits::FromStr", "as core::num::dec2flt"),
    ("core::str::pattern::", "offsets it found itself"),
    ("core::fmt::", "digits in an array for the longest number"),
    ("core::fmt::Display>::fmt", "digits in an array for the longest number"),
];

/// Cycles of calls, by one function of each.
pub(crate) const CYCLES: &[Reason] = &[
    (
        "finish_message",
        "the message that is answered is read once, and not what that one answers: `Reader::answered`",
    ),
    (
        "cache::reader::Reader",
        "an object within an object: the cursor goes 64 deep at most, and of kinds there are three levels",
    ),
    ("decode::packed::write::Writer", "lists and objects, 64 deep at most: `MAX_DEPTH`"),
    (
        "decode::serialize::Next",
        "lists and objects, 64 deep at most: `MAX_DEPTH`; of a payload the bot gave",
    ),
    (
        "Shard>::on_time",
        "parts once: a shard that is resting or closing has nothing left to part from",
    ),
    ("slice_error_fail", "ends in a panic"),
    ("cache::reader::members::id_in", "calls itself once, with nothing to look within"),
    ("decode::check::", "lists and objects, 64 deep at most: `MAX_DEPTH`"),
    ("core::fmt::", "formatting of formatting: the texts that are written are the program's"),
];

/// Functions that call what a register says.
pub(crate) const INDIRECT: &[Reason] = &[
    (
        "cache::reader::Reader",
        "a policy of members is a function: `MemberPolicy::If`, not used here",
    ),
    ("core::fmt::", "the functions that write a value: of numbers and constant texts"),
    ("transcript::", "the functions that write a value"),
    ("memchr::", "the search it chose for the length of what is looked for"),
];
