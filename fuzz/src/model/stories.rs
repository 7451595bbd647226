//! Plays to begin with: what happens to clients, written out.

use super::acts::{
    BURST, BUSY, CLOSED, COMMAND, LEAVE, OPENED, PASS, PASS_TICK, PERMIT, PROSPER, SAY, SAY_MANY,
    SENT, THRIVE, TICK, UNDRAINED, WAIT, WAIT_BUSY,
};

/// The link at hand.
const HERE: u8 = 0;
const HELLO: u8 = 0;
const DISPATCH: u8 = 2;
const READY: u8 = 8;
const REQUEST: u8 = 12;
const ACK: u8 = 15;
const RECONNECT: u8 = 18;
const INVALID: u8 = 19;
const UNKNOWN: u8 = 21;
const GARBAGE: u8 = 22;

/// Connects and goes live.
const LIVE: &[u8] = &[THRIVE, 0];
/// Loses the transport.
const LOST: &[u8] = &[CLOSED, HERE, 0];
/// An end of a session after which it is resumed, and lives.
const AGAIN: &[u8] = &[PROSPER, THRIVE, 70];

/// Says one word.
fn say(word: &[u8]) -> Vec<u8> {
    [&[SAY], word, &[HERE]].concat()
}

/// The peer closes with 4000 and that much more.
const fn code(more: u8) -> [u8; 3] {
    [CLOSED, HERE, 48 + more]
}

fn tell(parts: &[&[u8]]) -> Vec<u8> {
    [&[0], parts.concat().as_slice()].concat()
}

/// Returns the stories.
pub(crate) fn stories() -> Vec<Vec<u8>> {
    let mut all = vec![normal(), by_hand(), gaps(), commands(), many_words(), stored()];
    all.extend(closes());
    all.extend(endings());
    all.extend(hearts());
    all.extend(limits());
    all.extend(orders_of_calls());
    all
}

/// A session with events and commands, resumed once and ended.
fn normal() -> Vec<u8> {
    let events = [say(&[DISPATCH, 0, 2]), say(&[DISPATCH, 2, 3])].concat();
    let command = [COMMAND, 0, 7, SENT, HERE];
    tell(&[LIVE, &events, &command, LOST, AGAIN, &[LEAVE, 0], LOST, &[TICK]])
}

/// The same, step by step.
fn by_hand() -> Vec<u8> {
    let dial = [TICK, OPENED, HERE];
    let identify = [PERMIT, HERE, SENT, HERE];
    let ready = say(&[READY, 1, 0]);
    let again = [WAIT, OPENED, HERE];
    let resumed = say(&[DISPATCH, 1, 3]);
    let hello = say(&[HELLO, 1]);
    let begun = [&dial[..], &hello, &identify, &ready].concat();
    tell(&[&begun, LOST, &again, &hello, &[SENT, HERE], &resumed, &[LEAVE, 16], LOST])
}

/// Sequence numbers that are left out, come twice or not at all.
fn gaps() -> Vec<u8> {
    let seqs = [3, 3, 255, 9, 8, 10, 1, 250, 0].map(|seq| say(&[DISPATCH, 0, seq])).concat();
    tell(&[LIVE, &seqs, &say(&[READY, 4, 0]), &say(&[READY, 4, 0x10]), &seqs, LOST, AGAIN])
}

/// Commands of all kinds: late ones, replaced ones, refused ones, ones that are cut off by a loss.
fn commands() -> Vec<u8> {
    let early = [COMMAND, 0, 0, COMMAND, 0, 7, COMMAND, 0, 1, COMMAND, 129, 7, COMMAND, 0, 3];
    let more = [COMMAND, 0, 4, COMMAND, 140, 0, COMMAND, 200, 7, WAIT, SENT, HERE, SENT, HERE];
    tell(&[&early, &[PASS_TICK, 40], LIVE, &more, LOST, &more, AGAIN, &[LEAVE, 0], &early, LOST])
}

