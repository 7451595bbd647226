//! The rows after events, on the heap and in lent memory.

use core::sync::atomic::AtomicU32;
use std::collections::BTreeMap;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use super::family::{
    Fixed, Heap, HeapSegments, HeapSlots, LentIndex, LentSegments, LentSlots, Memory, Places,
};
use super::kind::{Kind, Links, Mark, NONE, Place};
use super::reader::{Losses, Reader};
use super::records::Records;
use super::records::walk::walk;
use super::rows::{Changed, Witness, user_of};
use super::settings::Settings;
use crate::decode::packed::Broken;
use crate::decode::{Cursor, Decode};
use crate::model::{Guild, Member, Role, User};
use crate::{Dispatch, Encoding};

mod answers;
mod found;
mod random;
mod sweep;
mod trouble;

/// Writes a line for each row that changed: `+` new, `~` changed, `-` gone.
#[derive(Debug, Default)]
struct Heard {
    lines: Vec<String>,
    /// What the rows that are shown are, as far as was told.
    shown: BTreeMap<u32, Vec<u8>>,
}

impl<M: Memory> Witness<M> for Heard {
    fn hear(&mut self, records: &Records<M>, change: Changed<'_>) {
        let key = match change.kind {
            Kind::Member => records.key(user_of(records.key(change.row))),
            _ => records.key(change.row),
        };
        assert_eq!(records.kind(change.row), change.kind);
        let now = records.members(change.row).to_vec();
        let (sign, told) = match (change.old, change.stays) {
            (None, _) => ('+', self.shown.insert(change.row, now.clone())),
            (Some(_), true) => ('~', self.shown.insert(change.row, now.clone())),
            (Some(_), false) => ('-', self.shown.remove(&change.row)),
        };
        let line = std::format!("{sign}{:?} {key}", change.kind);
        assert_eq!(told.is_some(), change.old.is_some(), "{line}");
        if let (Some(told), Some(old)) = (told, change.old) {
            // Where there was no room for what it was, only its key is told.
            let hollow = records.fields(change.row).is_empty() && old == now && change.stays;
            assert!(told == old || hollow, "{line}");
            assert_eq!(now == old, !change.stays || hollow, "{line}");
        }
        self.lines.push(line);
    }
}

type Read = Result<(), Broken>;

struct Bench<M: Memory> {
    records: Records<M>,
    scratch: Vec<u8>,
    settings: Settings,
    heard: Heard,
}

impl Bench<Heap> {
    fn heap() -> Self {
        Self::heap_of(5_000, 1 << 20)
    }

    fn heap_of(rows: u32, bytes: usize) -> Self {
        let segments = HeapSegments::new(bytes);
        let records = Records::new(HeapSlots::new(rows), hashbrown::HashTable::new(), segments);
        Self {
            records,
            scratch: vec![0; 64 * 1024],
            settings: Settings::default(),
            heard: Heard::default(),
        }
    }
}

impl Bench<Fixed<'static>> {
    fn lent(rows: usize, bytes: usize) -> Self {
        let slots = (0..rows).map(|_| AtomicU32::new(9)).collect::<Vec<_>>().leak();
        let index = Places::Narrow(vec![9; 2 * rows].leak());
        let segments = LentSegments(vec![0; bytes].leak());
        let records = Records::new(LentSlots::new(slots), LentIndex::new(index), segments);
        Self {
            records,
            scratch: vec![0; 8 * 1024],
            settings: Settings::default(),
            heard: Heard::default(),
        }
    }
}

impl<M: Memory> Bench<M> {
    fn apply(&mut self, name: &str, json: &str) -> Vec<String> {
        let (lines, losses) = self.apply_lossy(name, json);
        assert_eq!(losses, Losses::default(), "{name} {json}");
        lines
    }

    fn apply_lossy(&mut self, name: &str, json: &str) -> (Vec<String>, Losses) {
        let (lines, losses, read) = self.try_apply(name, json);
        read.unwrap();
        (lines, losses)
    }

