//! The acts of a play: what each byte means.

use gatewright_core::{
    CloseCode, Command, CommandError, Gone, Leave, Phase, Presence, PresenceStatus,
};

use super::chronicle::{MILLI, Micros, SECOND};
use super::client::Said;
use super::pair::Pair;
use super::word::{GARBAGE, IDS, INTERVALS, RESUMABLE, URLS, Word};
use crate::source::Source;

/// The lower five bits of a byte name an act; the upper three, if all are set, leave the outputs for later.
pub(super) const ACT: u8 = 0x1F;
pub(super) const UNDRAINED: u8 = 0xE0;

pub(super) const TICK: u8 = 0;
pub(super) const BUSY: u8 = 1;
/// Time goes on to the latest `Wait`.
pub(super) const WAIT: u8 = 2;
pub(super) const WAIT_BUSY: u8 = 3;
/// Time goes on by a span.
pub(super) const PASS: u8 = 4;
pub(super) const PASS_TICK: u8 = 5;
pub(super) const OPENED: u8 = 6;
/// One word of the gateway.
pub(super) const SAY: u8 = 8;
/// Several words in one message.
pub(super) const SAY_MANY: u8 = 14;
pub(super) const SENT: u8 = 15;
pub(super) const CLOSED: u8 = 17;
pub(super) const PERMIT: u8 = 19;
pub(super) const COMMAND: u8 = 21;
/// Many commands at once.
pub(super) const BURST: u8 = 23;
pub(super) const LEAVE: u8 = 24;
/// The next thing a world that means well would do.
pub(super) const PROSPER: u8 = 26;
/// Such things until the session runs, and then for a while.
pub(super) const THRIVE: u8 = 27;

/// No event is wanted for a while.
pub(super) const HELD: u8 = 28;
/// The dial waits for its turn.
const DIAL_WAITS: u8 = 29;

/// The names a dispatch may have.
pub(super) const NAMES: [&str; 4] = ["GUILD_CREATE", "RESUMED", "MESSAGE_CREATE", "SOMETHING_NEW"];
/// The most commands that may wait: the model knows nothing of the size of their buffer.
const MOST_ORDERS: usize = 400;

/// Does an act: the byte that names it, and behind it what it needs.
pub(super) fn act(pair: &mut Pair<'_>, source: &mut Source<'_>) {
    let byte = source.byte();
    match byte & ACT {
        TICK => pair.say(Said::Tick),
        BUSY => pair.say(Said::Busy),
        WAIT => wait(pair, Said::Tick),
        WAIT_BUSY => wait(pair, Said::Busy),
        PASS => pass(pair, source),
        PASS_TICK => {
            pass(pair, source);
            pair.say(Said::Tick);
        }
        OPENED..SAY => pair.say(Said::Opened(link(pair, source))),
        SAY..SAY_MANY => {
            let word = word(source);
            pair.say(Said::Message(link(pair, source), &[word]));
        }
        SAY_MANY => say_many(pair, source),
        SENT..CLOSED => pair.say(Said::Sent(link(pair, source))),
        CLOSED..PERMIT => closed(pair, source),
        PERMIT..COMMAND => pair.say(Said::Permit(link(pair, source))),
        COMMAND..BURST => command(pair, source),
        BURST => (0..source.byte() / 2).for_each(|_| plain_command(pair, None)),
        LEAVE => leave(pair, source),
        PROSPER => prosper(pair),
        THRIVE => thrive(pair, source.byte()),
        HELD => pair.say(Said::Held),
        DIAL_WAITS => pair.say(Said::DialWaits(link(pair, source))),
        _ => pair.drain(),
    }
    if byte & UNDRAINED != UNDRAINED {
        pair.drain();
    }
}

/// Draws a link: mostly the one at hand.
fn link(pair: &Pair<'_>, source: &mut Source<'_>) -> u32 {
    match source.byte() {
        0..232 => pair.link,
        232..244 => pair.link.wrapping_sub(1),
        244.. => pair.link.wrapping_add(1),
    }
}

fn wait(pair: &mut Pair<'_>, said: Said<'_>) {
    pair.drain();
    pair.now = pair.now.max(pair.wait);
    pair.say(said);
}

/// Lets time pass: some milliseconds or seconds, or to a moment around the latest `Wait`; or lets it go back.
fn pass(pair: &mut Pair<'_>, source: &mut Source<'_>) {
    let byte = source.byte();
    let span = Micros::from(byte);
    pair.now = match byte {
        0..64 => pair.now + span * 25 * MILLI,
        64..128 => pair.now + (span - 63) * SECOND,
        128..192 => pair.now + (span - 127) * 60 * SECOND,
        192..224 => pair.now.max(pair.wait.saturating_sub(span - 192)),
        224..240 => pair.now.max(pair.wait) + (span - 223),
        240.. => pair.now.saturating_sub((span - 239) * SECOND),
    };
}