/// Several documents in one message.
fn many_words() -> Vec<u8> {
    let hello = [SAY_MANY, 2, HELLO, 0, REQUEST, HELLO, 5];
    let events = [SAY_MANY, 3, DISPATCH, 0, 5, REQUEST, DISPATCH, 0, 5, INVALID, 1];
    let broken = [SAY_MANY, 3, DISPATCH, 0, 2, UNKNOWN, 9, GARBAGE, 4, ACK];
    let fresh = [SAY_MANY, 2, DISPATCH, 0, 7, READY, 1, 0x20, DISPATCH, 0, 2];
    tell(&[&[TICK, OPENED, HERE], &hello, LIVE, &fresh, &broken, AGAIN, &events, LOST, AGAIN])
}

/// A session of an earlier process, taken up, refused, and replaced.
fn stored() -> Vec<u8> {
    let begun = [2, 0x10, 7, 3, TICK, PROSPER, PROSPER, SENT, HERE];
    [&begun[..], &say(&[DISPATCH, 0, 8]), &say(&[READY, 1, 0x20]), LOST, AGAIN].concat()
}

/// Each close code while live, twice in a row, and behind our own close.
fn closes() -> Vec<Vec<u8>> {
    let crossed = |more| [&say(&[INVALID, more]), &code(8)[..]].concat();
    let codes = (0..16).map(|more| {
        let again = [&[PROSPER, THRIVE, 0][..], &code(more), AGAIN, &code(more)].concat();
        tell(&[LIVE, &code(more), &again, AGAIN])
    });
    let crossing = (0..16).map(|more| {
        let zombie = [say(&[RECONNECT]), code(more).to_vec()].concat();
        tell(&[LIVE, &zombie, AGAIN, &crossed(more & 1), AGAIN])
    });
    codes.chain(crossing.step_by(3)).collect()
}

/// Other ways a connection ends.
fn endings() -> Vec<Vec<u8>> {
    let dead = |kind: u8| [PROSPER, CLOSED, HERE, kind].repeat(5);
    let silent = [PROSPER, OPENED, HERE, WAIT, CLOSED, HERE, 0].repeat(3);
    let cut = [&[PROSPER, OPENED, HERE][..], &say(&[HELLO, 0]), &[SENT, HERE], LOST].concat();
    let invalid = |d| [&[PROSPER, PROSPER][..], &say(&[INVALID, d]), LOST].concat().repeat(5);
    let refused =
        [&[PROSPER, OPENED, HERE][..], &say(&[HELLO, 0]), &[SENT, HERE], &code(8)].concat();
    let reconnect = |span| [&[THRIVE, span][..], &say(&[RECONNECT]), LOST].concat();
    let too_long = [&[CLOSED, HERE, 208, THRIVE, 0][..]].concat().repeat(2);
    vec![
        tell(&[LIVE, LOST, &dead(230), AGAIN]),
        tell(&[LIVE, LOST, &dead(194), AGAIN]),
        tell(&[LIVE, LOST, &silent, AGAIN]),
        tell(&[&silent, LIVE]),
        tell(&[LIVE, LOST, &cut.repeat(4), AGAIN]),
        tell(&[LIVE, LOST, &cut.repeat(2), &refused, AGAIN]),
        tell(&[LIVE, &invalid(0), AGAIN]),
        tell(&[LIVE, &invalid(1), AGAIN]),
        tell(&[&invalid(1).repeat(3), AGAIN]),
        tell(&[&reconnect(20), &reconnect(0), &reconnect(70), AGAIN]),
        tell(&[LIVE, LOST, &[PROSPER, OPENED, HERE], &say(&[RECONNECT]), LOST, AGAIN]),
        tell(&[LIVE, LOST, AGAIN, &too_long]),
        tell(&[&[TICK, OPENED, HERE], &too_long]),
        tell(&[LIVE, &say(&[GARBAGE, 0]), &[WAIT], AGAIN, &say(&[GARBAGE, 3]), LOST]),
        tell(&[LIVE, &[LEAVE, 16], &[WAIT], AGAIN]),
        tell(&[&[LEAVE, 0, TICK]]),
        tell(&[LIVE, LOST, &[LEAVE, 0, TICK]]),
        tell(&[&[TICK, OPENED, HERE, PROSPER, WAIT, WAIT, LEAVE, 0], LOST]),
        tell(&[LIVE, &say(&[INVALID, 0]), &[LEAVE, 0], LOST]),
    ]
}

