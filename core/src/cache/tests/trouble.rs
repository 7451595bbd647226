//! What goes wrong costs itself, and leaves nothing behind.

use core::time::Duration;

use super::super::{Applied, Cache};
use super::*;
use crate::{Cause, Connected, Disconnected, Event, EventKind, GuildId, Link, Purpose, Skipped};

fn emoji(guild: u64, name: &str) -> String {
    std::format!(
        r#"{{"guild_id": "{guild}", "emojis": [{{"id": "30", "name": "{name}", "user": {{"id": "12"}}}}]}}"#
    )
}

#[test]
fn a_place_of_a_guild_stays_as_long_as_an_event_reads() {
    let mut bench = Bench::heap();
    let lines = bench.apply(
        "GUILD_UPDATE",
        r#"{"id": "1", "emojis": [{"id": "30"}], "emojis": [], "roles": [{"id": "3"}], "roles": [], "name": "g"}"#,
    );
    assert_eq!(lines, ["+Emoji 30", "-Emoji 30", "+Role 3", "-Role 3", "+Guild 1"]);
    let mut bench = Bench::heap();
    bench.apply("GUILD_EMOJIS_UPDATE", &emoji(1, "e"));
    assert!(bench.guild(1).is_some());
    bench.apply("GUILD_EMOJIS_UPDATE", r#"{"guild_id": "1", "emojis": []}"#);
    assert_eq!(bench.guild(1), None);
}

#[test]
fn a_payload_that_breaks_off_holds_nothing() {
    for (name, json) in [
        ("GUILD_MEMBER_ADD", r#"{"guild_id": "1", "user": {"id": "10"}, "nick": "a"#),
        ("GUILD_MEMBER_ADD", r#"{"guild_id": "1", "user": {"id": "10"}, "roles": ["1", }"#),
        ("GUILD_CREATE", r#"{"id": "1", "voice_states": [{"member": {"user": {"id": "1"}}, "x"#),
        ("GUILD_CREATE", r#"{"id": "1", "name": "g", "roles": [{"id": "1"}], "emojis": [{"id":"#),
    ] {
        let mut bench = Bench::heap();
        bench.apply("GUILD_CREATE", GUILD);
        assert!(bench.try_apply(name, json).2.is_err(), "{json}");
        assert_eq!(bench.keys(1, Kind::Channel), [20, 21], "what came not again stays");
        bench.apply("GUILD_DELETE", r#"{"id": "1"}"#);
        assert_eq!(bench.records.bytes().1, 0);
    }
}

#[test]
fn a_field_of_a_guild_without_room_costs_itself() {
    let mut bench = Bench::heap();
    bench.scratch.truncate(200);
    bench.apply("GUILD_CREATE", r#"{"id": "1", "name": "old", "description": "d"}"#);
    let (long, part) = ("x".repeat(300), "x".repeat(60));
    let update = std::format!(
        r#"{{"id": "1", "icon": "i", "description": "{long}",
        "features": ["{part}", "{part}", "{part}", "{part}"], "name": "new"}}"#
    );
    let (lines, losses) = bench.apply_lossy("GUILD_UPDATE", &update);
    assert_eq!(
        (lines, losses),
        (vec!["~Guild 1".into()], Losses { refused: 2, ..Losses::default() })
    );
    let guild: Guild<'_> = bench.read(bench.guild(1).unwrap());
    assert!(guild.name.unwrap() == "new" && guild.description.is_absent());
    assert_eq!(guild.icon.value().unwrap(), "i");
}

#[test]
fn the_first_id_of_a_guild_counts() {
    for name in ["GUILD_CREATE", "GUILD_UPDATE"] {
        let mut bench = Bench::heap();
        let json = r#"{"id": "1", "roles": [{"id": "3"}], "name": "one", "id": "2"}"#;
        assert_eq!(bench.apply(name, json), ["+Role 3", "+Guild 1"]);
        assert_eq!(bench.guild(2), None);
    }
}

/// A member whose nick and user's name are of some length.
fn member(length: usize) -> String {
    let x = "x".repeat(length);
    std::format!(
        r#"{{"guild_id": "1", "user": {{"id": "10", "username": "{x}"}}, "nick": "{x}", "roles": ["3"]}}"#
    )
}

#[test]
fn a_row_whose_news_have_no_room_keeps_nothing_old() {
    let short_scratch = {
        let mut bench = Bench::lent(20, 20_000);
        bench.scratch.truncate(150);
        bench
    };
    for mut bench in [short_scratch, Bench::lent(20, 700)] {
        bench.apply("GUILD_MEMBER_ADD", &member(20));
        let (lines, losses) = bench.apply_lossy("GUILD_MEMBER_UPDATE", &member(700));
        assert_eq!(lines, ["~User 10", "~Member 10"]);
        assert_eq!(losses, Losses { refused: 2, ..Losses::default() });
        let row = bench.member(1, 10).unwrap();
        assert_eq!(bench.records.fields(row), b"");
        let user = bench.records.find_listed(Kind::User, NONE, 10).unwrap();
        assert_eq!(bench.read::<User<'_>>(user).username, None);
        assert_eq!(bench.apply("GUILD_MEMBER_UPDATE", &member(21)).len(), 2);
    }
}

#[test]
fn a_member_whose_user_has_no_room_is_refused_and_not_broken() {
    for rows in [1, 2] {
        let mut bench = Bench::lent(rows, 4_000);
        let (_, losses) = bench.apply_lossy("GUILD_MEMBER_ADD", &member(5));
        let refused = if rows == 1 { 2 } else { 1 };
        assert_eq!(losses, Losses { refused, ..Losses::default() }, "{rows}");
    }
    let mut bench = Bench::lent(9, 4_000);
    let nobody = r#"{"id": "1", "members": [{"user": {"username": "x"}, "nick": "y"}]}"#;
    let (_, losses) = bench.apply_lossy("GUILD_CREATE", nobody);
    assert_eq!(losses, Losses { broken: 2, ..Losses::default() });
}

#[test]
fn an_invite_whose_news_have_no_room_is_gone() {
    let invite = |text: &str| {
        std::format!(
            r#"{{"guild_id": "1", "channel_id": "2", "code": "abc", "created_at": {text}}}"#
        )
    };
    let mut bench = Bench::heap();
    bench.scratch.truncate(64);
    let line = bench.apply("INVITE_CREATE", &invite("0")).concat();
    assert!(line.starts_with("+Invite "), "{line}");
    let long = invite(&std::format!(r#""{}""#, "x".repeat(99)));
    let (lines, losses) = bench.apply_lossy("INVITE_CREATE", &long);
    assert_eq!((lines.concat(), losses.refused), (line.replace('+', "-"), 1));
    walk(&bench.records);
    assert_eq!(bench.guild(1), None);
}

#[test]
fn a_float_is_kept_as_it_is_written() {
    let sound = |volume: &str| {
        std::format!(r#"{{"guild_id": "1", "sound_id": "9", "name": "s", "volume": {volume}}}"#)
    };
    let mut cache = Cache::new(Settings::default());
    for (volume, changed, is_float) in
        [("1.5", 0, true), ("1.5", 0, true), ("1.50", 1, true), ("1e999", 1, false)]
    {
        let d = sound(volume);
        let event =
            Dispatch::new("GUILD_SOUNDBOARD_SOUND_CREATE", None, Encoding::Json, d.as_bytes());
        assert_eq!(cache.apply(&event.unwrap(), &mut ()).changed, changed, "{volume}");
        let row = cache.sounds().get(crate::SoundId(9)).unwrap();
        assert_eq!(std::format!("{}", row.read().unwrap().volume.unwrap()), volume);
        let value = row.deserialize::<serde_json::Value>(&mut []);
        assert_eq!(value.is_ok(), is_float, "{value:?}");
    }
}

#[test]
fn a_row_is_hollow_even_where_what_it_was_has_no_room() {
    let mut bench = Bench::heap();
    bench.apply("GUILD_EMOJIS_UPDATE", &emoji(1, &"e".repeat(200)));
    bench.scratch.truncate(30);
    let (lines, losses) = bench.apply_lossy("GUILD_EMOJIS_UPDATE", &emoji(1, &"f".repeat(200)));
    assert_eq!(lines, ["~Emoji 30", "-User 12"]);
    assert_eq!(losses.refused, 1);
}

#[test]
fn more_rows_than_can_be_held_leave_nothing_behind() {
    let mut bench = Bench::heap();
    bench.scratch.truncate(256 * 8);
    let mut reader =
        Reader::new(&mut bench.records, &mut bench.scratch, &bench.settings, &mut bench.heard);
    let mut frame = reader.begin(Kind::Guild, NONE);
    for id in 1..=300 {
        let json = std::format!(r#"{{"id": "{id}"}}"#);
        let mut cursor = Cursor::new(Encoding::Json, json.as_bytes()).unwrap();
        let held = reader.user(&mut frame, &mut cursor);
        assert_eq!(held.is_ok(), id <= 256, "{held:?}");
    }
    assert_eq!(reader.records.len(Kind::User), 256);
    reader.end(&frame, Ok(None));
    walk(&bench.records);
    assert_eq!(bench.records.len(Kind::User), 0);
}

#[test]
fn a_guild_that_comes_as_unavailable_keeps_all_it_had() {
    let away = r#"{"id": "1", "unavailable": true}"#;
    let mut bench = Bench::heap();
    bench.apply("GUILD_CREATE", GUILD);
    assert_eq!(bench.apply("GUILD_CREATE", away), Vec::<String>::new());
    let guild = bench.records.find_listed(Kind::Guild, NONE, 1).unwrap();
    assert!(bench.records.is(guild, Mark::Unavailable));
    assert_eq!(bench.read::<Guild<'_>>(guild).name.unwrap(), "guild");
    assert_eq!(bench.keys(1, Kind::Role), [1, 3]);

    for event in ["GUILD_CREATE", "GUILD_DELETE"] {
        let mut bench = Bench::heap();
        assert_eq!(bench.apply(event, away), Vec::<String>::new());
        let guild = bench.guild(1).unwrap();
        assert!(bench.records.is(guild, Mark::Unavailable) && !bench.records.is_shown(guild));
        assert_eq!(bench.records.find_listed(Kind::Guild, NONE, 1), None);
        bench.apply("GUILD_ROLE_CREATE", r#"{"guild_id": "1", "role": {"id": "3"}}"#);
        assert_eq!(bench.apply("GUILD_CREATE", r#"{"id": "1"}"#), ["+Guild 1", "-Role 3"]);
        assert!(!bench.records.is(guild, Mark::Unavailable));
        assert_eq!(bench.apply("GUILD_DELETE", r#"{"id": "1"}"#), ["-Guild 1"]);
        bench.apply(event, away);
        assert_eq!(bench.apply("GUILD_DELETE", r#"{"id": "1"}"#), Vec::<String>::new());
        assert_eq!(bench.guild(1), None);
    }
}

#[test]
fn a_member_that_only_a_voice_state_names_is_not_shown() {
    let mut bench = Bench::heap();
    let voice = |nick: &str| {
        std::format!(
            r#"{{"id": "1", "voice_states": [{{"user_id": "10", "channel_id": "2",
            "member": {{"user": {{"id": "10"}}, "nick": "{nick}"}}}}]}}"#
        )
    };
    assert_eq!(
        bench.apply("GUILD_CREATE", &voice("a")),
        ["+User 10", "+VoiceState 10", "+Guild 1"]
    );
    assert_eq!(bench.apply("GUILD_CREATE", &voice("b")), Vec::<String>::new());
    let (guild, kept) = (bench.guild(1).unwrap(), bench.member(1, 10).unwrap());
    let user = u64::from(bench.records.find(Kind::User, NONE, 10).unwrap());
    assert_eq!(bench.records.find_listed(Kind::Member, guild, user), None);
    let add = r#"{"guild_id": "1", "user": {"id": "10"}, "nick": "b"}"#;
    assert_eq!(bench.apply("GUILD_MEMBER_ADD", add), ["+Member 10"]);
    assert_eq!(bench.records.find_listed(Kind::Member, guild, user), Some(kept));
    assert_eq!(bench.apply("GUILD_CREATE", &voice("c")), ["~Member 10"], "it came again");
    assert_eq!(
        bench.apply("GUILD_CREATE", r#"{"id": "1"}"#),
        ["-Member 10", "-VoiceState 10", "-User 10"]
    );
}

#[test]
fn a_row_that_comes_in_another_guild_moves_there() {
    let mut bench = Bench::heap();
    bench.apply("GUILD_EMOJIS_UPDATE", &emoji(1, "e"));
    assert_eq!(bench.apply("GUILD_EMOJIS_UPDATE", &emoji(2, "f")), ["-Emoji 30", "+Emoji 30"]);
    assert_eq!((bench.guild(1), bench.keys(2, Kind::Emoji)), (None, vec![30]));
    bench.apply(
        "GUILD_CREATE",
        r#"{"id": "1", "channels": [{"id": "20"}], "roles": [{"id": "3"}]}"#,
    );
    assert_eq!(
        bench.apply("CHANNEL_UPDATE", r#"{"guild_id": "2", "id": "20", "name": "c"}"#),
        ["-Channel 20", "+Channel 20"]
    );
    assert_eq!((bench.keys(1, Kind::Channel), bench.keys(2, Kind::Channel)), (vec![], vec![20]));
}

#[test]
fn a_row_that_is_kept_moves_too() {
    let mut bench = Bench::heap();
    bench.apply("GUILD_EMOJIS_UPDATE", &emoji(1, "e"));
    let row = bench.records.find(Kind::Emoji, NONE, 30).unwrap();
    bench.records.retain(row);
    let mut reader =
        Reader::new(&mut bench.records, &mut bench.scratch, &bench.settings, &mut bench.heard);
    reader.remove(row);
    assert_eq!(bench.records.find_listed(Kind::Emoji, NONE, 30), None);
    // What holds it is not a row, so it is given back before rows are looked at.
    let event = emoji(2, "f");
    let event = Dispatch::new("GUILD_EMOJIS_UPDATE", None, Encoding::Json, event.as_bytes());
    let mut reader =
        Reader::new(&mut bench.records, &mut bench.scratch, &bench.settings, &mut bench.heard);
    reader.apply(&event.unwrap()).unwrap();
    assert_eq!(bench.records.release(row), 0);
    walk(&bench.records);
    assert_eq!((bench.guild(1), bench.keys(2, Kind::Emoji)), (None, vec![30]));
    assert_eq!(bench.records.find_listed(Kind::Emoji, NONE, 30), Some(row));
}

#[test]
fn a_message_whose_channel_has_no_room_is_refused_and_not_out_of_date() {
    let message = |content: &str| {
        std::format!(
            r#"{{"id": "9", "content": "{content}", "channel_id": "1212269235441107118"}}"#
        )
    };
    let mut bench = Bench::heap();
    bench.apply("MESSAGE_CREATE", &message("short"));
    bench.scratch.truncate(24);
    let (lines, losses) = bench.apply_lossy("MESSAGE_CREATE", &message("0123456789abcdefghij"));
    assert_eq!((lines.as_slice(), losses.refused), (&["~Message 9".into()][..], 1));
    let row = bench.records.find(Kind::Message, NONE, 9).unwrap();
    assert_eq!(bench.records.fields(row), b"", "nothing that is out of date is shown");
    let other = message("0123456789abcdefghij").replace("\"9\"", "\"10\"");
    let (lines, losses) = bench.apply_lossy("MESSAGE_CREATE", &other);
    assert_eq!((lines.len(), losses.refused), (0, 1));
}

#[test]
fn a_message_without_a_channel_is_broken() {
    for channel in
        ["", r#", "channel_id": null"#, r#", "channel_id": {}"#, r#", "channel_id": "x""#]
    {
        let mut bench = Bench::heap();
        let json = std::format!(r#"{{"id": "9", "author": {{"id": "5"}}{channel}}}"#);
        let (_, losses) = bench.apply_lossy("MESSAGE_CREATE", &json);
        assert_eq!(losses.broken, 1, "{json}");
        assert_eq!(bench.records.bytes().1, 0);
    }
}

#[test]
fn what_a_row_may_refer_to_is_no_fault_if_it_is_odd() {
    let mut bench = Bench::heap();
    bench.apply("GUILD_CREATE", GUILD);
    for activities in ["5", "[5]", r#"[{"emoji": {"id": "x"}}]"#, r#"[{"emoji": [7]}]"#, "[[]]"] {
        let json = std::format!(
            r#"{{"guild_id": "1", "user": {{"id": "10"}}, "status": "idle", "activities": {activities}}}"#
        );
        let (_, losses) = bench.apply_lossy("PRESENCE_UPDATE", &json);
        assert_eq!(losses, Losses::default(), "{json}");
    }
}

#[test]
fn a_connection_that_comes_or_goes_says_nothing_and_what_was_skipped_is_missed() {
    let skipped = Skipped {
        kind: EventKind::GuildCreate,
        seq: Some(2),
        guild: Some(GuildId(7)),
        id: Some(7),
        length: 1_000_000,
        more: 0,
        through: Some(2),
    };
    let lost = Disconnected {
        link: Link(1),
        cause: Cause::Zombie,
        code: None,
        reason: "",
        status: None,
        resumes: true,
        redial_after: Some(Duration::ZERO),
    };
    let up = Connected {
        link: Link(1),
        purpose: Purpose::Resume,
        heartbeat_interval: Duration::from_secs(40),
    };
    for (event, is_cold) in [
        (Event::Connected(up), false),
        (Event::Disconnected(lost), false),
        (Event::Skipped(skipped), true),
    ] {
        let mut cache = Cache::<Heap>::new(Settings::default());
        assert_eq!(cache.hear(&event, &mut ()), Applied::default(), "{event:?}");
        assert_eq!(cache.is_cold(), is_cold, "{event:?}");
    }
}

#[test]
fn an_event_of_a_row_needs_what_names_it_and_no_more() {
    const MESSAGE: &str = r#"{"id": "50", "channel_id": "20", "guild_id": "1", "author": {"id": "10"},
        "reactions": [{"emoji": {"name": "x"}, "count": 2}]}"#;
    for (name, json, line) in [
        ("MESSAGE_DELETE", r#"{"id": "50", "channel_id": {}}"#, "-Message 50"),
        ("MESSAGE_DELETE_BULK", r#"{"ids": ["?", {}, "51", "50"], "guild_id": []}"#, "-Message 50"),
        ("MESSAGE_REACTION_REMOVE_ALL", r#"{"message_id": "50"}"#, "~Message 50"),
        (
            "MESSAGE_REACTION_ADD",
            r#"{"message_id": "50", "user_id": "1", "emoji": {"name": "x"}, "burst": null, "type": "?"}"#,
            "~Message 50",
        ),
        (
            "CHANNEL_PINS_UPDATE",
            r#"{"channel_id": "20", "last_pin_timestamp": "?"}"#,
            "~Channel 20",
        ),
    ] {
        let mut bench = Bench::heap();
        bench.apply("GUILD_CREATE", GUILD);
        bench.apply("MESSAGE_CREATE", MESSAGE);
        assert!(bench.apply(name, json).contains(&line.into()), "{name}");
    }
    for (name, json) in [
        ("MESSAGE_DELETE_BULK", r#"{"ids": {"50": "50"}}"#),
        ("MESSAGE_DELETE", r#"{"id": "50", "channel_id": "#),
        ("MESSAGE_REACTION_ADD", r#"{"message_id": "50", "user_id": "1"}"#),
        ("MESSAGE_REACTION_ADD", r#"{"message_id": "50", "user_id": "1", "emoji": "x"}"#),
        ("MESSAGE_REACTION_REMOVE_EMOJI", r#"{"message_id": "50", "emoji": {"id": "?"}}"#),
        (
            "MESSAGE_REACTION_ADD",
            r#"{"message_id": "50", "user_id": "1", "emoji": {"name": "x"}, "burst_colors": {"a": 1}}"#,
        ),
        ("CHANNEL_PINS_UPDATE", r#"{"channel_id": "20", "last_pin_timestamp": [1]}"#),
        ("VOICE_CHANNEL_STATUS_UPDATE", r#"{"id": "21", "status": {}}"#),
        ("VOICE_CHANNEL_START_TIME_UPDATE", r#"{"id": "21", "voice_start_time": "x"}"#),
        ("MESSAGE_REACTION_ADD", r#"{"message_id": "50", "user_id": "?", "emoji": {"name": "x"}}"#),
        ("MESSAGE_REACTION_REMOVE", r#"{"message_id": "50", "emoji": {"name": "x"}}"#),
        ("CHANNEL_PINS_UPDATE", r#"{"last_pin_timestamp": "?"}"#),
        ("THREAD_MEMBERS_UPDATE", r#"{"id": {}, "member_count": 1}"#),
        ("GUILD_DELETE", r#"{"id": "1", "unavailable": 1}"#),
        ("INVITE_DELETE", r#"{"code": 1}"#),
    ] {
        let mut bench = Bench::heap();
        bench.apply("GUILD_CREATE", GUILD);
        bench.apply("MESSAGE_CREATE", MESSAGE);
        let (lines, losses, read) = bench.try_apply(name, json);
        assert!(read.is_err() && lines.is_empty(), "{name} {json} {lines:?} {losses:?}");
    }
}

#[test]
fn a_thread_is_left_whatever_else_its_list_has() {
    let mut bench = Bench::heap();
    bench.apply("READY", r#"{"user": {"id": "9"}, "guilds": []}"#);
    bench.apply("THREAD_CREATE", r#"{"id": "22", "guild_id": "1", "parent_id": "20", "type": 11}"#);
    let lines = bench.apply(
        "THREAD_MEMBERS_UPDATE",
        r#"{"id": "22", "guild_id": "1", "member_count": 1, "removed_member_ids": [null, {}, "9"]}"#,
    );
    assert_eq!(lines, ["-Thread 22"]);
}

#[test]
fn an_invite_whose_code_is_no_text_is_broken() {
    for code in ["null", "7", "[]", "{}"] {
        let mut bench = Bench::heap();
        let json = std::format!(r#"{{"code": {code}, "channel_id": "20", "guild_id": "1"}}"#);
        let (lines, losses) = bench.apply_lossy("INVITE_CREATE", &json);
        assert_eq!((lines.len(), losses.broken), (0, 1), "{code}");
        assert_eq!(bench.records.bytes().1, 0);
    }
}
