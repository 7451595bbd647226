//! Room for rows: limits, and what goes when they are reached.

use super::super::family::Memory;
use super::super::kind::{Kind, Links, Mark, NONE, Place, Root};
use super::super::records::Hand;
use super::super::rows::Witness;
use super::super::settings::{Eviction, Limit};
use super::super::statistics::count;
use super::Reader;
use crate::decode::packed::Unpacked;

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Makes room for one more row in the table of its kind.
    pub(in super::super) fn make_room(&mut self, kind: Kind, owner: u32) -> Result<(), Unpacked> {
        if matches!(kind, Kind::User | Kind::Room) {
            return Ok(());
        }
        if kind == Kind::Message {
            self.make_room_in_channel(owner)?;
        }
        let Limit { rows, eviction } = self.settings.limits.of(kind);
        while self.shown(kind) >= rows {
            if self.remove_stale(kind, owner) {
                continue;
            }
            let victim = if rows == 0 { None } else { self.victim(kind, owner, eviction) };
            self.evict(victim.ok_or(Unpacked::Full)?);
        }
        Ok(())
    }

    /// Makes room for one more message in a channel, which may be all the room there has to be.
    fn make_room_in_channel(&mut self, room: u32) -> Result<(), Unpacked> {
        let place = Place::In(room, 0);
        while self.records.list(place).len >= self.settings.max_messages_per_channel {
            let victim = self.first(place);
            self.evict(victim.ok_or(Unpacked::Full)?);
            count(&mut self.records.tallies.evicted_in_channel);
        }
        Ok(())
    }

    /// Removes a row that is in doubt before it is known whether it comes again; returns whether there was one.
    ///
    /// Rows that came again stand behind those that did not.
    pub(super) fn remove_stale(&mut self, kind: Kind, owner: u32) -> bool {
        let first = kind.list().filter(|_| owner != NONE);
        let first = first.and_then(|list| self.first(Place::In(owner, list)));
        let stale = first.filter(|row| self.records.is(*row, Mark::Stale));
        stale.map(|row| self.remove(row)).is_some()
    }

    /// Returns how many rows of a kind views show.
    fn shown(&self, kind: Kind) -> u32 {
        if kind != Kind::Guild {
            return self.records.listed(kind);
        }
        self.records.known_guilds
    }

    /// Removes a row to make room for another.
    fn evict(&mut self, row: u32) {
        let kind = self.records.kind(row);
        self.losses.evicted += 1;
        self.records.count_lost(kind, |tally| &mut tally.evicted);
        // The messages of a direct channel do not take its place.
        if matches!(kind, Kind::Channel | Kind::Guild | Kind::Thread) {
            self.remove_with_content(row);
        } else {
            self.remove(row);
        }
    }

    /// Finds the row that is to go.
    #[inline(never)]
    fn victim(&mut self, kind: Kind, owner: u32, eviction: Eviction) -> Option<u32> {
        if let Some(list) = kind.list().filter(|_| eviction == Eviction::LeastRecentlyUsed) {
            return self.not_looked_up(kind, list);
        }
        let (place, links) = self.place_of_victims(kind, owner)?;
        let mut row = self.first(place)?;
        if eviction == Eviction::Refuse {
            return None;
        }
        // Guilds of which only the id is known are passed over; they are no more than there are guilds.
        while kind == Kind::Guild && !self.records.is_shown(row) {
            row = Some(self.records.next(row, links)).filter(|row| *row != NONE)?;
        }
        if eviction == Eviction::LeastRecentlyUsed {
            for _ in 0..self.records.list(place).len {
                if !self.records.take_touched(row) && self.records.is_shown(row) {
                    break;
                }
                self.records.move_to_end(row);
                row = self.first(place)?;
            }
        }
        Some(row)
    }

    /// Finds the next row that was not looked up since it was last passed, guild by guild; where all were, it is the
    /// first that was passed.
    fn not_looked_up(&mut self, kind: Kind, list: u8) -> Option<u32> {
        let at = kind as usize;
        let mut hand = *self.records.hands.get(at)?;
        for _ in 0..=self.records.listed(kind) {
            // Some that it had left may have gone, or all with their guild.
            hand.left = hand.left.min(self.len_in(hand.guild, list));
            if hand.left == 0 {
                let guild = self.guild_behind(hand.guild, list)?;
                hand = Hand { guild, left: self.records.list(Place::In(guild, list)).len };
            }
            hand.left -= 1;
            let row = self.first(Place::In(hand.guild, list))?;
            if !self.records.take_touched(row) {
                *self.records.hands.get_mut(at)? = hand;
                return Some(row);
            }
            self.records.move_to_end(row);
        }
        None
    }

    /// Returns the next guild that has rows in a list, from the first again behind the last.
    fn guild_behind(&self, guild: u32, list: u8) -> Option<u32> {
        let has = |guild: &u32| self.len_in(*guild, list) > 0;
        let next = self.is_guild(guild).then(|| self.records.next(guild, Links::OWNED));
        let behind = self.guilds_from(next.filter(|next| *next != NONE)).find(has);
        behind.or_else(|| self.guilds().find(has))
    }

    /// Returns how many rows a guild has in a list; none if it is not there.
    fn len_in(&self, guild: u32, list: u8) -> u32 {
        if self.is_guild(guild) { self.records.list(Place::In(guild, list)).len } else { 0 }
    }

    fn is_guild(&self, row: u32) -> bool {
        let records = &self.records;
        row < records.slots() && records.is_row(row) && records.kind(row) == Kind::Guild
    }

    /// Returns the list a row is taken from: of the same guild, or of the first that has one.
    fn place_of_victims(&self, kind: Kind, owner: u32) -> Option<(Place, Links)> {
        if kind == Kind::Message {
            return Some((Place::Root(Root::Messages), Links::AGE));
        }
        let place = if let Some(list) = kind.list() {
            let has = |guild: &u32| self.records.list(Place::In(*guild, list)).len > 0;
            Place::In(Some(owner).filter(has).or_else(|| self.guilds().find(has))?, list)
        } else {
            Place::Root(if kind == Kind::Guild { Root::Guilds } else { Root::DmChannels })
        };
        Some((place, Links::OWNED))
    }

    /// Goes through the guilds, known or not.
    fn guilds(&self) -> impl Iterator<Item = u32> {
        self.guilds_from(self.first(Place::Root(Root::Guilds)))
    }

    /// Goes through the guilds from one on.
    fn guilds_from(&self, first: Option<u32>) -> impl Iterator<Item = u32> {
        core::iter::successors(first, |guild| {
            Some(self.records.next(*guild, Links::OWNED)).filter(|next| *next != NONE)
        })
    }
}
