//! The budget as a whole, in virtual time.

use std::string::ToString;
use std::vec::Vec;

use super::*;
use crate::rng::Rng;

const START: UnixTime = UnixTime::from_millis(1_786_017_600_000);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const GATE: Duration = Duration::from_secs(5);

fn bot() -> BotId {
    BotId::of_token("MTIz.abc.secret")
}

fn fresh() -> IdentifyBudget {
    IdentifyBudget::new(START, bot(), 1, BudgetSettings::default())
}

fn by_hand(now: UnixTime, record: &BudgetRecord) -> IdentifyBudget {
    let settings = BudgetSettings { by_hand: true, ..BudgetSettings::default() };
    IdentifyBudget::restore(now, bot(), 1, settings, record).unwrap()
}

fn restored(now: UnixTime, record: &BudgetRecord) -> IdentifyBudget {
    IdentifyBudget::restore(now, bot(), 2, BudgetSettings::default(), record).unwrap()
}

fn at(span: Duration) -> UnixTime {
    START.saturating_add(span)
}

fn limit(total: u32, remaining: u32, reset_after: Duration) -> SessionStartLimit {
    SessionStartLimit { total, remaining, reset_after, max_concurrency: 1 }
}

/// Spends as long as it is allowed, once every `pace`; returns how often.
fn spend_freely(budget: &mut IdentifyBudget, now: &mut UnixTime, pace: Duration) -> u32 {
    let mut spent = 0;
    while budget.ask(*now).is_ok() {
        budget.spent(*now);
        *now = now.saturating_add(pace);
        spent += 1;
    }
    spent
}

/// What a process is told by the server when it begins.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Word {
    Each,
    First,
    Never,
}

/// A server whose windows follow each other from `offset` on, and that counts some time late.
struct FakeServer {
    offset: Duration,
    total: u32,
    late: Duration,
    identified: Vec<UnixTime>,
}

impl FakeServer {
    fn window_of(&self, time: UnixTime) -> (u64, Duration) {
        let into = time.saturating_since(UnixTime::EPOCH) + self.offset;
        let (day, into) = (into.as_millis() / DAY.as_millis(), into.as_millis() % DAY.as_millis());
        let into = Duration::from_millis(u64::try_from(into).unwrap());
        (u64::try_from(day).unwrap(), DAY - into)
    }

    fn word(&self, now: UnixTime) -> SessionStartLimit {
        let (window, reset_after) = self.window_of(now);
        let counted = now.saturating_sub(self.late);
        let same = |time: &&UnixTime| self.window_of(**time).0 == window;
        let times = self.identified.iter().rev().take_while(same);
        let spent = times.filter(|time| **time <= counted).count();
        let spent = u32::try_from(spent).unwrap();
        limit(self.total, self.total.saturating_sub(spent), reset_after)
    }

    /// Returns the most Identifies of a window of the server.
    fn most_in_a_window(&self) -> usize {
        let windows = self.identified.chunk_by(|a, b| self.window_of(*a).0 == self.window_of(*b).0);
        windows.map(<[_]>::len).max().unwrap_or(0)
    }

    /// Returns the most Identifies of any 24 hours.
    fn most_in_any_day(&self) -> usize {
        let mut first = 0;
        let most = self.identified.iter().enumerate().map(|(last, time)| {
            while time.saturating_since(self.identified[first]) >= DAY {
                first += 1;
            }
            last - first + 1
        });
        most.max().unwrap_or(0)
    }
}

/// A process that identifies as soon as it may and is gone.
#[derive(Clone, Copy, Debug)]
struct Loop {
    word: Word,
    /// Each so many restarts the last write is lost.
    loses: usize,
    /// Whether each process claims to be healthy.
    lies: bool,
}

/// What came of many restarts.
struct Story {
    server: FakeServer,
    now: UnixTime,
    stored: std::string::String,
    /// How many Identifies had gone out at the first refusal for a crash loop.
    slowed_after: Option<usize>,
}

