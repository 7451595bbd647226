//! Which shards of a bot are a process's own.

use core::fmt;
use core::ops::Range;

use alloc::vec::Vec;

use crate::{GuildId, ShardId};

/// The most shards one process may have; the largest bots have some ten thousand in all.
const MOST: usize = 65_536;

/// The shards of one process, of all that a bot has.
///
/// ```
/// use gatewright_core::{GuildId, ShardId, Shards};
///
/// // The second of four processes, for a bot of ten shards.
/// let shards = Shards::process(1, 4, 10)?;
/// assert!(shards.iter().eq([3, 4].map(|id| ShardId::new(id, 10))));
/// let guild = GuildId(197_038_439_483_310_086);
/// assert_eq!(shards.shard_of(guild).to_string(), "0/10");
/// assert!(!shards.contains(shards.shard_of(guild).id), "another process has it");
/// # Ok::<(), gatewright_core::ShardsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shards {
    /// Ascending.
    ids: Vec<u32>,
    count: u32,
}

impl Shards {
    /// All shards of a bot that has `count`, as of one that runs in a single process.
    ///
    /// `GET /gateway/bot` tells how many are recommended.
    ///
    /// # Errors
    /// [`ShardsError`] if there are none, or more than a process may have.
    pub fn all(count: u32) -> Result<Self, ShardsError> {
        Self::range(0..count, count)
    }

    /// The shards of a range, of `count`.
    ///
    /// # Errors
    /// [`ShardsError`] if the range is empty, too long, or reaches beyond `count`.
    pub fn range(ids: Range<u32>, count: u32) -> Result<Self, ShardsError> {
        // Looked at first: it may be too long to be written down.
        if let Some(last) = ids.end.checked_sub(1).filter(|last| *last >= count && !ids.is_empty())
        {
            return Err(ShardsError::Beyond { id: last, count });
        }
        Self::ids(ids, count)
    }

    /// The shards with these ids, in any order, of `count`.
    ///
    /// # Errors
    /// [`ShardsError`] if there are none or too many, or one is named twice or is not below `count`.
    pub fn ids(ids: impl IntoIterator<Item = u32>, count: u32) -> Result<Self, ShardsError> {
        let mut ids: Vec<u32> = ids.into_iter().take(MOST + 1).collect();
        ids.sort_unstable();
        let (Some(&last), true) = (ids.last(), count > 0) else { return Err(ShardsError::Empty) };
        if ids.len() > MOST {
            return Err(ShardsError::TooMany);
        }
        if last >= count {
            return Err(ShardsError::Beyond { id: last, count });
        }
        match ids.iter().zip(ids.iter().skip(1)).find(|(one, next)| one == next) {
            Some((&id, _)) => Err(ShardsError::Twice(id)),
            None => Ok(Self { ids, count }),
        }
    }

    /// The shards of process `index`, from 0, where `processes` share `count` as evenly as can be.
    ///
    /// # Errors
    /// [`ShardsError::Process`] if there is no such process, and [`ShardsError`] if nothing is left for it or too much.
    pub fn process(index: u32, processes: u32, count: u32) -> Result<Self, ShardsError> {
        if index >= processes {
            return Err(ShardsError::Process { index, processes });
        }
        // Rounded up, so that where there are too few shards the last process is idle, not the first.
        let begin = |index: u32| {
            let shards = u64::from(count) * u64::from(index);
            u32::try_from(shards.div_ceil(u64::from(processes))).unwrap_or(count)
        };
        Self::range(begin(index)..begin(index + 1), count)
    }

    /// Returns how many shards the bot has in all processes.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Returns how many are this process's, at least one.
    #[must_use]
    pub fn size(&self) -> usize {
        self.ids.len()
    }

    /// Returns them by ascending ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ShardId> + '_ {
        self.ids.iter().map(|id| ShardId::new(*id, self.count))
    }

    /// Tells whether the shard with this id is this process's.
    #[must_use]
    pub fn contains(&self, id: u32) -> bool {
        self.position(id).is_some()
    }

    /// Returns the how-manieth of this process's shards has this id, from 0.
    #[must_use]
    pub fn position(&self, id: u32) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    /// Returns the shard to which the events of a guild go, whether it is this process's or not.
    ///
    /// What happens in no guild, as direct messages, goes to shard 0.
    #[must_use]
    pub fn shard_of(&self, guild: GuildId) -> ShardId {
        ShardId::new(guild.shard(self.count), self.count)
    }
}

