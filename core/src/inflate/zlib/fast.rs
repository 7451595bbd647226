//! Symbols far from the edges of input and output: one path for literals and matches.
//!
//! What makes a decoder slow is branches that nobody can foresee, above all whether a symbol is a literal. So a literal
//! goes the way of a match: its distance is made up, and uses up the bits of the literal behind it, if there is
//! one. 64 bytes are copied whatever it is, and what is right is chosen without a branch. The entry of the next
//! symbol is looked up before the bits are filled up, so that both happen at once.

#![cfg_attr(
    not(test),
    expect(
        clippy::cast_possible_truncation,
        clippy::indexing_slicing,
        reason = "by masks, and checked once a turn for all that a turn may touch"
    )
)]

use core::hint::{cold_path, select_unpredictable};

use super::cursor::Cursor;
use super::damage::Damage;
use super::slow::further;
use super::tables::{Behind, First};

/// The least input with which a turn begins: it is filled up from twice.
const INPUT: usize = 16;
/// How much is copied at once.
const COPY: usize = 32;
/// The least room with which a turn begins: for a longest match that is copied in whole copies, and then some.
const ROOM: usize = 258 + 2 * COPY + 8;
/// How far back a distance reaches that is made up: behind what was copied last, which is not at hand at once.
const FAR: u32 = 256;
/// The same at the beginning of a stream: no less than what is copied, lest it be taken for a match that is near.
const NEAR: u32 = 2 * COPY as u32;
/// The least history with which a turn begins.
pub(super) const HISTORY: usize = NEAR as usize;
/// The most bytes that a symbol and its distance are told in.
const SYMBOL: usize = 6;
/// The input that is decoded from a copy; zeroes follow it there.
const TAIL: usize = 32;

/// Decodes symbols as long as nothing is near an edge; tells whether the block ended.
pub(super) fn run(
    cursor: &mut Cursor<'_, '_>,
    first: &First,
    behind: &Behind,
) -> Result<bool, Damage> {
    if cursor.at >= FAR as usize {
        turns::<FAR>(cursor, first, behind)
    } else {
        turns::<NEAR>(cursor, first, behind)
    }
}

/// Decodes symbols where there is room, with distances made up.
#[expect(clippy::too_many_lines, reason = "one loop whose values stay in registers")]
fn turns<const MADE_UP: u32>(
    cursor: &mut Cursor<'_, '_>,
    first: &First,
    behind: &Behind,
) -> Result<bool, Damage> {
    let (mut bits, mut input, mut at) = (cursor.bits, cursor.input, cursor.at);
    if !has_room(cursor) || input.len() < INPUT {
        return Ok(false);
    }
    let out = &mut *cursor.out;
    let last = out.len() - ROOM;
    bits.refill(&mut input);
    let mut next = first.literals[bits.buffer as usize & 511];
    let mut ended = false;
    while input.len() >= INPUT && at <= last {
        let mut entry = next;
        if entry.is_odd() {
            cold_path();
            if entry.is_table() {
                entry = further(behind, entry, bits.buffer, 9);
            }
            if entry.is_odd() {
                if !entry.is_end() {
                    return Err(Damage::Symbol);
                }
                bits.skip_by(entry.raw());
                ended = true;
                break;
            }
        }
        let is_literal = entry.is_literal();
        let length = entry.value(bits.buffer);
        bits.skip_by(entry.raw());
        let second = first.literals[bits.buffer as usize & 511];
        let distance = first.distances[bits.buffer as usize & 127];
        let literals = 1 + u32::from(second.is_literal());
        let length = select_unpredictable(is_literal, literals, length) as usize;
        let mut distance = select_unpredictable(is_literal, second.if_literal(), distance);
        if distance.is_odd() {
            cold_path();
            if distance.is_table() {
                distance = further(behind, distance, bits.buffer, 7);
            }
            if distance.is_odd() {
                return Err(Damage::Symbol);
            }
            // Both codes were long: what is looked up next would be out of sight.
            bits.refill(&mut input);
        }
        let back = distance.value(bits.buffer);
        let back = select_unpredictable(is_literal, MADE_UP, back) as usize;
        bits.skip_by(distance.raw());
        next = first.literals[bits.buffer as usize & 511];
        bits.refill(&mut input);
        let Some(from) = at.checked_sub(back) else {
            return Err(Damage::Distance);
        };
        copy_match(out, from, at, length);
        let behind_match = if is_literal { at } else { at + length };
        let pair = u16::from(entry.byte()) | u16::from(second.byte()) << 8;
        out[behind_match..behind_match + 2].copy_from_slice(&pair.to_le_bytes());
        at += length;
    }
    bits.settle();
    (cursor.bits, cursor.input, cursor.at) = (bits, input, at);
    Ok(ended)
}

