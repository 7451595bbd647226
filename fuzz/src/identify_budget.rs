//! Any bytes as the stored budget of Identifies, and any life with one.

use std::time::Duration;

use gatewright_core::{
    BotId, BudgetError, BudgetRecord, BudgetSettings, IdentifyBudget, SessionStartLimit, UnixTime,
};

use crate::source::Source;

/// The most steps of one input.
const MOST_STEPS: usize = 200;
/// The longest wait: a day until the server's window ends, three days of what is owed then, and how far a clock may go
/// back and be passed over.
const LONGEST_WAIT: Duration = Duration::from_secs(4 * 24 * 60 * 60 + 720);
/// The last time whose sums do not end at the end of time.
const LATEST: u64 = u64::MAX / 2;

/// Any bytes are read as a record, or refused; with any record, and whatever happens, the budget keeps its laws.
///
/// The bytes are read as they are, and again as what draws a record whose checksum is right, a bot, and steps: a
/// start, the server's word, Identifies, a life, time that goes by or back, and a restart by way of the record. The
/// laws: a record is written as what reads the same, in at most [`BudgetRecord::MAX_BYTES`]; one of another bot is
/// refused; a refusal lies ahead, by four days at most, and who comes when told to is let in.
pub fn identify_budget(data: &[u8]) {
    if let Ok(record) = BudgetRecord::parse(data) {
        reads_the_same(&record);
    }
    let mut source = Source::new(data);
    let line = sealed(&head(&mut source));
    let Ok(record) = BudgetRecord::parse(line.as_bytes()) else { return };
    reads_the_same(&record);
    let now = UnixTime::from_millis(source.number().min(LATEST));
    let other = BotId::of_token("MTIz.secret");
    let settings = BudgetSettings::default();
    if record.bot() != other {
        let refused = IdentifyBudget::restore(now, other, 1, settings, &record).map(drop);
        assert_eq!(refused, Err(BudgetError::OtherBot));
    }
    live(&mut source, now, &record);
}

/// Draws the words of a record, most of which mean something.
fn head(source: &mut Source<'_>) -> String {
    let (bot, owner) = (source.number(), source.number());
    let version = if source.byte() == 255 { source.number() } else { 2 };
    let mut head = format!("gatewright-budget={version} bot={bot:016x} owner={owner:016x}");
    head += &format!(" writes={} seen={}", source.number(), source.number().min(LATEST));
    head += &format!(" total={}", source.number() & 0xFFFF_FFFF);
    match source.byte() {
        0..=120 => head += &format!(" window=counted clear={}", source.number()),
        121..=254 => {
            let left = source.number() & 0xFFFF_FFFF;
            let (reset, late) = (source.number(), source.number() & 0xFFFF_FFFF);
            head += &format!(" window=told left={left} reset={reset} late={late}");
        }
        255 => head += &source.text(20),
    }
    head + &format!(" starts={} last={}", source.number() & 0xFFFF_FFFF, source.number())
}

/// Returns a line with its checksum: FNV-1a of 64 bits.
fn sealed(head: &str) -> String {
    let step = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
    let sum = head.bytes().fold(0xCBF2_9CE4_8422_2325, step);
    format!("{head} sum={sum:016x}\n")
}

fn reads_the_same(record: &BudgetRecord) {
    let line = record.to_string();
    assert!(line.len() <= BudgetRecord::MAX_BYTES, "{line}");
    assert_eq!(BudgetRecord::parse(line.as_bytes()), Ok(*record), "{line}");
    for cut in [0, line.len() / 2, line.len() - 1] {
        assert!(BudgetRecord::parse(&line.as_bytes()[..cut]).is_err(), "{cut} of {line}");
    }
}

/// Does what the bytes say with a budget.
fn live(source: &mut Source<'_>, mut now: UnixTime, record: &BudgetRecord) {
    let mut settings = BudgetSettings::default();
    settings.reserve_percent = source.byte();
    settings.by_hand = source.chance();
    let restore = |now, record: &BudgetRecord| {
        IdentifyBudget::restore(now, record.bot(), 1, settings, record).expect("it is of this bot")
    };
    let mut budget = restore(now, record);
    for _ in 0..MOST_STEPS {
        if source.is_empty() {
            break;
        }
        match source.byte() % 8 {
            0 => budget.started(now),
            1 => budget.lived(now),
            2 => (0..source.byte()).for_each(|_| budget.spent(now)),
            3 => budget.hear_limit(now, limit(source)),
            4 => now = now.saturating_sub(Duration::from_millis(source.number() >> 32)),
            5 => {
                let record = budget.record();
                reads_the_same(&record);
                budget = restore(now, &record);
            }
            _ => {
                let later = now.saturating_add(Duration::from_millis(source.number() >> 24));
                now = UnixTime::from_millis(later.as_millis().min(LATEST));
            }
        }
        ask(&budget, now);
    }
}

/// Draws what the server says.
fn limit(source: &mut Source<'_>) -> SessionStartLimit {
    let number = |source: &mut Source<'_>| u32::try_from(source.number()).unwrap_or(u32::MAX);
    SessionStartLimit {
        total: number(source),
        remaining: number(source),
        reset_after: Duration::from_millis(source.number() >> 16),
        max_concurrency: number(source),
    }
}

fn ask(budget: &IdentifyBudget, now: UnixTime) {
    let mut asked = budget.clone();
    let Err(refusal) = asked.ask(now) else { return };
    assert!(refusal.until > now, "{refusal} at {now:?}");
    assert!(refusal.until <= now.saturating_add(LONGEST_WAIT), "{refusal} at {now:?}");
    assert_eq!(asked.ask(refusal.until), Ok(()), "{refusal} at {now:?}");
}
