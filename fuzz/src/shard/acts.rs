//! The steps of a sequence: what each byte means.

use std::time::Duration;

use gatewright_core::{
    Activity, ChannelId, CloseCode, Command, Gone, GuildId, Input, Instant, Leave, Link, Members,
    PresenceStatus, RequestGuildMembers, UpdatePresence, UpdateVoiceState,
};

use super::judge::Judge;
use super::palette::document;
use crate::source::{Cuts, Source};
use crate::wire::document as encode;

/// Takes a step: the byte that names it, and behind it what it needs.
pub(super) fn act(judge: &mut Judge<'_>, source: &mut Source<'_>) {
    match source.byte() % 25 {
        0 => judge.give(Input::Tick),
        1 => judge.give(Input::Busy),
        2 | 3 => {
            let link = link(judge, source);
            judge.give(Input::Opened(link));
        }
        4..=7 => say(judge, source),
        8 => bytes(judge, source),
        9 | 10 => {
            let link = link(judge, source);
            judge.give(Input::Sent(link));
        }
        11 => closed(judge, source),
        12 | 13 => {
            let link = link(judge, source);
            judge.give(Input::MayIdentify(link));
        }
        14 | 15 => command(judge, source),
        16 => leave(judge, source),
        17 => time(judge, source),
        18 | 19 => {
            judge.drain();
            judge.now = judge.wait;
            judge.give(Input::Tick);
        }
        20 => drop(judge.take()),
        21 => judge.look(),
        22 => judge.give(Input::Held),
        23 => {
            let link = link(judge, source);
            judge.give(Input::DialWaits(link));
        }
        _ => judge.drain(),
    }
}

/// Draws a link: mostly the one at hand.
fn link(judge: &Judge<'_>, source: &mut Source<'_>) -> Link {
    match source.byte() {
        0..224 => judge.link,
        224..240 => Link(judge.link.0.wrapping_sub(1)),
        240.. => Link(judge.link.0.wrapping_add(1)),
    }
}

/// Says a plausible document as a message, whole or cut.
fn say(judge: &mut Judge<'_>, source: &mut Source<'_>) {
    let (number, seq) = (source.byte(), source.number());
    let packed = judge.wire.pack(&encode(judge.encoding, &document(number, seq)));
    let text = judge.is_text();
    let pieces = match source.byte() {
        0..192 => vec![&packed[..]],
        192.. => Cuts::draw(source).of(&packed),
    };
    deliver(judge, text, &pieces);
}

/// Says arbitrary bytes, as a whole message or the beginning of one.
fn bytes(judge: &mut Judge<'_>, source: &mut Source<'_>) {
    let (kind, len) = (source.byte(), source.below(256));
    let link = link(judge, source);
    let part = source.take(len);
    judge.give(Input::Message { link, text: kind & 1 == 0, part, last: kind & 2 == 0 });
}

fn deliver(judge: &mut Judge<'_>, text: bool, pieces: &[&[u8]]) {
    let link = judge.link;
    for (at, part) in pieces.iter().enumerate() {
        judge.give(Input::Message { link, text, part, last: at + 1 == pieces.len() });
    }
}

fn closed(judge: &mut Judge<'_>, source: &mut Source<'_>) {
    let link = link(judge, source);
    let (kind, reason) = (source.byte(), source.text(200));
    let gone = match kind {
        0..64 => Gone::Dropped,
        64..128 => Gone::Code(CloseCode(4_000 + u16::from(kind % 16)), &reason),
        128..160 => Gone::Code(CloseCode(1_000 + u16::from(kind % 16)), &reason),
        160..192 => Gone::Refused(400 + u16::from(kind % 110)),
        192..224 => Gone::TooLong,
        224..=255 => Gone::Unreachable,
    };
    judge.give(Input::Closed(link, gone));
}

fn leave(judge: &mut Judge<'_>, source: &mut Source<'_>) {
    judge.hear();
    // A shard that left has little more to tell: most of such bytes are for those before.
    if source.byte() < 32 {
        let how = if source.chance() { Leave::End } else { Leave::Park };
        judge.shard.leave(judge.now, how);
    } else {
        judge.give(Input::Tick);
    }
}

/// Moves the time: on by a little or much, back, or anywhere.
fn time(judge: &mut Judge<'_>, source: &mut Source<'_>) {
    let (how, span) = (source.byte(), source.number());
    judge.now = match how {
        0..128 => judge.now.saturating_add(Duration::from_millis(span)),
        128..192 => judge.now.saturating_add(Duration::from_micros(span)),
        192..240 => Instant::from_micros(judge.now.as_micros().saturating_sub(span)),
        240.. => Instant::from_micros(span),
    };
}

fn command(judge: &mut Judge<'_>, source: &mut Source<'_>) {
    let expires = match source.byte() {
        0..192 => Instant::MAX,
        192.. => judge.now.saturating_add(Duration::from_millis(source.number())),
    };
    let (kind, id, text) = (source.byte(), source.number(), source.text(255));
    let long = text.repeat(usize::from(kind >> 3));
    let activities = [Activity { name: &long, kind: 0, state: Some(&text), url: None }];
    let command = match kind % 4 {
        0 => Command::UpdatePresence(UpdatePresence {
            since: (kind & 16 == 0).then_some(Some(id)),
            activities: (kind & 32 == 0).then_some(&activities),
            status: (kind & 64 == 0).then_some(PresenceStatus::Idle),
            afk: Some(true),
        }),
        1 => Command::UpdateVoiceState(UpdateVoiceState {
            guild_id: GuildId(id),
            channel_id: Some(ChannelId(id)),
            self_mute: (kind & 16 == 0).then_some(true),
            self_deaf: None,
        }),
        2 => Command::RequestGuildMembers(RequestGuildMembers {
            guild_id: GuildId(id),
            members: if kind & 16 == 0 {
                Members::All
            } else {
                Members::Named { prefix: &long, limit: 1 }
            },
            presences: false,
            nonce: Some(&text),
        }),
        _ => Command::Raw { op: kind, d: &text },
    };
    judge.command(&command, expires);
}