    /// Applies an event, and checks all there is after it.
    fn try_apply(&mut self, name: &str, json: &str) -> (Vec<String>, Losses, Read) {
        let event = Dispatch::new(name, None, Encoding::Json, json.as_bytes()).unwrap();
        let mut reader =
            Reader::new(&mut self.records, &mut self.scratch, &self.settings, &mut self.heard);
        let read = reader.apply(&event);
        let losses = reader.losses;
        assert!(reader.is_at_rest());
        let shown = walk(&self.records);
        let shown = shown.into_iter().map(|row| (row, self.records.members(row).to_vec()));
        assert_eq!(self.heard.shown, shown.collect(), "what was told is what is there");
        (core::mem::take(&mut self.heard.lines), losses, read)
    }

    fn guild(&self, id: u64) -> Option<u32> {
        self.records.find(Kind::Guild, NONE, id)
    }

    fn member(&self, guild: u64, user: u64) -> Option<u32> {
        let user = self.records.find(Kind::User, NONE, user)?;
        self.records.find(Kind::Member, self.guild(guild)?, user.into())
    }

    fn read<'c, T: Decode<'c>>(&'c self, row: u32) -> T {
        Cursor::packed_members(self.records.members(row)).decode().unwrap()
    }

    /// Returns the keys of a guild's rows of a kind, in their order.
    fn keys(&self, guild: u64, kind: Kind) -> Vec<u64> {
        let guild = self.guild(guild).unwrap();
        let list = self.records.list(Place::In(guild, kind.list().unwrap()));
        let rows = core::iter::successors(Some(list.head), |row| {
            Some(self.records.next(*row, Links::OWNED))
        });
        let rows = rows.take_while(|row| *row != NONE);
        rows.map(|row| self.records.key(row)).collect()
    }
}

const GUILD: &str = r#"{"members": [
        {"user": {"id": "10", "username": "ann", "avatar": "0123456789abcdef0123456789abcdef"}, "roles": ["3"], "nick": "A"},
        {"user": {"id": "11", "username": "bob"}, "roles": [], "joined_at": "2024-03-01T00:00:03+00:00"}],
    "roles": [{"id": "1", "name": "everyone", "permissions": "8"}, {"id": "3", "name": "mod", "position": 1}],
    "channels": [{"id": "20", "type": 0, "name": "general"}, {"id": "21", "type": 2}],
    "emojis": [{"id": "30", "name": "e", "user": {"id": "12", "username": "eve"}}],
    "stickers": [], "threads": [], "stage_instances": null,
    "presences": [{"user": {"id": "10"}, "status": "idle", "activities": []}],
    "voice_states": [{"user_id": "11", "channel_id": "21", "session_id": "s"}],
    "soundboard_sounds": [{"sound_id": "40", "name": "quack", "volume": 0.5, "emoji_name": null}],
    "id": "1", "name": "guild", "member_count": 2, "owner_id": "10", "unknown": {"x": [1]}}"#;

/// Runs a test in both families.
fn both(test: impl Fn(&mut dyn FnMut(&str, &str) -> Vec<String>)) {
    let mut heap = Bench::heap();
    test(&mut |name, json| heap.apply(name, json));
    let mut lent = Bench::lent(200, 20_000);
    test(&mut |name, json| lent.apply(name, json));
}

#[test]
fn a_guild_is_read_in_one_pass_wherever_its_id_stands() {
    let mut bench = Bench::heap();
    let lines = bench.apply("GUILD_CREATE", GUILD);
    assert_eq!(
        lines,
        [
            "+User 10",
            "+Member 10",
            "+User 11",
            "+Member 11",
            "+Role 1",
            "+Role 3",
            "+Channel 20",
            "+Channel 21",
            "+User 12",
            "+Emoji 30",
            "+Presence 10",
            "+VoiceState 11",
            "+Sound 40",
            "+Guild 1",
        ]
    );
    let guild: Guild<'_> = bench.read(bench.guild(1).unwrap());
    assert_eq!((guild.id.0, guild.name.unwrap()), (1, "guild".into()));
    let member: Member<'_> = bench.read(bench.member(1, 10).unwrap());
    assert_eq!(member.nick.value().unwrap(), "A");
    assert_eq!(member.roles.iter().map(|role| role.unwrap().0).collect::<Vec<_>>(), [3]);
    let user: User<'_> = bench.read(bench.records.find(Kind::User, NONE, 10).unwrap());
    assert_eq!(user.avatar.value().unwrap(), "0123456789abcdef0123456789abcdef");
    let role: Role<'_> = bench.read(bench.records.find(Kind::Role, NONE, 1).unwrap());
    assert_eq!(
        (role.id.0, role.name.unwrap(), role.permissions.unwrap().bits()),
        (1, "everyone".into(), 8)
    );
    assert_eq!(bench.keys(1, Kind::Channel), [20, 21]);
}