/// Why there can be no such shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShardsError {
    /// An id is not below the number of shards.
    Beyond {
        /// The id.
        id: u32,
        /// The number of shards.
        count: u32,
    },
    /// There is not one.
    Empty,
    /// The number of the process is not below that of processes.
    Process {
        /// The number of the process.
        index: u32,
        /// The number of processes.
        processes: u32,
    },
    /// There are more than a process may have.
    TooMany,
    /// This id was given twice.
    Twice(u32),
}

impl fmt::Display for ShardsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beyond { id, count } => write!(f, "expected ids below {count}, got shard {id}"),
            Self::Empty => f.write_str("expected at least one shard"),
            Self::Process { index, processes } => {
                write!(f, "expected a process below {processes}, got {index}")
            }
            Self::TooMany => write!(f, "expected at most {MOST} shards in one process"),
            Self::Twice(id) => write!(f, "shard {id} is there twice"),
        }
    }
}

impl core::error::Error for ShardsError {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    fn ids(shards: &Shards) -> Vec<u32> {
        shards.iter().map(|shard| shard.id).collect()
    }

    #[test]
    fn shards_are_named_all_by_range_and_one_by_one() {
        assert_eq!(ids(&Shards::all(3).unwrap()), [0, 1, 2]);
        assert_eq!(ids(&Shards::range(4..7, 16).unwrap()), [4, 5, 6]);
        let some = Shards::ids([9, 2, 15], 16).unwrap();
        assert_eq!((ids(&some), some.count(), some.size()), (vec![2, 9, 15], 16, 3));
        assert_eq!((some.position(9), some.position(3)), (Some(1), None));
        assert!(some.contains(15) && !some.contains(0));
    }

    #[test]
    fn what_names_no_shards_is_told() {
        use ShardsError::{Beyond, Empty, Process, TooMany, Twice};
        let none = Range { start: 5, end: 2 };
        for (shards, error) in [
            (Shards::all(0), Empty),
            (Shards::range(3..3, 8), Empty),
            (Shards::range(none, 8), Empty),
            (Shards::ids([], 8), Empty),
            (Shards::range(6..9, 8), Beyond { id: 8, count: 8 }),
            (Shards::ids([0], 0), Empty),
            (Shards::range(0..u32::MAX, 8), Beyond { id: u32::MAX - 1, count: 8 }),
            (Shards::all(u32::MAX), TooMany),
            (Shards::ids(0.., 8), TooMany),
            (Shards::ids([3, 1, 3], 8), Twice(3)),
            (Shards::process(2, 2, 8), Process { index: 2, processes: 2 }),
            (Shards::process(0, 0, 8), Process { index: 0, processes: 0 }),
            (Shards::process(0, 1, 0), Empty),
        ] {
            assert_eq!(shards, Err(error), "{error}");
        }
        assert_eq!(Beyond { id: 8, count: 8 }.to_string(), "expected ids below 8, got shard 8");
    }

    #[test]
    fn processes_share_all_shards_as_evenly_as_can_be() {
        for count in [1, 7, 16, 100] {
            for processes in [1, 2, 3, 7, 16] {
                let parts = (0..processes).map(|index| Shards::process(index, processes, count));
                let parts: Vec<_> = parts.filter_map(Result::ok).map(|part| ids(&part)).collect();
                let all: Vec<u32> = parts.iter().flatten().copied().collect();
                assert_eq!(all, (0..count).collect::<Vec<_>>(), "{count} in {processes}");
                let sizes = parts.iter().map(Vec::len);
                let (least, most) = (sizes.clone().min().unwrap(), sizes.max().unwrap());
                assert!(most - least <= 1, "{count} in {processes}");
                let idle =
                    Shards::process(processes - 1, processes, count) == Err(ShardsError::Empty);
                assert_eq!(idle, count < processes, "{count} in {processes}");
            }
        }
        assert!(Shards::process(u32::MAX - 1, u32::MAX, u32::MAX).is_ok());
    }

    #[test]
    fn a_guild_leads_to_its_shard() {
        let shards = Shards::range(0..4, 16).unwrap();
        assert_eq!(shards.shard_of(GuildId(197_038_439_483_310_086)), ShardId::new(2, 16));
    }
}
