use super::*;
use std::vec::Vec;

mod model;

use model::{Model, span};

fn seconds(at: u64) -> Instant {
    Instant::from_millis(at * 1_000)
}

/// Sends as much as allowed over `span` seconds, commands and a heartbeat a second.
fn flood(interval: Duration, span: u64) -> (Vec<Instant>, usize) {
    let mut log = SendLog::new();
    let mut throttle = Throttle::new(Lease::Lent(&mut log));
    throttle.reserve_for(interval);
    let beat = interval.as_secs();
    let (mut sent, mut commands) = (Vec::new(), 0);
    for now in 0..span {
        if now % beat == 0 {
            throttle.record(seconds(now));
            sent.push(seconds(now));
        }
        while throttle.free_at(seconds(now)) <= seconds(now) {
            throttle.record(seconds(now));
            sent.push(seconds(now));
            commands += 1;
        }
    }
    (sent, commands)
}

#[test]
fn no_window_of_sixty_seconds_holds_more_than_the_limit() {
    for interval in [5, 41, 600].map(Duration::from_secs) {
        let (sent, _) = flood(interval, 600);
        for (first, last) in sent.iter().zip(sent.iter().skip(LIMIT)) {
            assert!(last.saturating_since(*first) > Duration::from_secs(60), "{interval:?}");
        }
    }
}

#[test]
fn most_of_the_limit_is_there_for_commands() {
    let (_, commands) = flood(Duration::from_secs(41), 610);
    assert!(commands >= 100 * 10, "{commands}");
}

#[test]
fn requests_are_answered_up_to_ten_a_minute() {
    let mut log = SendLog::new();
    let mut throttle = Throttle::new(Lease::Lent(&mut log));
    for _ in 0..ANSWERS {
        assert!(throttle.admits_answer(seconds(0)));
    }
    assert!(!throttle.admits_answer(Instant::from_millis(59_999)));
    assert!(throttle.admits_answer(seconds(60)));
}

#[test]
fn a_new_connection_begins_with_an_empty_window() {
    let mut log = SendLog::new();
    let mut throttle = Throttle::new(Lease::Lent(&mut log));
    for _ in 0..LIMIT {
        throttle.record(seconds(1));
    }
    assert!(throttle.free_at(seconds(1)) > seconds(1));
    throttle.restart();
    assert!(throttle.free_at(seconds(1)) <= seconds(1));
}

/// Chance.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % end
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

/// A second.
const S: u64 = 1_000_000;
/// How far a base reaches, in microseconds.
const REACH: u64 = u32::MAX as u64;
/// More guilds than are told apart.
const GUILDS: u64 = ASKED as u64 + 26;

/// Returns how much later it is.
fn later(dice: &mut Dice) -> u64 {
    match dice.below(40) {
        0..20 => 0,
        20..30 => dice.below(5 * S),
        30..33 => dice.one_of(&[1, 62, 63, 64, 65]),
        33..36 => dice.one_of(&[20, 21, 30, 31, 60, 61, 600].map(|seconds| seconds * S)),
        36..38 => REACH - dice.one_of(&[0, 1, 61, 62, 600, 700]) * S + dice.below(3),
        38 => dice.one_of(&[REACH + 1, 2 * REACH, 3_600 * S, 21 * 86_400 * S]),
        _ => S,
    }
}

/// Does the same to both.
fn act(dice: &mut Dice, now: Instant, throttle: &mut Throttle<'_>, model: &mut Model) {
    let guild = |dice: &mut Dice| GuildId(dice.below(GUILDS));
    match dice.below(12) {
        0..4 => (0..dice.one_of(&[1, 1, 40, 130])).for_each(|_: u8| {
            throttle.record(now);
            model.record(now);
        }),
        4..6 => {
            throttle.record_class(now, CommandClass::Presence);
            model.presence(now);
        }
        6 => {
            let asked = guild(dice);
            throttle.record_class(now, CommandClass::AllMembers(asked));
            model.pause(now, asked, span(MEMBERS_WINDOW));
        }
        7..9 => (0..dice.one_of(&[1, 3, 70])).for_each(|_: u8| {
            let (asked, seconds) = (guild(dice), dice.one_of(&[0, 1, 31, 600, 5_000]));
            throttle.pause_members(now, asked, Duration::from_secs(seconds));
            model.pause(now, asked, Duration::from_secs(seconds));
        }),
        9..11 => assert_eq!(throttle.admits_answer(now), model.admits_answer(now)),
        _ => {
            let interval = Duration::from_millis(dice.one_of(&[1, 500, 5_000, 41_250]));
            throttle.reserve_for(interval);
            model.reserve = throttle.reserve;
            if dice.below(3) == 0 {
                throttle.restart();
                model.restart();
            }
        }
    }
}

/// Compares all that is told; of what is over only that it is.
fn compare(now: Instant, throttle: &Throttle<'_>, model: &Model) {
    assert_eq!(throttle.free_at(now).max(now), model.free_at(now).max(now));
    assert_eq!(throttle.free(now), model.free(now));
    assert_eq!(throttle.free_presences(now), model.free_presences(now));
    let presences = throttle.class_free_at(CommandClass::Presence);
    assert_eq!(presences.max(now), model.presence_free_at().max(now));
    for guild in (0..=GUILDS).map(GuildId) {
        let found = throttle.class_free_at(CommandClass::AllMembers(guild));
        assert_eq!(found.max(now), model.members_free_at(guild).max(now), "{guild:?}");
    }
}

#[test]
fn offsets_from_a_base_tell_the_same_as_whole_times_do() {
    for seed in 0..30 {
        let mut dice = Dice(seed);
        let month = 30 * 86_400 * S;
        let at = [0, 10, REACH, 1_700_000_000 * S, Instant::MAX.as_micros() - month];
        let mut at = at[usize::try_from(seed).unwrap() % at.len()];
        let (mut log, mut model) = (SendLog::new(), Model::new());
        let mut throttle = Throttle::new(Lease::Lent(&mut log));
        for _ in 0..600 {
            // As a shard has it: no time is before the one before, or beyond the end.
            at = (at + later(&mut dice)).min(Instant::MAX.as_micros());
            let now = Instant::from_micros(at);
            act(&mut dice, now, &mut throttle, &mut model);
            compare(now, &throttle, &model);
        }
    }
}

#[test]
fn no_time_makes_a_throttle_panic_or_wait_for_hours() {
    let mut dice = Dice(5);
    let mut log = SendLog::new();
    for _ in 0..300 {
        let shift = dice.below(64);
        let now = Instant::from_micros(Instant::MAX.as_micros() >> shift);
        let mut throttle = Throttle::new(Lease::Lent(&mut log));
        for _ in 0..3 {
            throttle.record(now);
            throttle.record_class(now, CommandClass::Presence);
            throttle.record_class(now, CommandClass::AllMembers(GuildId(dice.below(GUILDS))));
            throttle.admits_answer(now);
        }
        let longest = now.saturating_add(Duration::from_micros(2 * REACH));
        assert!(throttle.free_at(now) <= longest);
        assert!(throttle.class_free_at(CommandClass::Presence) <= longest);
        for guild in (0..GUILDS).map(GuildId) {
            assert!(throttle.members_free_at(guild) <= longest);
        }
    }
}