/// Draws a word of the gateway.
pub(super) fn word(source: &mut Source<'_>) -> Word {
    match source.byte() % 24 {
        0..2 => Word::Hello(source.below(INTERVALS.len())),
        2..8 => Word::Dispatch { name: source.pick(&NAMES), seq: seq(source) },
        8..12 => {
            let (seq, ids) = (seq(source), source.byte());
            let (id, url) = (usize::from(ids >> 4), usize::from(ids & 15));
            Word::Ready { seq, id: id % IDS.len(), url: url % URLS.len() }
        }
        12..15 => Word::Request,
        15..18 => Word::Ack,
        18 => Word::Reconnect,
        19..21 => Word::Invalid(source.below(RESUMABLE.len())),
        21 => Word::Unknown(u64::from(source.byte()) + 12),
        _ => Word::Garbage(source.below(GARBAGE.len())),
    }
}

/// Draws a sequence number: a small one, none, or a large one; zero is none to both.
fn seq(source: &mut Source<'_>) -> Option<u64> {
    match source.byte() {
        255 => None,
        large @ 240..255 => Some(u64::from(large) << 40),
        small => Some(u64::from(small)).filter(|seq| *seq > 0),
    }
}

/// Says up to eight words in one message, but at most one READY.
///
/// Two READYs of different sessions in one message are an exception: the client tells the second as a duplicate.
fn say_many(pair: &mut Pair<'_>, source: &mut Source<'_>) {
    let count = source.below(8) + 1;
    let mut words: Vec<Word> = Vec::new();
    for _ in 0..count {
        let next = word(source);
        let is_ready = |word: &Word| matches!(word, Word::Ready { .. });
        if !(is_ready(&next) && words.iter().any(is_ready)) {
            words.push(next);
        }
    }
    pair.words(&words);
}

fn closed(pair: &mut Pair<'_>, source: &mut Source<'_>) {
    let link = link(pair, source);
    let kind = source.byte();
    let code = CloseCode(4_000 + u16::from(kind % 16));
    let gone = match kind {
        0..48 => Gone::Dropped,
        48..176 => Gone::Code(code, "why"),
        176..192 => Gone::Code(CloseCode(1_000 + u16::from(kind % 16)), ""),
        192..208 => Gone::Refused(500 + u16::from(kind % 16)),
        208..224 => Gone::TooLong,
        224.. => Gone::Unreachable,
    };
    pair.say(Said::Closed(link, gone));
}

fn leave(pair: &mut Pair<'_>, source: &mut Source<'_>) {
    // A client that left has little more to tell: most of such bytes are for those before.
    match source.byte() {
        0..16 => pair.leave(Leave::End),
        16..32 => pair.leave(Leave::Park),
        _ => pair.drain(),
    }
}

/// Gives a command that carries the number it will get.
fn command(pair: &mut Pair<'_>, source: &mut Source<'_>) {
    let expires = match source.byte() {
        0..128 => None,
        byte => Some(pair.now + Micros::from(byte - 128) * 500 * MILLI),
    };
    match source.byte() % 8 {
        0..3 if pair.model.orders.len() < MOST_ORDERS => {
            let (since, status) = (Some(number(pair)), PresenceStatus::Idle);
            let presence = Presence { since, activities: &[], status, afk: false };
            pair.command(&Command::UpdatePresence(presence.into()), expires, None);
        }
        3 => {
            let reserved = Command::Raw { op: 2, d: "{}" };
            pair.command(&reserved, expires, Some(CommandError::ReservedOp));
        }
        4 => {
            let broken = Command::Raw { op: 43, d: "[1" };
            pair.command(&broken, expires, Some(CommandError::NotJson));
        }
        _ => plain_command(pair, expires),
    }
}

fn plain_command(pair: &mut Pair<'_>, expires: Option<Micros>) {
    if pair.model.orders.len() < MOST_ORDERS {
        let number = number(pair).to_string();
        pair.command(&Command::Raw { op: 43, d: &number }, expires, None);
    }
}

fn number(pair: &Pair<'_>) -> u64 {
    pair.model.orders.len().try_into().unwrap_or(u64::MAX)
}

/// Does the next thing a world that means well would do.
fn prosper(pair: &mut Pair<'_>) {
    pair.drain();
    let link = pair.link;
    if pair.model.is_greeted() && pair.model.flight.is_some() {
        return pair.say(Said::Sent(link));
    }
    let next = pair.model.session().latest_received() + 1;
    match pair.phase() {
        Phase::Resting => wait(pair, Said::Tick),
        Phase::Dialing => pair.say(Said::Opened(link)),
        Phase::Greeting => pair.words(&[Word::Hello(0)]),
        Phase::Asking => pair.say(Said::Permit(link)),
        Phase::Identifying => pair.words(&[Word::Ready { seq: Some(1), id: 0, url: 0 }]),
        Phase::Resuming => pair.words(&[Word::Dispatch { name: "RESUMED", seq: Some(next) }]),
        Phase::Live => pair.words(&[Word::Ack]),
        Phase::Closing => pair.say(Said::Closed(link, Gone::Dropped)),
        Phase::Stopped => {}
    }
}

/// Does such things until the session runs, and then for some seconds.
fn thrive(pair: &mut Pair<'_>, seconds: u8) {
    for _ in 0..12 {
        if pair.phase() == Phase::Live {
            break;
        }
        prosper(pair);
    }
    pair.drain();
    let until = pair.now + Micros::from(seconds) * SECOND;
    for _ in 0..40 {
        if pair.phase() != Phase::Live || pair.now >= until {
            return;
        }
        pair.now = pair.wait.clamp(pair.now, until);
        pair.say(Said::Tick);
        prosper(pair);
        prosper(pair);
        pair.drain();
    }
}
