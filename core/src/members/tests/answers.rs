//! Chunks as they come, and as they should not.

use super::*;

#[test]
fn an_answer_is_complete_once_all_chunks_came() {
    let mut rig = Rig::asked();
    assert_eq!(rig.chunk(0, 0, 2), ["progress 0 0 of 2 received=1"]);
    let last = rig.chunk(0, 1, 2);
    assert_eq!(last, ["progress 0 1 of 2 received=2", "complete 0 of 2 not_found=0"]);
    assert_eq!((rig.requests.open(), rig.wait), (0, Instant::MAX));
    assert_eq!(rig.chunk(0, 1, 2), [""; 0], "after the end");
}

#[test]
fn chunks_may_come_in_any_order_and_twice() {
    let mut rig = Rig::asked();
    assert_eq!(rig.chunk(0, 2, 3), ["progress 0 2 of 3 received=1"]);
    assert_eq!(rig.chunk(0, 2, 3), [""; 0]);
    assert_eq!(rig.chunk(0, 0, 3), ["progress 0 0 of 3 received=2"]);
    assert_eq!(rig.chunk(0, 0, 3), [""; 0]);
    assert_eq!(rig.chunk(0, 1, 3)[1], "complete 0 of 3 not_found=0");
}

#[test]
fn a_chunk_ahead_of_the_fate_counts() {
    let mut rig = Rig::new();
    rig.ask(GUILD, Members::All).unwrap();
    rig.drain();
    assert_eq!(rig.chunk(0, 0, 2).len(), 1);
    assert_eq!(rig.left(), 15);
    rig.pass(10);
    rig.fate(0, Fate::Sent);
    assert_eq!(rig.left(), 5, "a fate is no chunk");
    assert_eq!(rig.chunk(0, 1, 2).len(), 2);
}

#[test]
fn each_new_chunk_and_no_other_buys_time() {
    let mut rig = Rig::asked();
    rig.pass(14);
    rig.chunk(0, 0, 3);
    assert_eq!(rig.left(), 15);
    rig.pass(14);
    rig.chunk(0, 0, 3);
    rig.chunk(0, 9, 3);
    assert_eq!(rig.left(), 1);
    assert_eq!(rig.pass(1), ["failed 0 Incomplete received=1"]);
}

#[test]
fn a_chunk_at_the_last_moment_counts() {
    let mut rig = Rig::asked();
    rig.now = rig.now.saturating_add(Duration::from_secs(15));
    assert_eq!(rig.chunk(0, 0, 1).len(), 2);
}

#[test]
fn numbers_that_cannot_be_right_are_told_and_count_for_nothing() {
    let mut rig = Rig::asked();
    assert_eq!(rig.chunk(0, 0, 0), ["odd 0 Some(0) of Some(0)"]);
    assert_eq!(rig.chunk(0, 3, 3), ["odd 0 Some(3) of Some(3)"]);
    rig.chunk(0, 0, 3);
    assert_eq!(rig.chunk(0, 1, 4), ["odd 0 Some(1) of Some(4)"]);
    assert_eq!(rig.chunk(0, 0, 1), ["odd 0 Some(0) of Some(1)"]);
    let nonce = rig.sent[&0].0.clone();
    for (index, count, told) in [
        ("-1", "3", "odd 0 None of Some(3)"),
        ("1", "null", "odd 0 Some(1) of None"),
        ("4294967296", "\"x\"", "odd 0 None of None"),
        ("[]", "3", "odd 0 None of Some(3)"),
    ] {
        assert_eq!(
            rig.dispatch("GUILD_MEMBERS_CHUNK", &chunk(GUILD, &nonce, index, count)),
            [told]
        );
    }
    rig.chunk(0, 1, 3);
    assert_eq!(rig.chunk(0, 2, 3)[1], "complete 0 of 3 not_found=0");
}

