//! Messages that answer each other, and the channels they are in.

use super::super::kind::Root;
use super::super::settings::Eviction;
use super::*;

/// A message of an id in a channel of a guild, which answers another.
fn message(id: u64, channel: u64, guild: u64, answers: u64) -> String {
    std::format!(
        r#"{{"id": "{id}", "channel_id": "{channel}", "guild_id": "{guild}", "author": {{"id": "5"}},
        "referenced_message": {{"id": "{answers}", "channel_id": "{channel}", "author": {{"id": "5"}}}}}}"#
    )
}

#[test]
fn messages_that_say_they_answer_each_other_do_not_stay_for_ever() {
    let mut bench = Bench::heap();
    for (name, id, answers) in [
        ("MESSAGE_CREATE", 1, 9),
        ("MESSAGE_CREATE", 2, 1),
        ("MESSAGE_UPDATE", 1, 2),
        ("MESSAGE_UPDATE", 1, 1),
    ] {
        bench.apply(name, &message(id, 20, 1, answers));
    }
    bench.apply("GUILD_DELETE", r#"{"id": "1"}"#);
    for kind in Kind::ALL {
        assert_eq!(bench.records.len(kind), 0, "{kind:?}");
    }
}

#[test]
fn a_channel_that_moves_to_another_guild_takes_along_what_is_answered_there() {
    let mut bench = Bench::heap();
    bench.apply("MESSAGE_CREATE", &message(1, 20, 1, 9));
    bench.apply("MESSAGE_CREATE", &message(2, 20, 1, 1));
    // One of another channel answers it as well, so that it is kept.
    bench.apply("MESSAGE_CREATE", &message(3, 21, 1, 1));
    bench.apply("MESSAGE_CREATE", &message(4, 20, 2, 1));
    assert_eq!(bench.records.len(Kind::Room), 2);
    let direct = r#"{"id": "5", "channel_id": "20", "author": {"id": "5"}}"#;
    bench.apply("MESSAGE_CREATE", direct);
    assert_eq!((bench.records.len(Kind::Room), bench.guild(2)), (2, None));
    assert_eq!(bench.records.list(Place::Root(Root::Rooms)).len, 1);
    bench.apply("GUILD_DELETE", r#"{"id": "1"}"#);
    bench.apply("MESSAGE_DELETE", r#"{"id": "5", "channel_id": "20"}"#);
    for kind in Kind::ALL {
        assert_eq!(bench.records.len(kind), 0, "{kind:?}");
    }
}

#[test]
fn a_channel_that_moves_to_a_guild_of_which_it_held_the_last_message_finds_it() {
    let mut bench = Bench::heap();
    bench.apply("MESSAGE_CREATE", &message(1, 30, 2, 9));
    bench.apply("MESSAGE_CREATE", &message(2, 20, 1, 1));
    bench.apply("MESSAGE_DELETE", r#"{"id": "1", "channel_id": "30", "guild_id": "2"}"#);
    bench.apply("MESSAGE_CREATE", &message(3, 20, 2, 9));
    assert_eq!((bench.guild(1), bench.records.len(Kind::Room)), (None, 1));
    assert_eq!(bench.keys(2, Kind::Room), [20]);
}

#[test]
fn what_a_message_shows_stays_when_the_last_that_showed_it_makes_room() {
    let mut bench = Bench::heap();
    bench.settings.limits.set(Kind::Message, 1, Eviction::Oldest);
    bench.apply("GUILD_CREATE", r#"{"id": "1", "stickers": [{"id": "35", "name": "s"}]}"#);
    let shows = |id: u64| {
        std::format!(
            r#"{{"id": "{id}", "channel_id": "20", "guild_id": "1", "sticker_items": [{{"id": "35"}}]}}"#
        )
    };
    bench.apply("MESSAGE_CREATE", &shows(1));
    bench.apply("GUILD_STICKERS_UPDATE", r#"{"guild_id": "1", "stickers": []}"#);
    let (_, losses) = bench.apply_lossy("MESSAGE_CREATE", &shows(2));
    assert_eq!((losses.evicted, losses.refused), (1, 0));
    assert_eq!((bench.records.len(Kind::Message), bench.records.len(Kind::Sticker)), (1, 1));
}