fn restart_10_000_times(how: Loop, offset: Duration, late: Duration) -> Story {
    let mut server = FakeServer { offset, total: 1_000, late, identified: Vec::new() };
    let mut now = START;
    let mut stored = fresh().record().to_string();
    let mut slowed_after = None;
    for restart in 0..10_000 {
        let record = BudgetRecord::parse(stored.as_bytes()).unwrap();
        let mut budget = restored(now, &record);
        budget.started(now);
        if how.word == Word::Each || (how.word == Word::First && restart == 0) {
            budget.hear_limit(now, server.word(now));
        }
        stored = budget.record().to_string();
        while let Err(refusal) = budget.ask(now) {
            assert!(refusal.until > now, "{refusal}");
            if refusal.why == RefusalCause::CrashLoop {
                slowed_after = slowed_after.or(Some(server.identified.len()));
            }
            now = refusal.until;
        }
        budget.spent(now);
        server.identified.push(now);
        if how.lies {
            budget.lived(now);
        }
        if how.loses == 0 || restart % how.loses != 0 {
            stored = budget.record().to_string();
        }
        now = now.saturating_add(GATE);
    }
    Story { server, now, stored, slowed_after }
}

#[test]
fn a_crash_loop_of_10_000_restarts_never_exceeds_the_budget() {
    for word in [Word::Each, Word::First, Word::Never] {
        for (offset, late, loses) in [
            (Duration::ZERO, Duration::ZERO, 0),
            (7 * HOUR, Duration::ZERO, 2),
            (23 * HOUR + 59 * MINUTE, 30 * SECOND, 0),
            (13 * HOUR, 30 * SECOND, 3),
        ] {
            let how = Loop { word, loses, lies: false };
            let Story { server, now, stored, slowed_after } =
                restart_10_000_times(how, offset, late);
            assert_eq!(server.identified.len(), 10_000);
            assert!(server.most_in_any_day() < 300, "{how:?}: {}", server.most_in_any_day());
            assert!(slowed_after.is_some_and(|after| after < 20), "{how:?}: {slowed_after:?}");
            // It recovers: the next process is let in within a quarter of an hour, and the one after it at once.
            let mut budget = restored(now, &BudgetRecord::parse(stored.as_bytes()).unwrap());
            budget.started(now);
            let until = budget.ask(now).map_or_else(|refusal| refusal.until, |()| now);
            assert!(until.saturating_since(now) <= 15 * MINUTE, "{how:?}: {until}");
            budget.spent(until);
            let healthy = until.saturating_add(IdentifyBudget::HEALTHY_AFTER);
            budget.lived(healthy);
            let mut next = restored(healthy, &budget.record());
            next.started(healthy);
            assert_eq!(next.ask(healthy), Ok(()));
        }
    }
}

#[test]
fn a_crash_loop_that_claims_to_be_healthy_never_exceeds_the_budget() {
    for word in [Word::Each, Word::First, Word::Never] {
        for (offset, late) in
            [(Duration::ZERO, Duration::ZERO), (7 * HOUR, 30 * SECOND), (23 * HOUR, 50 * SECOND)]
        {
            let how = Loop { word, loses: 0, lies: true };
            let Story { server, slowed_after, .. } = restart_10_000_times(how, offset, late);
            assert_eq!(slowed_after, None);
            assert!(server.most_in_a_window() <= 950, "{how:?}: {}", server.most_in_a_window());
            let most = match word {
                Word::Each => server.most_in_a_window(),
                Word::First | Word::Never => server.most_in_any_day(),
            };
            // It is the pace that holds it back, and it gets what there is.
            assert!(most >= 900, "{how:?} {offset:?}: {most}");
            assert!(word != Word::Never || most <= 950, "{how:?} {offset:?}: {most}");
        }
    }
}