#[test]
fn chunks_of_others_are_nobodys() {
    let mut rig = Rig::asked();
    let nonce = rig.sent[&0].0.clone();
    for d in [
        chunk(GuildId(8), &nonce, "0", "1"),
        chunk(GUILD, "nonce", "0", "1"),
        chunk(GUILD, &format!("{nonce}0"), "0", "1"),
        chunk(GUILD, "00000000000000000000000500000001", "0", "1"),
        r#"{"guild_id":"7","chunk_index":0,"chunk_count":1}"#.to_string(),
        format!(r#"{{"chunk_index":0,"chunk_count":1,"nonce":"{nonce}"}}"#),
    ] {
        assert_eq!(rig.dispatch("GUILD_MEMBERS_CHUNK", &d), [""; 0], "{d}");
    }
    let d = chunk(GUILD, &nonce, "0", "1");
    let again = Dispatch::new("GUILD_MEMBERS_CHUNK", None, Encoding::Json, d.as_bytes()).unwrap();
    assert_eq!(rig.hear(&Event::Duplicate(again)), [""; 0]);
    assert_eq!(rig.hear(&Event::Dispatch(again)).len(), 2);
}

#[test]
fn users_that_are_no_members_are_counted() {
    let mut rig = Rig::new();
    rig.ask(GUILD, Members::Users(&[UserId(1), UserId(2), UserId(3)])).unwrap();
    rig.drain();
    let nonce = rig.sent[&0].0.clone();
    let d = format!(
        r#"{{"guild_id":"7","members":[],"chunk_index":0,"chunk_count":1,"not_found":["2","x"],"nonce":"{nonce}"}}"#
    );
    let lines = rig.dispatch("GUILD_MEMBERS_CHUNK", &d);
    assert_eq!(lines[1], "complete 0 of 1 not_found=2");
}

#[test]
fn answers_of_several_requests_may_come_among_each_other() {
    let mut rig = Rig::new();
    rig.ask(GUILD, Members::All).unwrap();
    rig.ask(GUILD, Members::Named { prefix: "a", limit: 1 }).unwrap();
    rig.drain();
    assert_eq!(rig.chunk(0, 0, 2), ["progress 0 0 of 2 received=1"]);
    assert_eq!(rig.chunk(1, 0, 1)[1], "complete 1 of 1 not_found=0");
    assert_eq!(rig.chunk(0, 1, 2)[1], "complete 0 of 2 not_found=0");
}

#[test]
fn chunks_that_are_told_late_are_told_once() {
    let mut rig = Rig::asked();
    for index in 0..3 {
        let d = rig.chunk_text(0, index, 4);
        let dispatch = Dispatch::new("GUILD_MEMBERS_CHUNK", None, Encoding::Json, d.as_bytes());
        rig.requests.hear(rig.now, &Event::Dispatch(dispatch.unwrap()));
    }
    assert_eq!(rig.drain(), ["progress 0 2 of 4 received=3"]);
}

#[test]
fn a_chunk_too_far_ahead_of_a_missing_one_ends_the_request() {
    let mut rig = Rig::asked();
    rig.chunk(0, 0, 5_000);
    for index in 2..961 {
        assert_eq!(rig.chunk(0, index, 5_000).len(), 1, "{index}");
    }
    assert_eq!(rig.chunk(0, 1_024, 5_000), ["failed 0 Incomplete received=960"]);
}

#[test]
fn a_chunk_that_did_not_fit_leaves_the_request_incomplete() {
    let mut rig = Rig::asked();
    rig.chunk(0, 0, 3);
    rig.pass(10);
    assert_eq!(rig.skipped(EventKind::GuildMembersChunk, Some(GUILD), 0), [""; 0]);
    assert_eq!(rig.left(), 15, "it was a sign of life");
    rig.chunk(0, 2, 3);
    assert_eq!(rig.pass(15), ["failed 0 Skipped received=2"]);
}

#[test]
fn what_did_not_fit_is_not_asked_for_again() {
    let mut rig = Rig::asked();
    rig.drops();
    rig.resumes();
    rig.skipped(EventKind::GuildMembersChunk, Some(GUILD), 0);
    assert_eq!(rig.pass(15), ["failed 0 Skipped received=0"]);
}

#[test]
fn a_chunk_that_did_not_fit_and_was_of_another_request_costs_this_one_nothing() {
    let mut rig = Rig::asked();
    rig.skipped(EventKind::GuildMembersChunk, Some(GUILD), 0);
    assert_eq!(rig.chunk(0, 0, 1)[1], "complete 0 of 1 not_found=0");
    let mut rig = Rig::asked();
    rig.skipped(EventKind::GuildMembersChunk, Some(GuildId(8)), 0);
    rig.skipped(EventKind::MessageCreate, Some(GUILD), 0);
    assert_eq!(rig.pass(15), ["failed 0 NoAnswer received=0"]);
}

#[test]
fn what_was_dropped_and_not_told_may_have_been_a_chunk() {
    let mut rig = Rig::asked();
    rig.skipped(EventKind::MessageCreate, Some(GuildId(8)), 3);
    assert_eq!(rig.pass(15), ["failed 0 Skipped received=0"]);
}
