//! Snapshots that are cut, changed, or never were one.

use core::time::Duration;

use super::*;
use crate::fnv;
use crate::rng::Rng;

/// Gives bytes the checksum that is right for them.
fn signed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - 8);
    let hash = fnv::steps(fnv::BASIS, &bytes);
    bytes.extend(hash.to_le_bytes());
    bytes
}

/// Restores bytes over a cache that had rows; whatever they are, it is empty or whole.
fn try_restore(bytes: &[u8]) -> Result<(), SnapshotError> {
    let mut cache = heap();
    apply(&mut cache, "GUILD_CREATE", r#"{"id": "8", "roles": [{"id": "8"}]}"#);
    let restored = cache.restore(bytes);
    let shown = walk(&cache.records);
    if restored.is_err() {
        assert!(shown.is_empty() && cache.memory().used == 0 && !cache.is_cold());
        assert_eq!((cache.awaited(), cache.my_id()), (0, None));
        return restored.map(drop);
    }
    // What is there can be read, and written again.
    let again = super::bytes(&cache);
    assert_eq!(super::bytes(&restore(Settings::default(), &again)), again);
    for guild in cache.guilds() {
        let _ = (guild.read(), std::format!("{guild:?}"));
    }
    for message in cache.messages() {
        let _ = (message.read(), message.author().map(|row| row.read()), message.member());
        let _ = std::format!("{message:?}");
    }
    apply(&mut cache, "GUILD_DELETE", r#"{"id": "1"}"#);
    apply(&mut cache, "READY", READY);
    cache.clear(&mut ());
    assert_eq!(cache.memory().used, 0);
    Ok(())
}

#[test]
fn a_snapshot_that_is_cut_or_has_a_byte_changed_is_refused() {
    let snapshot = write(&full(heap()), Some(&session()));
    assert_eq!(try_restore(&snapshot), Ok(()));
    for len in 0..snapshot.len() {
        let expected = match len {
            0..8 => SnapshotError::NoSnapshot,
            _ => SnapshotError::Damaged,
        };
        assert_eq!(heap().restore(&snapshot[..len]), Err(expected), "{len}");
    }
    for at in 0..snapshot.len() {
        let mut changed = snapshot.clone();
        changed[at] ^= 1 << (at % 8);
        let found = heap().restore(&changed).unwrap_err();
        let right = match at {
            0..8 => found == SnapshotError::NoSnapshot,
            8..12 => matches!(found, SnapshotError::Version(version) if version != 2),
            _ => found == SnapshotError::Damaged,
        };
        assert!(right, "{at} {found:?}");
    }
    let longer = [&snapshot[..], b"\0"].concat();
    assert_eq!(try_restore(&longer), Err(SnapshotError::Damaged));
    assert_eq!(try_restore(b""), Err(SnapshotError::NoSnapshot));
}

#[test]
fn whatever_is_changed_under_a_right_checksum_is_refused_or_whole() {
    let snapshot = write(&full(heap()), Some(&session()));
    let mut rng = Rng::new(9);
    let mut draw = |limit: usize| {
        let drawn = rng.below(Duration::from_micros(limit as u64));
        usize::try_from(drawn.as_micros()).unwrap()
    };
    let (mut refused, mut taken) = (0, 0);
    for at in 8..snapshot.len() - 8 {
        let mut changed = snapshot.clone();
        match draw(5) {
            0 => changed[at] ^= 1 << draw(8),
            1 => changed[at] = [0, 1, 0x7F, 0x80, 0x91, 0x92, 0x94, 0x95, 0xFF][draw(9)],
            2 => drop(changed.drain(at..(at + 1 + draw(20)).min(snapshot.len() - 8))),
            3 => changed.insert(at, u8::try_from(draw(256)).unwrap()),
            _ => {
                let from = draw(snapshot.len() - 40);
                let piece = changed[from..from + 1 + draw(32)].to_vec();
                changed.splice(at..at, piece);
            }
        }
        match try_restore(&signed(changed)) {
            Ok(()) => taken += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 1_000 && taken > 100, "{refused} {taken}");
}

#[test]
fn every_cut_under_a_right_checksum_is_refused() {
    let snapshot = write(&full(heap()), Some(&session()));
    for len in 12..snapshot.len() - 8 {
        let cut = signed([&snapshot[..len], &[0; 8]].concat());
        assert!(matches!(try_restore(&cut), Err(SnapshotError::Invalid(_))), "{len}");
    }
}

/// A snapshot of no rows but those in `runs`.
fn with_runs(runs: &[Vec<u8>]) -> Vec<u8> {
    let empty = bytes(&heap());
    let head = &empty[..empty.len() - 9];
    signed([head, &runs.concat(), &[END], &[0; 8]].concat())
}

fn id(id: u64) -> [u8; 8] {
    id.to_le_bytes()
}

/// A run of one row without an owner.
fn root(kind: Kind, key: u64, more: &[u8], fields: &[u8]) -> Vec<u8> {
    let len = u32::try_from(fields.len()).unwrap().to_le_bytes();
    [&[number(kind)], &1_u32.to_le_bytes()[..], &id(key), more, &len, fields].concat()
}

/// A run of one row of a guild.
fn owned(kind: Kind, bits: u8, guild: u64, key: u64, fields: &[u8]) -> Vec<u8> {
    let len = u32::try_from(fields.len()).unwrap().to_le_bytes();
    let head = [number(kind) | HAS_OWNER | bits];
    [&head[..], &id(guild), &1_u32.to_le_bytes(), &id(key), &len, fields].concat()
}

fn guild() -> Vec<u8> {
    root(Kind::Guild, 1, &[KNOWN], b"")
}

fn user(fields: &[u8]) -> Vec<u8> {
    root(Kind::User, 5, b"", fields)
}

fn member() -> Vec<u8> {
    owned(Kind::Member, 0, 1, 5, b"")
}

fn room() -> Vec<u8> {
    root(Kind::Room, 7, b"", b"")
}

fn message(key: u64, fields: &[u8]) -> Vec<u8> {
    root(Kind::Message, key, &id(7), fields)
}

fn answer(key: u64, to: u64) -> Vec<u8> {
    message(key, &reference("referenced_message", 0x94, to))
}

fn emoji(user: u64) -> Vec<u8> {
    owned(Kind::Emoji, 0, 1, 30, &reference("user", 0x94, user))
}

/// A field that refers to a row.
fn reference(name: &str, tag: u8, to: u64) -> Vec<u8> {
    [&[u8::try_from(Name::of(name).0).unwrap(), tag], &id(to)[..]].concat()
}

#[test]
fn what_refers_to_what_is_there_is_restored() {
    for runs in [
        vec![],
        vec![user(b""), guild(), member()],
        vec![user(b""), guild(), emoji(5)],
        vec![room(), answer(4, 3), message(3, b"")],
        vec![room(), message(3, b""), answer(4, 3)],
    ] {
        assert_eq!(try_restore(&with_runs(&runs)), Ok(()), "{runs:?}");
    }
}

#[test]
fn rows_that_contradict_each_other_are_refused() {
    let many = [&[number(Kind::Guild)], &u32::MAX.to_le_bytes()[..], &guild()[5..]].concat();
    let none = vec![number(Kind::Guild), 0, 0, 0, 0];
    let me = |id| root(Kind::Me, id, b"", b"");
    for (what, runs) in [
        ("two of a kind", vec![guild(), guild()]),
        ("two of a kind in a guild", vec![user(b""), guild(), member(), member()]),
        ("a guild nobody knows", vec![user(b""), member()]),
        ("a user nobody knows", vec![guild(), member()]),
        ("a reference to nobody", vec![user(b""), guild(), emoji(6)]),
        ("a reference to another kind", vec![guild(), emoji(1)]),
        ("an answer to nobody", vec![room(), answer(4, 3)]),
        ("an answer to itself", vec![room(), answer(3, 3)]),
        ("answers in a circle", vec![room(), answer(3, 4), answer(4, 3)]),
        ("a message in no channel", vec![message(3, b"")]),
        ("more rows than there are", vec![many]),
        ("no rows", vec![none]),
        ("a member of nobody", vec![user(b""), guild(), root(Kind::Member, 5, b"", b"")]),
        ("a user of a guild", vec![guild(), owned(Kind::User, 0, 1, 5, b"")]),
        ("a role that is kept", vec![guild(), owned(Kind::Role, IS_KEPT, 1, 5, b"")]),
        ("two own users", vec![me(1), me(2)]),
        ("marks nobody knows", vec![root(Kind::Guild, 1, &[16], b"")]),
        ("a kind nobody knows", vec![vec![number(Kind::Message) + 1]]),
    ] {
        let found = try_restore(&with_runs(&runs));
        assert!(matches!(found, Err(SnapshotError::Invalid(_))), "{what}: {found:?}");
    }
}

#[test]
fn fields_that_are_not_as_the_cache_keeps_them_are_refused() {
    let lists = message(3, &reference("mentions", 0x95, 5));
    let role = owned(Kind::Role, 0, 1, 5, &reference("user", 0x94, 5));
    for (what, runs) in [
        ("fields out of order", vec![user(b"\x02\x05\x01\x05")]),
        ("a field twice", vec![user(b"\x02\x05\x02\x05")]),
        ("a field that is null", vec![user(b"\x02\x82")]),
        ("a name nobody knows", vec![user(b"\xFF\x7F\x05")]),
        ("a name alone", vec![user(b"\x02")]),
        ("text that is none", vec![user(b"\x02\xA1\xFF")]),
        ("a reference where there is none", vec![user(&reference("avatar", 0x94, 5))]),
        ("a reference of a row that has none", vec![user(b""), guild(), role]),
        ("a reference in a list", vec![user(b"\x02\x91\x05\x94\x05\x00\x00\x00")]),
        ("a list of more than there are", vec![user(b""), room(), lists]),
        ("an invite of another code", vec![guild(), owned(Kind::Invite, 0, 1, 5, b"\x05\x05")]),
    ] {
        let found = try_restore(&with_runs(&runs));
        assert!(matches!(found, Err(SnapshotError::Invalid(_))), "{what}: {found:?}");
    }
}
