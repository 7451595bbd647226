//! A session, and the head of a snapshot, as a line of text.
//!
//! `gatewright-session=1 bot=<16 digits> <JSON> sum=<16 digits>` and a line break. The bot is the
//! [`BotId`], the JSON is that of serde, and the sum is the FNV-1a hash of all before it. A snapshot is such a line
//! with `gatewright-snapshot=1`, and behind the line break its bytes.

use gatewright_core::{BotId, Session, ShardId};
use serde::{Deserialize, Serialize};

use crate::state_error::StateFault;

const SESSION: &str = "gatewright-session=";
const SNAPSHOT: &str = "gatewright-snapshot=";
/// The version that is written and read.
const VERSION: &str = "1";

/// The longest line of either kind: every byte of an id and a URL may be escaped.
pub(crate) const MOST_LINE: u64 = 2_048;

/// What a snapshot says of itself.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) shard: ShardId,
    /// The id of the session.
    pub(crate) session: String,
    /// The sequence number up to which events are in it.
    pub(crate) seq: u64,
    /// Its length in bytes.
    pub(crate) length: u64,
    pub(crate) hash: u64,
}

/// Which version a session is of, whatever else is in it.
#[derive(Deserialize)]
struct Versioned {
    version: u8,
}

pub(crate) fn write_session(bot: BotId, session: &Session) -> String {
    line(SESSION, bot, serde_json::to_string(session))
}

pub(crate) fn read_session(bot: BotId, bytes: &[u8]) -> Result<Session, StateFault> {
    let json = json_of(SESSION, bot, bytes)?;
    let Versioned { version } = serde_json::from_str(json).map_err(|_| StateFault::Damaged)?;
    if version != Session::VERSION {
        return Err(StateFault::OtherVersion);
    }
    serde_json::from_str(json).map_err(|_| StateFault::Damaged)
}

pub(crate) fn write_head(bot: BotId, head: &Head) -> String {
    line(SNAPSHOT, bot, serde_json::to_string(head))
}

/// Reads the head of a snapshot; returns how long it is, too.
pub(crate) fn read_head(bot: BotId, bytes: &[u8]) -> Result<(Head, usize), StateFault> {
    let most = usize::try_from(MOST_LINE).unwrap_or(usize::MAX);
    let end = bytes.iter().take(most).position(|byte| *byte == b'\n');
    let line = end.and_then(|end| bytes.get(..=end)).ok_or(StateFault::Damaged)?;
    let json = json_of(SNAPSHOT, bot, line)?;
    let head = serde_json::from_str(json).map_err(|_| StateFault::Damaged)?;
    Ok((head, line.len()))
}

fn line(name: &str, bot: BotId, json: serde_json::Result<String>) -> String {
    // Plain data of ours always has a JSON, and without one it would not be read again.
    let head = format!("{name}{VERSION} bot={bot} {}", json.unwrap_or_default());
    format!("{head} sum={:016x}\n", hash(head.as_bytes()))
}

fn json_of<'l>(name: &str, bot: BotId, line: &'l [u8]) -> Result<&'l str, StateFault> {
    let text = str::from_utf8(line).map_err(|_| StateFault::Damaged)?;
    let rest = text.strip_prefix(name).ok_or(StateFault::Damaged)?;
    let line = text.strip_suffix('\n').ok_or(StateFault::Damaged)?;
    let (version, rest) = rest.split_once(' ').ok_or(StateFault::Damaged)?;
    if version != VERSION {
        return Err(StateFault::OtherVersion);
    }
    let (head, sum) = line.rsplit_once(" sum=").ok_or(StateFault::Damaged)?;
    if sum != format!("{:016x}", hash(head.as_bytes())) {
        return Err(StateFault::Damaged);
    }
    let (found, rest) = rest.split_once(' ').ok_or(StateFault::Damaged)?;
    if found.strip_prefix("bot=") != Some(&bot.to_string()) {
        return Err(StateFault::OtherBot);
    }
    rest.rsplit_once(" sum=").map(|(json, _)| json).ok_or(StateFault::Damaged)
}

/// FNV-1a, 64 bits.
///
/// Source: Fowler, Noll, Vo, *FNV-1a*.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_any_one_byte_changed_is_refused() {
        let bot = BotId::of_token("MTIz.abc.secret");
        let (shard, session) = (ShardId::ONE, "abc".to_owned());
        let head = Head { shard, session, seq: 7, length: 4, hash: u64::MAX };
        let line = write_head(bot, &head).into_bytes();
        assert_eq!(read_head(bot, &line).unwrap(), (head, line.len()));
        for at in 0..line.len() {
            for byte in (0..=255).filter(|byte| *byte != line[at]) {
                let mut changed = line.clone();
                changed[at] = byte;
                assert!(read_head(bot, &changed).is_err(), "byte {at} as {byte}");
            }
        }
    }

    #[test]
    fn hashes_are_those_of_the_source() {
        assert_eq!(hash(b""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(hash(b"foobar"), 0x8594_4171_F739_67E8);
    }
}
