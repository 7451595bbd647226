//! What is known of the rows beside the rows themselves.

use super::super::kind::NONE;

/// What is known of the session that the rows are of.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Session {
    /// The id of the bot's own user, whether it has a row or not.
    pub(in super::super) own: Option<u64>,
    /// How many guilds were announced and did not come yet.
    pub(in super::super) awaited: u32,
    /// Whether its beginning was seen, or what it left to a snapshot.
    pub(in super::super) began: bool,
    /// How many beginnings were seen.
    pub(in super::super) readies: u32,
    /// Whether it was resumed and its beginning was not seen.
    pub(in super::super) cold: bool,
    /// The sequence number of the latest event that was applied, zero for none.
    pub(in super::super) seq: u64,
}

impl Session {
    pub(super) const NEW: Self =
        Self { own: None, awaited: 0, began: false, readies: 0, cold: false, seq: 0 };
}

/// How far eviction went through the rows of a table that stand in lists of guilds.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Hand {
    /// The guild it is at; another row or none if that is gone.
    pub(in super::super) guild: u32,
    /// How many rows it has left to pass there.
    pub(in super::super) left: u32,
}

impl Hand {
    pub(super) const START: Self = Self { guild: NONE, left: 0 };
}
