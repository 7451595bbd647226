//! A bot that goes over from one number of shards to another while things happen, in virtual time.

mod world;

use std::vec::Vec;

use self::world::{Plan, World};
use super::log::Log;
use super::*;
use crate::Skipped;

/// The seeds that are tried, unless the environment says how many.
const SEEDS: u64 = 150;

fn seeds() -> std::ops::Range<u64> {
    let given = std::env::var("GATEWRIGHT_SEEDS").ok();
    0..given.map_or(SEEDS, |given| given.parse().expect("how many seeds"))
}

#[test]
fn from_16_shards_to_32_under_load_nothing_is_lost_and_nothing_comes_twice() {
    for seed in seeds() {
        let world = World::run(Plan::new(seed, 16, 32));
        world.assert_exact();
    }
}

#[test]
fn from_any_number_to_any_other_with_sessions_that_are_lost_on_the_way() {
    for seed in seeds() {
        let mut plan = Plan::new(seed, 1 + seed as u32 % 5, 1 + seed as u32 / 5 % 7);
        plan.losses = true;
        World::run(plan).assert_exact();
    }
}

#[test]
fn where_hardly_anything_happens_in_some_guilds_they_go_over_as_soon() {
    for seed in seeds() {
        let mut plan = Plan::new(seed, 4, 1 + seed as u32 % 3);
        (plan.uneven, plan.answers) = (Some(300), true);
        let world = World::run(plan);
        world.assert_exact();
        assert!(world.most_rounds() <= 2, "seed {seed}: {}", world.most_rounds());
    }
}

#[test]
fn where_hardly_anything_happens_and_sessions_are_lost_nothing_comes_twice() {
    for seed in seeds() {
        let mut plan = Plan::new(seed, 3, 2);
        (plan.uneven, plan.answers, plan.losses) = (Some(300), true, true);
        World::run(plan).assert_exact();
    }
}

#[test]
fn what_one_session_asked_for_does_not_tell_how_far_the_other_is() {
    for seed in seeds() {
        let mut plan = Plan::new(seed, 1 + seed as u32 % 5, 1 + seed as u32 / 5 % 7);
        plan.answers = true;
        World::run(plan).assert_exact();
    }
}

#[test]
fn where_the_old_shards_end_by_themselves_the_new_ones_go_on() {
    for seed in seeds() {
        let mut plan = Plan::new(seed, 3, 4);
        plan.old_ends = true;
        World::run(plan).assert_goes_on();
    }
}

#[test]
fn where_a_new_shard_fails_the_old_ones_go_on_and_nothing_comes_twice() {
    let mut ahead = 0;
    for seed in seeds() {
        let mut plan = Plan::new(seed, 1 + seed as u32 % 4, 2 + seed as u32 / 4 % 5);
        plan.new_fails = true;
        let world = World::run(plan);
        world.assert_exact();
        ahead += u32::from(world.was_ahead);
    }
    assert!(ahead > 0, "no new shard was ever ahead");
}

#[test]
fn once_the_old_set_is_closed_it_is_too_late_to_cancel() {
    let (mut reshard, at) = (Reshard::new(1, 1, 1), Instant::ZERO);
    assert_eq!(reshard.poll_output(), ReshardOutput::Start(0));
    let ready = br#"{"user":{"id":"1","username":"bot"},"guilds":[]}"#;
    assert_eq!(hear(&mut reshard, Side::New, 0, "READY", ready), Verdict::Drop);
    reshard.old_is_over(at, 0);
    reshard.beat(Instant::from_millis(5_000), Side::New, 0, Instant::from_millis(5_000));
    assert_eq!(reshard.poll_output(), ReshardOutput::CloseOld);
    assert!(!reshard.cancel(at));
    assert_eq!(hear(&mut reshard, Side::New, 0, "TYPING_START", &typing(7)), Verdict::Pass);
    assert_eq!(reshard.poll_output(), ReshardOutput::Wait(Instant::MAX));
    reshard.new_is_over(at, 0);
    assert_eq!(reshard.poll_output(), ReshardOutput::Done);
}

