//! The budget as a line of text, for the next process.
//!
//! Words of `key=value` in one order, each key once: a human reads them at a glance and `cut` takes them
//! apart; and neither writing nor reading needs an allocator, as JSON with its freedoms would.

use core::fmt;
use core::str::Split;

use heapless::String;

use super::crash_loop::CrashLoop;
use super::window::Window;
use super::{BotId, UnixTime};
use crate::fnv;

/// The first word, up to the version.
const NAME: &str = "gatewright-budget=";
const VERSION: u8 = 2;

/// An [`IdentifyBudget`](super::IdentifyBudget) as plain data; its `Display` is the line of text to store.
///
/// The line holds no secret. It ends in a checksum and a line break, so that a record that was cut off or damaged is
/// told from a whole one.
///
/// ```
/// use gatewright_core::{BotId, BudgetError, BudgetRecord, BudgetSettings, IdentifyBudget, UnixTime};
///
/// let now = UnixTime::from_millis(1_786_017_600_000);
/// let bot = BotId::of_token("MTIz.secret");
/// let record = IdentifyBudget::new(now, bot, 7, BudgetSettings::default()).record();
/// let line = record.to_string();
/// assert!(line.starts_with("gatewright-budget=2 bot=") && line.len() <= BudgetRecord::MAX_BYTES);
/// assert_eq!(BudgetRecord::parse(line.as_bytes()), Ok(record));
/// assert_eq!(BudgetRecord::parse(&line.as_bytes()[..40]), Err(BudgetError::Truncated));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetRecord {
    pub(super) bot: BotId,
    pub(super) owner: u64,
    pub(super) writes: u64,
    pub(super) seen: UnixTime,
    pub(super) total: u32,
    pub(super) window: Window,
    pub(super) crash_loop: CrashLoop,
}

impl BudgetRecord {
    /// The longest record, in bytes.
    pub const MAX_BYTES: usize = 272;

    /// Reads a record.
    ///
    /// # Errors
    /// Everything but [`BudgetError::OtherBot`], which only [`restore`](super::IdentifyBudget::restore) can tell.
    pub fn parse(bytes: &[u8]) -> Result<Self, BudgetError> {
        let text = str::from_utf8(bytes).map_err(|_| BudgetError::Unreadable)?;
        if !text.starts_with(NAME) {
            let begun = NAME.starts_with(text);
            return Err(if begun { BudgetError::Truncated } else { BudgetError::Unreadable });
        }
        let line = text.strip_suffix('\n').ok_or(BudgetError::Truncated)?;
        let mut words = line.split(' ');
        let version = words.next().and_then(|word| word.strip_prefix(NAME));
        if version.and_then(|version| version.parse().ok()) != Some(VERSION) {
            return Err(BudgetError::OtherVersion);
        }
        let (head, sum) = line.rsplit_once(" sum=").ok_or(BudgetError::Damaged)?;
        if text.len() > Self::MAX_BYTES || hex(sum) != Some(sum_of(head)) {
            return Err(BudgetError::Damaged);
        }
        Self::read(words).ok_or(BudgetError::Damaged)
    }

    /// Returns the bot it belongs to.
    #[must_use]
    pub const fn bot(&self) -> BotId {
        self.bot
    }

    /// Returns the random number that the process which wrote it drew.
    #[must_use]
    pub const fn owner(&self) -> u64 {
        self.owner
    }

    /// Returns how often it was written, by all processes.
    #[must_use]
    pub const fn writes(&self) -> u64 {
        self.writes
    }

    fn read(mut words: Split<'_, char>) -> Option<Self> {
        let mut word = |key: &str| words.next()?.strip_prefix(key)?.strip_prefix('=');
        let time = |text: &str| text.parse().ok().map(UnixTime::from_millis);
        let record = Self {
            bot: BotId(hex(word("bot")?)?),
            owner: hex(word("owner")?)?,
            writes: word("writes")?.parse().ok()?,
            seen: time(word("seen")?)?,
            total: word("total")?.parse().ok()?,
            window: match word("window")? {
                "counted" => Window::Counted { clear_at: time(word("clear")?)? },
                "told" => Window::Told {
                    left: word("left")?.parse().ok()?,
                    resets_at: time(word("reset")?)?,
                    late: word("late")?.parse().ok()?,
                },
                _ => return None,
            },
            crash_loop: CrashLoop {
                starts: word("starts")?.parse().ok()?,
                last_spent: time(word("last")?)?,
            },
        };
        // What is left is the checksum, which was read.
        (words.count() == 1).then_some(record)
    }

    /// Writes all words but the checksum.
    fn write(&self, f: &mut impl fmt::Write) -> fmt::Result {
        let time = |time: UnixTime| time.as_millis();
        write!(f, "{NAME}{VERSION} bot={:016x} owner={:016x}", self.bot.0, self.owner)?;
        write!(f, " writes={} seen={} total={}", self.writes, time(self.seen), self.total)?;
        match self.window {
            Window::Counted { clear_at } => {
                write!(f, " window=counted clear={}", time(clear_at))?;
            }
            Window::Told { left, resets_at, late } => {
                write!(f, " window=told left={left} reset={} late={late}", time(resets_at))?;
            }
        }
        let CrashLoop { starts, last_spent } = self.crash_loop;
        write!(f, " starts={starts} last={}", time(last_spent))
    }
}

impl fmt::Display for BudgetRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut head = String::<{ Self::MAX_BYTES }>::new();
        self.write(&mut head)?;
        writeln!(f, "{head} sum={:016x}", sum_of(&head))
    }
}