/// Tells whether a turn may begin, as far as the output is concerned.
const fn has_room(cursor: &Cursor<'_, '_>) -> bool {
    cursor.at >= HISTORY && cursor.at.saturating_add(ROOM) <= cursor.out.len()
}

/// Copies 64 bytes, whatever the length is, and more only if it is longer.
#[inline(always)]
fn copy_match(out: &mut [u8], from: usize, at: usize, length: usize) {
    if at - from < COPY {
        cold_path();
        copy_near(out, from, at, at + length);
        return;
    }
    copy(out, from, at);
    copy(out, from + COPY, at + COPY);
    if length > 2 * COPY {
        cold_path();
        let mut done = 2 * COPY;
        while done < length {
            copy(out, from + done, at + done);
            done += COPY;
        }
    }
}

/// Copies a match that begins within a copy: what is repeated doubles until it is as long as one.
#[inline(always)]
fn copy_near(out: &mut [u8], mut from: usize, mut at: usize, end: usize) {
    while at < end {
        copy(out, from, at);
        let gap = (at - from).max(1);
        if gap < COPY {
            at += gap;
        } else {
            at += COPY;
            from += COPY;
        }
    }
}

#[inline(always)]
fn copy(out: &mut [u8], from: usize, to: usize) {
    if let Some(bytes) = out.get(from..).and_then(<[u8]>::first_chunk::<COPY>).copied()
        && let Some(place) = out.get_mut(to..).and_then(<[u8]>::first_chunk_mut)
    {
        *place = bytes;
    }
}

/// Decodes the symbols up to the end of the input; tells whether the block ended.
///
/// It goes on in a copy of the input with zeroes behind, which counts only if the end of the block was met before
/// them. Otherwise it begins again and stops where a symbol might use them.
pub(super) fn run_to_end(
    cursor: &mut Cursor<'_, '_>,
    first: &First,
    behind: &Behind,
) -> Result<bool, Damage> {
    let real = cursor.input.len();
    if !has_room(cursor) || real > TAIL {
        return Ok(false);
    }
    let mut padded = [0; TAIL + 7 + INPUT];
    padded[..real].copy_from_slice(cursor.input);
    let most = real + 7 + INPUT;
    if let Ok(tried) = attempt(cursor, &padded[..most], first, behind)
        && tried.ended
        && tried.used <= real
    {
        tried.accept(cursor);
        return Ok(true);
    }
    let tried = attempt(cursor, &padded[..most - SYMBOL], first, behind)?;
    let ended = tried.ended;
    tried.accept(cursor);
    Ok(ended)
}

/// What came of going on in other input.
struct Attempt {
    ended: bool,
    used: usize,
    bits: super::bits::Bits,
    at: usize,
}

fn attempt(
    cursor: &mut Cursor<'_, '_>,
    input: &[u8],
    first: &First,
    behind: &Behind,
) -> Result<Attempt, Damage> {
    let (bits, at) = (cursor.bits, cursor.at);
    let mut within = Cursor { bits, input, out: &mut *cursor.out, at };
    let ended = run(&mut within, first, behind)?;
    let read = input.len() - within.input.len();
    let used = read - within.bits.give_back(read);
    Ok(Attempt { ended, used, bits: within.bits, at: within.at })
}

impl Attempt {
    fn accept(self, cursor: &mut Cursor<'_, '_>) {
        (cursor.bits, cursor.at) = (self.bits, self.at);
        cursor.input = cursor.input.get(self.used..).unwrap_or_default();
    }
}