fn typing(guild: u64) -> Vec<u8> {
    std::format!(r#"{{"guild_id":"{guild}","user_id":"1"}}"#).into_bytes()
}

fn hear(reshard: &mut Reshard, side: Side, shard: u32, name: &str, d: &[u8]) -> Verdict {
    let dispatch = Dispatch::new(name, None, crate::Encoding::Json, d).unwrap();
    reshard.hear(Instant::ZERO, side, shard, &Event::Dispatch(dispatch))
}

#[test]
fn as_many_start_at_once_as_may_identify_and_one_that_hangs_holds_none_up() {
    let mut reshard = Reshard::new(1, 4, 2);
    assert_eq!(reshard.poll_output(), ReshardOutput::Start(0));
    assert_eq!(reshard.poll_output(), ReshardOutput::Start(1));
    assert_eq!(reshard.poll_output(), ReshardOutput::Wait(Instant::from_millis(30_000)));
    assert_eq!(
        hear(
            &mut reshard,
            Side::New,
            1,
            "READY",
            br#"{"user":{"id":"1","username":"bot"},"guilds":[]}"#
        ),
        Verdict::Drop
    );
    assert_eq!(reshard.poll_output(), ReshardOutput::Start(2));
    reshard.tick(Instant::from_millis(30_000));
    assert_eq!(reshard.poll_output(), ReshardOutput::Start(3));
    assert_eq!(reshard.poll_output(), ReshardOutput::Wait(Instant::MAX));
}

#[test]
fn before_a_new_shard_is_settled_the_consumer_hears_the_old_ones() {
    let mut reshard = Reshard::new(1, 1, 1);
    assert_eq!(reshard.poll_output(), ReshardOutput::Start(0));
    let guilds =
        br#"{"user":{"id":"1","username":"bot"},"guilds":[{"id":"7","unavailable":true}]}"#;
    assert_eq!(hear(&mut reshard, Side::New, 0, "READY", guilds), Verdict::Drop);
    assert_eq!(hear(&mut reshard, Side::New, 0, "GUILD_CREATE", br#"{"id":"7"}"#), Verdict::Drop);
    assert_eq!(hear(&mut reshard, Side::New, 0, "TYPING_START", &typing(7)), Verdict::Drop);
    assert_eq!(hear(&mut reshard, Side::Old, 0, "TYPING_START", &typing(7)), Verdict::Pass);
    assert_eq!(hear(&mut reshard, Side::Old, 0, "TYPING_START", &typing(7)), Verdict::Pass);
    assert_eq!(hear(&mut reshard, Side::New, 0, "TYPING_START", &typing(7)), Verdict::Drop);
}

#[test]
fn what_answers_a_session_is_heard_of_the_side_the_consumer_lives_by() {
    let at = |seconds: u64| Instant::from_millis(seconds * 1_000);
    let mut reshard = Reshard::new(1, 1, 1);
    assert_eq!(reshard.poll_output(), ReshardOutput::Start(0));
    let ready = br#"{"user":{"id":"1","username":"bot"},"guilds":[]}"#;
    assert_eq!(hear(&mut reshard, Side::New, 0, "READY", ready), Verdict::Drop);
    let answers = [
        "CHANNEL_INFO",
        "GUILD_MEMBERS_CHUNK",
        "RATE_LIMITED",
        "SOUNDBOARD_SOUNDS",
        "VOICE_SERVER_UPDATE",
    ];
    let each = |reshard: &mut Reshard, new| {
        for answer in answers {
            assert_eq!(hear(reshard, Side::New, 0, answer, br#"{"guild_id":"7"}"#), new);
            assert_eq!(hear(reshard, Side::Old, 0, answer, br#"{"guild_id":"7"}"#), Verdict::Pass);
        }
    };
    each(&mut reshard, Verdict::Drop);
    reshard.beat(at(10), Side::Old, 0, at(10));
    reshard.beat(at(20), Side::New, 0, at(20));
    each(&mut reshard, Verdict::Drop);
    reshard.beat(at(30), Side::Old, 0, at(30));
    assert_eq!(hear(&mut reshard, Side::New, 0, "TYPING_START", &typing(7)), Verdict::Pass);
    each(&mut reshard, Verdict::Drop);
    assert_eq!(reshard.poll_output(), ReshardOutput::CloseOld);
    each(&mut reshard, Verdict::Pass);
    assert_eq!(hear(&mut reshard, Side::Old, 0, "TYPING_START", &typing(7)), Verdict::Drop);
}

#[test]
fn a_new_shard_whose_ready_is_skipped_leaves_the_old_ones_as_they_are() {
    let mut reshard = Reshard::new(1, 2, 2);
    while let ReshardOutput::Start(_) = reshard.poll_output() {}
    assert_eq!(skip_ready(&mut reshard, 1), Verdict::Drop);
    assert_eq!(reshard.poll_output(), ReshardOutput::CloseNew(1));
    assert_eq!(reshard.poll_output(), ReshardOutput::Done);
    assert_eq!(hear(&mut reshard, Side::Old, 0, "TYPING_START", &typing(7)), Verdict::Pass);
    assert_eq!(hear(&mut reshard, Side::New, 0, "TYPING_START", &typing(7)), Verdict::Drop);
}

#[test]
fn a_ready_that_is_skipped_once_the_old_ones_are_gone_is_as_good_as_any() {
    let mut reshard = Reshard::new(1, 1, 1);
    assert_eq!(reshard.poll_output(), ReshardOutput::Start(0));
    reshard.old_is_over(Instant::ZERO, 0);
    assert_eq!(skip_ready(&mut reshard, 0), Verdict::Pass);
    let at = Instant::from_millis(10_000);
    reshard.beat(at, Side::New, 0, at);
    assert_eq!(reshard.poll_output(), ReshardOutput::CloseOld);
    let at = Instant::from_millis(20_000);
    reshard.beat(at, Side::New, 0, at);
    assert_eq!(reshard.poll_output(), ReshardOutput::Done);
}

fn skip_ready(reshard: &mut Reshard, shard: u32) -> Verdict {
    let (kind, seq, length) = (EventKind::Ready, Some(1), 1_000_000);
    let skipped = Skipped { kind, seq, guild: None, id: None, length, more: 0, through: seq };
    reshard.hear(Instant::ZERO, Side::New, shard, &Event::Skipped(skipped))
}

#[test]
fn what_never_shows_how_far_a_new_shard_is_is_counted() {
    let mut reshard = Reshard::new(1, 1, 1);
    assert_eq!(reshard.poll_output(), ReshardOutput::Start(0));
    let ready = br#"{"user":{"id":"1","username":"bot"},"guilds":[]}"#;
    assert_eq!(hear(&mut reshard, Side::New, 0, "READY", ready), Verdict::Drop);
    // The new session is told nothing of what the old one is told, as if the set were of other guilds.
    assert_eq!(hear(&mut reshard, Side::New, 0, "TYPING_START", &typing(8)), Verdict::Drop);
    let mut now = 0;
    while reshard.poll_output() != ReshardOutput::CloseOld {
        assert_eq!(reshard.left_out(), 0);
        now += 10_000;
        let at = Instant::from_millis(now);
        let dispatch = typing(8 << 22);
        let dispatch = Dispatch::new("TYPING_START", None, crate::Encoding::Json, &dispatch);
        let verdict = reshard.hear(at, Side::Old, 0, &Event::Dispatch(dispatch.unwrap()));
        assert_eq!(verdict, Verdict::Pass);
        for side in [Side::New, Side::Old] {
            reshard.beat(at, side, 0, at);
        }
    }
    assert!(reshard.left_out() > 0);
}

#[test]
fn while_a_new_shard_waits_for_its_session_only_the_latest_is_kept_of_a_guild() {
    let mut reshard = Reshard::new(1, 2, 1);
    assert_eq!(reshard.poll_output(), ReshardOutput::Start(0));
    for _ in 0..1_000 {
        for guild in [2 << 22, 4 << 22] {
            let verdict = hear(&mut reshard, Side::Old, 0, "TYPING_START", &typing(guild));
            assert_eq!(verdict, Verdict::Pass);
        }
    }
    let kept = |at: usize| reshard.lanes[at].logs.values().map(Log::kept).sum::<usize>();
    assert_eq!([kept(0), kept(1)], [2 * 64, 0]);
}

#[test]
fn an_event_lets_nobody_look_at_the_other_shards() {
    let mut reshard = Reshard::new(1, 3, 1);
    assert_eq!(reshard.poll_output(), ReshardOutput::Start(0));
    let waits = Stage::Settling(Instant::ZERO);
    reshard.lanes[1].stage = waits;
    for side in [Side::Old, Side::New] {
        let _ = hear(&mut reshard, side, 0, "TYPING_START", &typing(3 << 22));
        assert_eq!(reshard.lanes[1].stage, waits);
    }
    reshard.tick(Instant::ZERO);
    assert_eq!(reshard.lanes[1].stage, Stage::Clearing(Instant::ZERO));
}

#[test]
fn what_happens_in_no_guild_is_that_of_the_first_shard() {
    let mut reshard = Reshard::new(2, 2, 2);
    while let ReshardOutput::Start(_) = reshard.poll_output() {}
    for side in [Side::Old, Side::New] {
        let passes = if side == Side::Old { Verdict::Pass } else { Verdict::Drop };
        for shard in 0..2 {
            assert_eq!(hear(&mut reshard, side, shard, "USER_UPDATE", br#"{"id":"1"}"#), passes);
        }
    }
    assert_eq!(hear(&mut reshard, Side::New, 9, "USER_UPDATE", br#"{"id":"1"}"#), Verdict::Pass);
}
