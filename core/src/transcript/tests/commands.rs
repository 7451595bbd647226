use std::boxed::Box;
use std::collections::BTreeSet;
use std::vec;

use super::*;
use crate::EncodedCommand;

/// A command of its own for each number: every kind, of any length, sound or not.
fn with_command<T>(
    mut dice: impl FnMut(usize) -> usize,
    then: impl FnOnce(&Command<'_>) -> T,
) -> T {
    let text = ["x", "\u{1}", "é", "\\\""][dice(4)].repeat([0, 3, 40, 700, 2_000][dice(5)]);
    let raw = [
        "[]",
        "{}",
        "{",
        "{\"a\":1,\"a\":2}",
        "\"\\ud800\"",
        "1e999",
        "-0.5",
        "[[],[],{}]",
        "",
        "1 2",
    ];
    let raw = [&raw[..], &["18446744073709551616", "null", "[1,\"\\u0041\"]"]].concat();
    let filled =
        std::format!("[{}{}]", "0,".repeat([0, 900, 1_900, 2_040][dice(4)]), raw[dice(raw.len())]);
    let activities = [crate::Activity { name: &text, kind: 0, state: None, url: None }];
    match dice(6) {
        0 => then(&Command::Raw { op: [1, 3, 43][dice(3)], d: raw[dice(raw.len())] }),
        1 => then(&Command::Raw { op: 43, d: &filled }),
        2 => then(&Command::UpdatePresence(
            Presence { activities: &activities, ..Presence::default() }.into(),
        )),
        3 => then(&Command::UpdatePresence(crate::UpdatePresence {
            since: [None, Some(None), Some(Some(7))][dice(3)],
            activities: [None, Some(&activities[..])][dice(2)],
            status: [None, Some(crate::PresenceStatus::Idle)][dice(2)],
            afk: [None, Some(true)][dice(2)],
        })),
        4 => then(&Command::UpdateVoiceState(crate::UpdateVoiceState {
            guild_id: crate::GuildId(dice(2) as u64),
            channel_id: None,
            self_mute: [None, Some(true)][dice(2)],
            self_deaf: [None, Some(true)][dice(2)],
        })),
        _ => then(&Command::RequestGuildMembers(crate::RequestGuildMembers {
            guild_id: crate::GuildId(7),
            members: [crate::Members::Named { prefix: &text, limit: 1 }, crate::Members::All]
                [dice(2)],
            presences: false,
            nonce: Some("n"),
        })),
    }
}

fn shard(encoding: Encoding, commands: usize) -> Shard<'static> {
    let config = Config::new("t", Intents::GUILDS).encoding(encoding);
    let memory = Memory::lent(
        vec![0; Memory::MIN_PAYLOAD].leak(),
        vec![0; Memory::MIN_COMMANDS + commands].leak(),
        Box::leak(Box::new(crate::SendLog::new())),
        crate::Inflater::none(),
    );
    Shard::new(config, 1, memory).unwrap()
}

#[test]
fn the_last_byte_of_the_queue_is_used_whether_recorded_or_not() {
    let command = Command::Raw { op: 43, d: "[]" };
    for (encoding, room) in
        Encoding::ALL.into_iter().flat_map(|one| (0..64).map(move |room| (one, room)))
    {
        let (mut plain, mut rig) = (shard(encoding, room), record(shard(encoding, room)));
        while let Ok(id) = plain.command(Instant::ZERO, &command) {
            assert_eq!(rig.command(Instant::ZERO, &command), Ok(id), "{encoding} {room}");
        }
        let full = Err(crate::CommandError::QueueFull);
        assert_eq!(rig.command(Instant::ZERO, &command), full, "{encoding} {room}");
    }
}

#[test]
fn commands_are_answered_alike_whether_recorded_or_not() {
    let mut seed = 7_u64;
    let mut answers = BTreeSet::new();
    for round in 0..200 {
        let encoding = Encoding::ALL[round % 2];
        let (mut plain, mut rig) =
            (shard(encoding, 37 * round), record(shard(encoding, 37 * round)));
        for nth in 0..40 {
            let at = Instant::from_millis(nth);
            if nth == 38 {
                plain.leave(at, Leave::End);
                rig.leave(at, Leave::End);
            }
            let dice = |end: usize| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (seed >> 33) as usize % end
            };
            with_command(dice, |command| {
                let answer = plain.command(at, command);
                assert_eq!(rig.command(at, command), answer, "{encoding} {round} {command:?}");
                answers.insert(std::format!("{:?}", answer.map(|_| ())));
            });
        }
        replay(rig.finish().unwrap().as_bytes()).unwrap();
    }
    assert_eq!(answers.len(), 9, "{answers:?}");
}

/// Queues a command that was encoded before, as often as there are ways to, for each a shard and its recording.
fn queue_encoded(
    rigs: &mut [Recorded<'_, String>; 2],
    at: Instant,
    encoding: Encoding,
    command: &Command<'_>,
) -> [Result<crate::CommandId, crate::CommandError>; 2] {
    let (class, mut room) = (crate::CommandClass::of(command), [0; crate::MAX_PAYLOAD]);
    let lent = EncodedCommand::lent(command, encoding, Intents::GUILDS, &mut room);
    assert_eq!(EncodedCommand::new(command, encoding, Intents::GUILDS), lent);
    let payload = lent.as_ref().map_err(|error| *error).and_then(EncodedCommand::payload);
    let told = EncodedCommand::from_parts(class, encoding, payload);
    let [by_parts, by_room] = rigs;
    let answer = by_room.encoded_command(at, lent.as_ref().unwrap_or(&told), Instant::MAX);
    [by_parts.encoded_command(at, &told, Instant::MAX), answer]
}

#[test]
fn a_command_that_was_encoded_before_makes_the_recording_it_makes_itself() {
    let mut seed = 11_u64;
    let mut dice = |end: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % end
    };
    for round in 0..60 {
        let encoding = Encoding::ALL[round % 2];
        let new = || record(shard(encoding, 90 * round));
        let (mut given, mut encoded) = (new(), [new(), new()]);
        for nth in 0..40 {
            let at = Instant::from_millis(nth);
            with_command(&mut dice, |command| {
                let answer = given.command(at, command);
                let answers = queue_encoded(&mut encoded, at, encoding, command);
                assert_eq!(answers, [answer; 2], "{encoding} {round} {command:?}");
            });
        }
        let recording = given.finish().unwrap();
        for mut rig in encoded {
            assert_eq!(rig.finish().unwrap(), recording);
        }
    }
}