fn sum_of(head: &str) -> u64 {
    fnv::steps(fnv::BASIS, head.as_bytes())
}

/// Reads a number as it is written: 16 digits in lower case.
fn hex(text: &str) -> Option<u64> {
    let plain =
        text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    plain.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

/// Why a stored budget is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BudgetError {
    /// Its checksum does not match, or a word of it means nothing.
    Damaged,
    /// It belongs to another bot.
    OtherBot,
    /// It was written by another version.
    OtherVersion,
    /// It ends early, or there is nothing at all.
    Truncated,
    /// It is no such record, or no text.
    Unreadable,
}

impl fmt::Display for BudgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Damaged => "the stored Identify budget is damaged: its checksum does not match",
            Self::OtherBot => "the stored Identify budget belongs to another bot",
            Self::OtherVersion => "the stored Identify budget was written by another version",
            Self::Truncated => "the stored Identify budget ends early",
            Self::Unreadable => "what is stored is no Identify budget",
        })
    }
}

impl core::error::Error for BudgetError {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    const RECORD: BudgetRecord = BudgetRecord {
        bot: BotId(0x0123_4567_89AB_CDEF),
        owner: 0xFEDC_BA98_7654_3210,
        writes: 12,
        seen: UnixTime::from_millis(1_786_017_600_000),
        total: 1_000,
        window: Window::Told {
            left: 612,
            resets_at: UnixTime::from_millis(1_786_050_000_000),
            late: 3,
        },
        crash_loop: CrashLoop { starts: 3, last_spent: UnixTime::from_millis(1_786_017_599_000) },
    };
    const COUNTED: BudgetRecord = BudgetRecord {
        window: Window::Counted { clear_at: UnixTime::from_millis(1_786_017_700_000) },
        ..RECORD
    };

    #[test]
    fn a_record_is_one_line_that_a_human_can_read() {
        let line = RECORD.to_string();
        let words = "gatewright-budget=2 bot=0123456789abcdef owner=fedcba9876543210 writes=12 \
                     seen=1786017600000 total=1000 window=told left=612 reset=1786050000000 late=3 \
                     starts=3 last=1786017599000 sum=";
        assert!(line.starts_with(words), "{line}");
        assert!(COUNTED.to_string().contains(" window=counted clear=1786017700000 starts=3 "));
        for record in [RECORD, COUNTED] {
            assert_eq!(BudgetRecord::parse(record.to_string().as_bytes()), Ok(record));
        }
    }

    #[test]
    fn the_largest_numbers_fit() {
        let late = UnixTime::from_millis(u64::MAX);
        let largest = BudgetRecord {
            writes: u64::MAX,
            seen: late,
            total: u32::MAX,
            window: Window::Told { left: u32::MAX, resets_at: late, late: u32::MAX },
            crash_loop: CrashLoop { starts: u32::MAX, last_spent: late },
            ..RECORD
        };
        let line = largest.to_string();
        assert!(line.len() <= BudgetRecord::MAX_BYTES, "{}", line.len());
        assert_eq!(BudgetRecord::parse(line.as_bytes()), Ok(largest));
    }

    #[test]
    fn a_record_that_was_cut_off_anywhere_is_refused_as_truncated() {
        for record in [RECORD, COUNTED] {
            let line = record.to_string();
            for end in 0..line.len() {
                let cut = BudgetRecord::parse(&line.as_bytes()[..end]);
                assert_eq!(cut, Err(BudgetError::Truncated), "cut at {end}");
            }
        }
    }

    #[test]
    fn a_record_with_any_one_byte_changed_is_refused() {
        for record in [RECORD, COUNTED] {
            let line = record.to_string().into_bytes();
            for at in 0..line.len() {
                for byte in (0..=255).filter(|byte| *byte != line[at]) {
                    let mut changed = line.clone();
                    changed[at] = byte;
                    let parsed = BudgetRecord::parse(&changed);
                    assert!(parsed.is_err(), "byte {at} as {byte}: {parsed:?}");
                }
            }
        }
    }

    #[test]
    fn each_fault_of_a_record_is_told_apart() {
        let line = RECORD.to_string();
        let of = |text: &str| BudgetRecord::parse(text.as_bytes());
        assert_eq!(of(""), Err(BudgetError::Truncated));
        assert_eq!(of("{}\n"), Err(BudgetError::Unreadable));
        assert_eq!(BudgetRecord::parse(&[0xFF; 40]), Err(BudgetError::Unreadable));
        assert_eq!(of(&line.replace("budget=2", "budget=1")), Err(BudgetError::OtherVersion));
        assert_eq!(of(&line.replace("left=612", "left=999")), Err(BudgetError::Damaged));
        assert_eq!(of(&line.replace(" bot=", " bat=")), Err(BudgetError::Damaged));
        assert_eq!(of(&format!("{line}{line}")), Err(BudgetError::Damaged));
    }

    #[test]
    fn a_record_whose_checksum_matches_nonsense_is_refused() {
        for (word, other) in [("told", "tale"), ("left=612", "left=-1"), (" last", " x=1 last")] {
            let line = RECORD.to_string().replace(word, other);
            let (head, _) = line.rsplit_once(" sum=").unwrap();
            let forged = format!("{head} sum={:016x}\n", sum_of(head));
            assert_eq!(BudgetRecord::parse(forged.as_bytes()), Err(BudgetError::Damaged), "{word}");
        }
    }
}