#[test]
fn processes_that_share_the_day_spend_no_more_than_one_would() {
    let spent = |processes, told: Option<SessionStartLimit>| {
        let settings = BudgetSettings { processes, ..BudgetSettings::default() };
        let mut budget = IdentifyBudget::new(START, bot(), 1, settings);
        told.into_iter().for_each(|limit| budget.hear_limit(START, limit));
        let mut spent = 0;
        let mut now = START;
        while now < at(DAY) {
            match budget.ask(now) {
                Ok(()) => {
                    budget.spent(now);
                    spent += 1;
                }
                Err(refusal) => now = refusal.until,
            }
        }
        spent
    };
    for told in [None, Some(limit(1_000, 1_000, DAY)), Some(limit(1_000, 500, DAY))] {
        let alone = spent(1, told);
        assert_eq!(spent(0, told), alone, "less than one counts as one");
        for processes in [2, 3, 7, 16] {
            let all = processes * spent(processes, told);
            assert!((alone * 7 / 10..=alone).contains(&all), "{processes}: {all} of {alone}");
        }
    }
    assert_eq!(spent(5_000, None), 1, "one at least");
}

#[test]
fn lost_writes_cost_no_more_than_the_reserve_in_a_day() {
    for word in [Word::Each, Word::First, Word::Never] {
        let how = Loop { word, loses: 25, lies: true };
        let Story { server, .. } = restart_10_000_times(how, 5 * HOUR, Duration::ZERO);
        assert!(server.most_in_a_window() <= 1_000, "{how:?}: {}", server.most_in_a_window());
    }
}

/// Does something at random to a budget, at a time that mostly goes on.
fn do_something(budget: &mut IdentifyBudget, now: &mut UnixTime, rng: &mut Rng) {
    let mut draw = |limit: u64| rng.below(Duration::from_micros(limit)).as_micros();
    let number = |drawn: u128| u32::try_from(drawn).unwrap();
    match draw(12) {
        0 => budget.started(*now),
        1 => budget.lived(*now),
        2 => {
            let total = number(draw(2_000));
            let reset_after = SECOND * number(draw(100_000));
            budget.hear_limit(*now, limit(total, number(draw(2_000)), reset_after));
        }
        3 => *now = now.saturating_add(MINUTE * number(draw(3_000))),
        4 => *now = now.saturating_sub(SECOND * number(draw(2_000))),
        5 => {
            let reserve_percent = u8::try_from(draw(60)).unwrap();
            let processes = number(draw(4));
            let settings = BudgetSettings { reserve_percent, by_hand: draw(4) == 0, processes };
            let record = BudgetRecord::parse(budget.record().to_string().as_bytes()).unwrap();
            *budget = IdentifyBudget::restore(*now, bot(), 1, settings, &record).unwrap();
        }
        _ => (0..draw(60)).for_each(|_| budget.spent(*now)),
    }
}

#[test]
fn whatever_happened_who_comes_when_told_to_is_let_in_within_three_days() {
    let mut rng = Rng::new(7);
    let mut now = START;
    let mut budget = fresh();
    let mut refused = [0; 3];
    for step in 0..20_000 {
        do_something(&mut budget, &mut now, &mut rng);
        let mut asked = budget.clone();
        let Err(refusal) = asked.ask(now) else { continue };
        refused[match refusal.why {
            RefusalCause::CrashLoop => 0,
            RefusalCause::Paced => 1,
            RefusalCause::Spent => 2,
        }] += 1;
        let heard = now.saturating_add(CORRECTION);
        assert!(refusal.until <= heard.saturating_add(3 * DAY + MINUTE), "step {step}: {refusal}");
        assert_eq!(asked.ask(refusal.until), Ok(()), "step {step}: {refusal}");
    }
    assert!(refused.iter().all(|times| *times > 50), "{refused:?}");
}