#[test]
fn the_same_guild_again_changes_nothing() {
    both(|apply| {
        assert_eq!(apply("GUILD_CREATE", GUILD).len(), 14);
        assert_eq!(apply("GUILD_CREATE", GUILD), Vec::<String>::new());
    });
}

#[test]
fn a_guild_that_comes_anew_replaces_all_it_had() {
    both(|apply| {
        apply("GUILD_CREATE", GUILD);
        let lines = apply(
            "GUILD_CREATE",
            r#"{"id": "1", "name": "other", "roles": [{"id": "3", "name": "mod", "position": 2}], "members": [],
            "channels": [{"id": "20", "type": 0, "name": "general"}]}"#,
        );
        let mut sorted = lines;
        sorted.sort();
        assert_eq!(
            sorted,
            [
                "-Channel 21",
                "-Emoji 30",
                "-Member 10",
                "-Member 11",
                "-Presence 10",
                "-Role 1",
                "-Sound 40",
                "-User 10",
                "-User 11",
                "-User 12",
                "-VoiceState 11",
                "~Guild 1",
                "~Role 3",
            ]
        );
    });
}

#[test]
fn an_update_of_a_guild_patches_what_came() {
    let mut bench = Bench::heap();
    bench.apply("GUILD_CREATE", GUILD);
    let lines = bench
        .apply("GUILD_UPDATE", r#"{"id": "1", "name": "new", "owner_id": null, "emojis": []}"#);
    assert_eq!(lines, ["-Emoji 30", "-User 12", "~Guild 1"]);
    let guild: Guild<'_> = bench.read(bench.guild(1).unwrap());
    assert_eq!((guild.name.unwrap(), guild.owner_id), ("new".into(), None));
    assert_eq!(bench.keys(1, Kind::Role), [1, 3]);
    assert_eq!(bench.keys(1, Kind::Member).len(), 2);
}

#[test]
fn an_update_of_a_member_patches_what_came() {
    let mut bench = Bench::heap();
    bench.apply("GUILD_CREATE", GUILD);
    let update = r#"{"guild_id": "1", "user": {"id": "10", "username": "anna"}, "nick": null, "roles": ["1", "3"]}"#;
    assert_eq!(bench.apply("GUILD_MEMBER_UPDATE", update), ["~User 10", "~Member 10"]);
    let member: Member<'_> = bench.read(bench.member(1, 10).unwrap());
    assert!(member.nick.is_absent());
    assert_eq!(member.roles.count(), 2);
    let user: User<'_> = bench.read(bench.records.find(Kind::User, NONE, 10).unwrap());
    assert_eq!(user.username.unwrap(), "anna");
    assert_eq!(user.avatar.value().unwrap(), "0123456789abcdef0123456789abcdef");
}

#[test]
fn an_outage_marks_a_guild_and_leaving_removes_all_of_it() {
    both(|apply| {
        apply("GUILD_CREATE", GUILD);
        assert_eq!(
            apply("GUILD_DELETE", r#"{"id": "1", "unavailable": true}"#),
            Vec::<String>::new()
        );
        let lines = apply("GUILD_DELETE", r#"{"id": "1"}"#);
        assert_eq!(lines.iter().filter(|line| line.starts_with('-')).count(), 14, "{lines:?}");
        assert_eq!(apply("GUILD_DELETE", r#"{"id": "1"}"#), Vec::<String>::new());
    });
    let mut bench = Bench::heap();
    bench.apply("GUILD_CREATE", GUILD);
    bench.apply("GUILD_DELETE", r#"{"id": "1", "unavailable": true}"#);
    assert!(bench.records.is(bench.guild(1).unwrap(), Mark::Unavailable));
    bench.apply("GUILD_CREATE", GUILD);
    assert!(!bench.records.is(bench.guild(1).unwrap(), Mark::Unavailable));
    bench.apply("GUILD_DELETE", r#"{"id": "1"}"#);
    assert_eq!(bench.guild(1), None);
    for kind in Kind::ALL {
        assert_eq!(bench.records.len(kind), 0, "{kind:?}");
    }
}

#[test]
fn a_user_lives_as_long_as_something_refers_to_it() {
    let mut bench = Bench::heap();
    let add = |guild: u64| {
        std::format!(r#"{{"guild_id": "{guild}", "user": {{"id": "10", "username": "u"}}}}"#)
    };
    assert_eq!(bench.apply("GUILD_MEMBER_ADD", &add(1)), ["+User 10", "+Member 10"]);
    assert_eq!(bench.apply("GUILD_MEMBER_ADD", &add(2)), ["+Member 10"]);
    let user = bench.records.find(Kind::User, NONE, 10).unwrap();
    assert_eq!(bench.records.references(user), 2);
    assert_eq!(bench.apply("GUILD_DELETE", r#"{"id": "1"}"#), ["-Member 10"]);
    assert_eq!(bench.records.references(user), 1);
    assert_eq!(bench.apply("GUILD_DELETE", r#"{"id": "2"}"#), ["-Member 10", "-User 10"]);
    assert_eq!(bench.records.len(Kind::User), 0);
}

#[test]
fn what_does_not_decode_costs_itself() {
    let mut bench = Bench::heap();
    let (lines, losses) = bench.apply_lossy(
        "GUILD_CREATE",
        r#"{"id": "1", "roles": [{"name": "no id"}, 7, {"id": "x"}, {"id": "3"}], "name": "g",
        "members": [{"nick": "nobody"}, {"user": {"username": "no id"}}, {"user": {"id": "10"}, "roles": 5}]}"#,
    );
    assert_eq!(lines, ["+Role 3", "+User 10", "+Member 10", "+Guild 1"]);
    assert_eq!(losses, Losses { broken: 6, ..Losses::default() });
    assert_eq!(bench.records.references(bench.records.find(Kind::User, NONE, 10).unwrap()), 1);
}

#[test]
fn what_has_no_room_is_refused_and_leaves_nothing_behind() {
    for (rows, bytes) in [(7, 20_000), (200, 700), (3, 400)] {
        let mut bench = Bench::lent(rows, bytes);
        let (lines, losses) = bench.apply_lossy("GUILD_CREATE", GUILD);
        assert!(losses.refused > 0, "{rows} {bytes} {lines:?}");
        bench.apply_lossy("GUILD_DELETE", r#"{"id": "1"}"#);
        for kind in Kind::ALL {
            assert_eq!(bench.records.len(kind), 0, "{kind:?} {rows} {bytes}");
        }
        assert_eq!(bench.records.bytes().1, 0);
    }
}

#[test]
fn both_families_tell_the_same() {
    let run = |apply: &mut dyn FnMut(&str, &str) -> Vec<String>| {
        let mut lines = apply("GUILD_CREATE", GUILD);
        for id in 50..90 {
            let id = id.to_string();
            lines.extend(apply(
                "GUILD_MEMBER_ADD",
                &std::format!(r#"{{"guild_id": "1", "user": {{"id": "{id}", "username": "u{id}"}}, "roles": ["3"]}}"#),
            ));
        }
        lines.extend(apply(
            "GUILD_ROLE_UPDATE",
            r#"{"guild_id": "1", "role": {"id": "3", "name": "renamed to more"}}"#,
        ));
        lines.extend(apply("GUILD_DELETE", r#"{"id": "1"}"#));
        lines
    };
    let (mut heap, mut lent) = (Bench::heap(), Bench::lent(200, 20_000));
    let lines = run(&mut |name, json| heap.apply(name, json));
    assert_eq!(lines, run(&mut |name, json| lent.apply(name, json)));
    assert!(lines.len() > 150);
}
