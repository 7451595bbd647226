//! Sequence numbers that cannot be.

use super::*;

/// A bit that flips in a number on its way, which no checksum of the stream notices.
#[test]
fn a_number_that_jumped_ahead_is_given_up_when_those_behind_it_go_on_as_before() {
    let mut rig = Rig::live();
    assert_eq!(rig.say(&dispatch(2, "GUILD_CREATE")), ["event GUILD_CREATE s=2"]);
    assert_eq!(
        rig.say(&dispatch(5_003, "GUILD_CREATE")),
        ["gap 3..5003", "event GUILD_CREATE s=5003"]
    );
    assert_eq!(rig.say(&dispatch(2, "X")), ["duplicate s=2"]);
    assert_eq!(rig.say(&dispatch(5_003, "X")), ["duplicate s=5003"]);
    assert_eq!(rig.say(&dispatch(4, "X")), ["close 4000"]);
    let session = rig.shard.session().unwrap();
    assert_eq!((session.received, session.processed), (2, 2));
    assert_eq!(rig.shard.status().last_error, Some(Cause::BrokenEnvelope));
    let link = rig.link();
    rig.give(Input::Closed(link, Gone::Dropped));
    let lines = rig.greet();
    let resume = r#"send {"op":6,"d":{"token":"secret","session_id":"abc","seq":2}}"#;
    assert!(lines.iter().any(|line| line == resume), "{lines:?}");
    rig.sent();
    for seq in 3..=7 {
        assert_eq!(rig.say(&dispatch(seq, "X")), [format!("event X s={seq}")]);
    }
    assert_eq!(rig.say(&dispatch(8, "RESUMED")), ["event RESUMED s=8"]);
}

#[test]
fn numbers_that_are_repeated_without_a_jump_are_told_and_nothing_more() {
    let mut rig = Rig::live();
    rig.say(&dispatch(2, "X"));
    for _ in 0..20 {
        assert_eq!(rig.say(&dispatch(1, "X")), ["duplicate s=1"]);
    }
    assert_eq!(rig.say(&dispatch(3, "X")), ["event X s=3"]);
}

#[test]
fn a_jump_that_the_next_number_follows_is_a_gap() {
    let mut rig = Rig::live();
    assert_eq!(rig.say(&dispatch(9, "X")), ["gap 2..9", "event X s=9"]);
    assert_eq!(rig.say(&dispatch(10, "X")), ["event X s=10"]);
    for _ in 0..20 {
        assert_eq!(rig.say(&dispatch(5, "X")), ["duplicate s=5"]);
    }
    assert_eq!(rig.phase(), Phase::Live);
}

#[test]
fn what_is_given_up_is_not_told_though_others_of_its_message_wait() {
    let mut rig = Rig::live();
    let message = [7, 2, 3].map(|seq| dispatch(seq, "X")).concat();
    assert_eq!(rig.say(&message), ["close 4000", "gap 2..7", "event X s=7"]);
}

#[test]
fn a_number_that_jumped_is_given_up_though_its_session_began_in_the_same_message() {
    for first in [vec![2, 5_003], vec![2, 5_003, 4]] {
        let mut rig = Rig::new();
        rig.greet();
        let link = rig.link();
        rig.give(Input::MayIdentify(link));
        rig.sent();
        let rest: String = first.iter().map(|seq| dispatch(*seq, "X")).collect();
        rig.say(&(READY.to_string() + &rest));
        if first.len() == 2 {
            assert_eq!(rig.say(&dispatch(4, "X")), ["close 4000"]);
        }
        let link = rig.link();
        rig.give(Input::Closed(link, Gone::Dropped));
        let lines = rig.greet();
        assert!(lines.iter().any(|line| line.ends_with(r#""seq":2}}"#)), "{lines:?}");
        rig.sent();
        assert_eq!(rig.say(&dispatch(3, "X")), ["event X s=3"]);
    }
}

#[test]
fn a_number_that_jumps_while_a_stored_session_is_replayed_costs_no_event() {
    let session = Session { received: 1_000, processed: 7, ..Rig::live().shard.session().unwrap() };
    let shard = Shard::resume(config(), session, 2, memory(Compression::None)).unwrap();
    let mut rig = Rig::of(shard);
    rig.greet();
    rig.sent();
    assert_eq!(rig.say(&dispatch(5_003, "X")), ["gap 8..5003", "event X s=5003"]);
    assert_eq!(rig.say(&dispatch(9, "X")), ["close 4000"]);
    let session = rig.shard.session().unwrap();
    assert_eq!((session.received, session.processed), (7, 7));
}

#[test]
fn a_number_further_ahead_than_any_session_goes_is_not_believed() {
    let mut rig = Rig::live();
    assert_eq!(rig.say(&dispatch(u64::MAX, "X")), ["close 4000"]);
    let session = rig.shard.session().unwrap();
    assert_eq!((session.received, session.processed), (1, 1));
    let mut rig = Rig::live();
    let far = 1 + u64::from(u32::MAX);
    assert_eq!(rig.say(&dispatch(far, "X")).len(), 2);
    assert_eq!(rig.say(&dispatch(far + 1, "X")), [format!("event X s={}", far + 1)]);
    assert_eq!(rig.say(&dispatch(u64::MAX, "X")), ["close 4000"]);
    assert_eq!(rig.shard.session().unwrap().received, far + 1);
}