#[test]
fn the_first_four_quick_starts_are_free_and_then_each_waits_longer() {
    let mut stored = fresh().record();
    let mut now = START;
    let mut waits = Vec::new();
    for _ in 0..16 {
        let mut budget = restored(now, &stored);
        budget.started(now);
        let until = budget.ask(now).map_or_else(|refusal| refusal.until, |()| now);
        waits.push(until.saturating_since(now).as_secs());
        now = until;
        budget.spent(now);
        stored = budget.record();
    }
    assert_eq!(waits, [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
}

/// A process that has started so often and spent one Identify each time.
fn crash_looping(starts: u32) -> IdentifyBudget {
    let mut budget = fresh();
    for _ in 0..starts {
        budget.started(START);
        budget.spent(START);
    }
    budget
}

#[test]
fn a_refused_process_that_is_killed_gains_nothing() {
    let mut budget = crash_looping(13);
    let until = budget.ask(START).unwrap_err().until;
    assert_eq!(until, at(512 * SECOND));
    let mut now = START;
    for _ in 0..5 {
        now = now.saturating_add(90 * SECOND);
        budget.started(now);
    }
    assert_eq!(budget.ask(now).unwrap_err().until, at(900 * SECOND));
    assert_eq!(budget.ask(at(900 * SECOND)), Ok(()));
}

#[test]
fn a_session_that_lived_ends_a_crash_loop() {
    let mut budget = crash_looping(8);
    assert_eq!(budget.ask(START).unwrap_err().why, RefusalCause::CrashLoop);
    budget.lived(START);
    assert_eq!(budget.ask(START), Ok(()));
    assert_eq!(budget.quick_starts(), 0);
}

#[test]
fn a_start_long_after_the_last_identify_is_no_quick_one() {
    let mut budget = crash_looping(8);
    let quiet = 16 * SECOND + IdentifyBudget::HEALTHY_AFTER;
    budget.clone().started(at(quiet));
    let mut sooner = budget.clone();
    sooner.started(at(quiet - Duration::from_millis(1)));
    assert_eq!(sooner.quick_starts(), 9);
    budget.started(at(quiet));
    assert_eq!(budget.quick_starts(), 1);
}

#[test]
fn starts_that_never_identify_are_no_crash_loop_of_identifies() {
    let mut budget = fresh();
    (0..100).for_each(|_| budget.started(START));
    assert_eq!(budget.ask(START), Ok(()));
}

#[test]
fn a_large_bot_starts_all_its_shards_at_once() {
    let mut now = START;
    let mut budget = fresh();
    budget.started(now);
    budget.hear_limit(now, limit(2_000, 2_000, DAY));
    // 16 of them every 5 seconds: far faster than the line to the end of the window.
    assert!(spend_freely(&mut budget, &mut now, GATE / 16) >= 800);
    let mut now = START;
    let mut untold = fresh();
    untold.started(now);
    assert!(spend_freely(&mut untold, &mut now, GATE) >= 400);
}

#[test]
fn what_is_left_at_half_lasts_to_the_end_of_the_window() {
    for told in [true, false] {
        let mut budget = fresh();
        if told {
            budget.hear_limit(START, limit(1_000, 1_000, DAY));
        }
        let mut now = START;
        let free = spend_freely(&mut budget, &mut now, Duration::ZERO);
        assert!((474..=475).contains(&free), "{free}");
        let mut gaps = Vec::new();
        let end = at(DAY);
        while let Err(refusal) = budget.ask(now) {
            assert_eq!(refusal.why, RefusalCause::Paced);
            if refusal.until >= end {
                break;
            }
            gaps.push(refusal.until.saturating_since(now).as_secs());
            now = refusal.until;
            budget.spent(now);
        }
        assert!((470..=475).contains(&gaps.len()), "{}", gaps.len());
        assert!(gaps.iter().skip(1).all(|gap| (180..=183).contains(gap)), "{gaps:?}");
    }
}

#[test]
fn only_a_human_may_spend_the_reserve() {
    let mut budget = fresh();
    budget.hear_limit(START, limit(1_000, 50, HOUR));
    let refusal = budget.ask(START).unwrap_err();
    assert_eq!(refusal, Refusal { why: RefusalCause::Spent, until: at(HOUR + MINUTE) });
    let mut now = START;
    let mut human = by_hand(now, &budget.record());
    assert_eq!(spend_freely(&mut human, &mut now, Duration::ZERO), 50);
    assert_eq!(human.ask(now).unwrap_err().why, RefusalCause::Spent);
}

#[test]
fn without_the_servers_word_a_human_gets_the_reserve_too_and_no_more() {
    let mut now = START;
    let mut budget = fresh();
    spend_freely(&mut budget, &mut now, Duration::ZERO);
    let mut human = by_hand(now, &budget.record());
    assert_eq!(spend_freely(&mut human, &mut now, Duration::ZERO), 50);
}

#[test]
fn a_human_is_not_held_up_by_a_crash_loop() {
    let mut budget = crash_looping(20);
    assert_eq!(budget.ask(START).unwrap_err().why, RefusalCause::CrashLoop);
    assert_eq!(by_hand(START, &budget.record()).ask(START), Ok(()));
}

#[test]
fn of_one_window_the_smaller_number_left_counts() {
    let mut budget = fresh();
    budget.hear_limit(START, limit(1_000, 53, HOUR));
    budget.spent(START);
    budget.spent(START);
    budget.hear_limit(at(SECOND), limit(1_000, 53, HOUR - 2 * SECOND));
    budget.spent(at(HOUR));
    assert_eq!(budget.ask(at(HOUR)).unwrap_err().why, RefusalCause::Spent);
    let mut fewer = fresh();
    fewer.hear_limit(START, limit(1_000, 53, HOUR));
    fewer.hear_limit(START, limit(1_000, 50, HOUR));
    assert_eq!(fewer.ask(START).unwrap_err().why, RefusalCause::Spent);
}

#[test]
fn a_new_window_takes_the_servers_number() {
    let mut budget = fresh();
    budget.hear_limit(START, limit(1_000, 0, HOUR));
    assert!(budget.ask(at(HOUR - SECOND)).is_err());
    budget.hear_limit(at(HOUR), limit(1_000, 1_000, DAY));
    assert_eq!(budget.ask(at(HOUR)), Ok(()));
}

#[test]
fn when_a_told_window_ends_unheard_it_counts_by_itself() {
    let mut budget = fresh();
    budget.hear_limit(START, limit(2_000, 0, HOUR));
    let mut now = at(HOUR + MINUTE);
    assert_eq!(spend_freely(&mut budget, &mut now, Duration::ZERO), 950);
}

#[test]
fn a_bot_others_have_spent_for_is_slowed_but_not_locked_out() {
    let mut budget = fresh();
    budget.started(START);
    budget.hear_limit(START, limit(1_000, 300, 20 * HOUR));
    let refusal = budget.ask(START).unwrap_err();
    assert_eq!(refusal.why, RefusalCause::Paced);
    assert!(refusal.until <= at(5 * MINUTE), "{refusal}");
    assert_eq!(budget.ask(refusal.until), Ok(()));
}

#[test]
fn totals_of_nothing_lock_nobody_out_for_ever() {
    let mut budget = fresh();
    budget.hear_limit(START, limit(0, 0, Duration::MAX));
    let until = budget.ask(START).unwrap_err().until;
    assert!(until <= at(DAY + MINUTE), "{until}");
    assert_eq!(budget.ask(until), Ok(()));
}

#[test]
fn a_clock_that_goes_back_a_little_counts_as_the_latest_time_seen() {
    let mut budget = crash_looping(13);
    budget.hear_limit(at(500 * SECOND), limit(1_000, 1_000, HOUR));
    assert!(budget.ask(at(400 * SECOND)).is_err());
    assert_eq!(budget.record().seen, at(500 * SECOND));
}

#[test]
fn a_clock_that_was_years_ahead_takes_the_record_back_with_it() {
    let years = 10 * 365 * DAY;
    let mut ahead = IdentifyBudget::new(at(years), bot(), 1, BudgetSettings::default());
    ahead.hear_limit(at(years), limit(1_000, 700, HOUR));
    (0..13).for_each(|_| ahead.started(at(years)));
    for _ in 0..13 {
        ahead.spent(at(years));
        ahead.started(at(years));
    }
    let mut budget = restored(START, &ahead.record());
    let refusal = budget.ask(START).unwrap_err();
    assert_eq!(refusal.why, RefusalCause::CrashLoop);
    assert!(refusal.until <= at(15 * MINUTE), "{refusal}");
    budget.lived(START);
    let mut now = START;
    assert!(spend_freely(&mut budget, &mut now, Duration::ZERO) <= 637, "spends are forgotten");
    assert_eq!(budget.ask(at(HOUR + MINUTE)), Ok(()), "the window ends when it would have");
}

#[test]
fn a_record_that_is_over_a_day_old_counts_as_a_fresh_window() {
    let mut budget = fresh();
    budget.hear_limit(START, limit(1_000, 0, DAY));
    let mut later = restored(at(DAY), &budget.record());
    assert_eq!(later.ask(at(DAY)), Ok(()));
    assert!(restored(at(DAY - SECOND), &budget.record()).ask(at(DAY - SECOND)).is_err());
}

#[test]
fn a_record_with_times_that_cannot_be_locks_nobody_out() {
    let late = UnixTime::from_millis(u64::MAX);
    let windows =
        [Window::Counted { clear_at: late }, Window::Told { left: 0, resets_at: late, late: 7 }];
    for window in windows {
        let crash_loop = CrashLoop { starts: u32::MAX, last_spent: late };
        let record = BudgetRecord { window, crash_loop, ..fresh().record() };
        let mut budget = restored(START, &record);
        budget.started(START);
        let mut now = START;
        for _ in 0..3 {
            now = budget.ask(now).map_or_else(|refusal| refusal.until, |()| now);
        }
        assert!(now <= at(3 * DAY), "{window:?}: {now}");
        assert_eq!(budget.ask(now), Ok(()));
    }
}

#[test]
fn the_record_of_another_bot_is_refused() {
    let other = BotId::of_token("NDU2.abc.secret");
    let record = fresh().record();
    let restored = IdentifyBudget::restore(START, other, 1, BudgetSettings::default(), &record);
    assert_eq!(restored.unwrap_err(), BudgetError::OtherBot);
}

#[test]
fn the_fingerprint_of_a_bot_knows_nothing_of_the_secret() {
    assert_eq!(BotId::of_token("MTIz.a.b"), BotId::of_token("MTIz.c.d"));
    assert_eq!(BotId::of_token("hunter2"), BotId::of_token("hunter3"));
}

#[test]
fn writes_are_counted_on_over_processes() {
    let first = fresh().record();
    let second = restored(START, &first).record();
    assert_eq!([first.writes(), second.writes()], [1, 2]);
    assert_eq!([first.owner(), second.owner()], [1, 2]);
}

#[test]
fn a_refusal_says_why_and_until_when() {
    for (why, sentence) in [
        (RefusalCause::CrashLoop, "process after process began and was soon gone"),
        (
            RefusalCause::Paced,
            "half of the day's Identifies is gone, the rest is spread over the day",
        ),
        (
            RefusalCause::Spent,
            "the day's Identifies are spent but for the reserve for a start by hand",
        ),
    ] {
        let text = Refusal { why, until: START }.to_string();
        assert_eq!(text, format!("no Identify before 2026-08-06T12:00:00Z: {sentence}"));
    }
}

#[test]
fn what_goes_out_when_the_next_window_may_have_begun_counts_in_both() {
    let hour = Duration::from_secs(3_600);
    let mut budget = fresh();
    let shares = 2_000;
    budget.hear_limit(START, limit(shares, shares, hour));
    // The server's window is over; ours is, a minute later.
    let mut now = at(hour);
    for _ in 0..192 {
        assert_eq!(budget.ask(now), Ok(()));
        budget.spent(now);
    }
    let record = budget.record();
    now = now.saturating_add(MINUTE * 2);
    let mut next = restored(now, &record);
    let begun = now;
    let mut spent = 192;
    while now.saturating_since(begun) < DAY - hour {
        spent += spend_freely(&mut next, &mut now, Duration::from_millis(1));
        now = now.saturating_add(MINUTE);
    }
    assert!((1_700..=shares).contains(&spent), "{spent} Identifies in the server's next window");
}