/// Heartbeats: on time, late, unanswered, asked for.
fn hearts() -> Vec<Vec<u8>> {
    let frame = say(&[DISPATCH, 0, 255]);
    let beat = [&[WAIT, SENT, HERE][..], &frame].concat();
    vec![
        tell(&[LIVE, &[WAIT, SENT, HERE].repeat(3), LOST, AGAIN]),
        tell(&[LIVE, &beat.repeat(4), LOST, AGAIN]),
        tell(&[LIVE, &[WAIT_BUSY, SENT, HERE].repeat(4), &[WAIT], LOST]),
        tell(&[LIVE, &[WAIT, WAIT, WAIT, WAIT], LOST]),
        tell(&[LIVE, &[PASS, 120, BUSY, SENT, HERE, PASS, 83, TICK].repeat(3), LOST]),
        tell(&[LIVE, &[&say(&[REQUEST])[..], &[SENT, HERE, PASS_TICK, 66]].concat().repeat(12)]),
        tell(&[LIVE, &say(&[REQUEST]).repeat(12), &[PASS, 124], &say(&[REQUEST]), &[SENT, HERE]]),
        tell(&[&[TICK, OPENED, HERE], &say(&[HELLO, 0]), &[WAIT, SENT, HERE, WAIT, WAIT], LOST]),
    ]
}

/// The send limit, and odd intervals and keys.
fn limits() -> Vec<Vec<u8>> {
    let sends = [SENT, HERE].repeat(110);
    let hello = |interval| [&[TICK, OPENED, HERE][..], &say(&[HELLO, interval]), LIVE].concat();
    let keys = |ids| {
        let begun = [PERMIT, HERE, SENT, HERE];
        let asking = [&[TICK, OPENED, HERE][..], &say(&[HELLO, 0]), &begun].concat();
        tell(&[&asking, &say(&[READY, 1, ids]), LOST, AGAIN])
    };
    let mut all: Vec<_> = (0..14).map(|interval| tell(&[&hello(interval), LOST])).collect();
    all.extend([0, 1, 2, 3, 5, 7, 8, 0x20, 0x30, 0x40, 0x50].map(keys));
    all.push(tell(&[LIVE, &[BURST, 255], &sends, &[WAIT, SENT, HERE].repeat(9)]));
    all.push(tell(&[&hello(2), &[BURST, 255], &sends, &[WAIT, SENT, HERE].repeat(9), LOST, AGAIN]));
    all
}

/// Inputs in odd orders, with outputs left for later.
fn orders_of_calls() -> Vec<Vec<u8>> {
    const LATER: u8 = UNDRAINED;
    let next = 244;
    vec![
        tell(&[&[TICK | LATER, OPENED | LATER, next, CLOSED | LATER, next, 194], LIVE]),
        tell(&[LIVE, &[PASS, 120, LATER | LEAVE, 0, LATER | CLOSED, HERE, 60, TICK]]),
        tell(&[LIVE, &[LATER | CLOSED, HERE, 60, LATER | PASS_TICK, 120, SENT, 232], AGAIN]),
        tell(&[&[TICK, WAIT, OPENED, HERE, WAIT, OPENED, 232, OPENED, HERE], LIVE]),
        tell(&[&[TICK, OPENED, HERE], &say(&[HELLO, 0]), &[LATER | PERMIT, HERE], LOST, LIVE]),
    ]
}
