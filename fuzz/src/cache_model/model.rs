//! The cache a second time, plain and slow: rows in one map, and after each step whatever nothing refers to goes.

use std::collections::{BTreeMap, BTreeSet};

use gatewright_core::cache::Eviction;
use serde_json::{Map, Value};

use super::setup::{Policy, Setup};

/// The tables, by the names of their lists in a guild where they have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    Channel,
    Emoji,
    Event,
    Member,
    Presence,
    Role,
    Sound,
    Stage,
    Sticker,
    Thread,
    Voice,
    Invite,
    Dm,
    Me,
    Message,
    User,
    Guild,
}

/// The lists of a guild.
pub(super) const LISTS: [(&str, Table); 11] = [
    ("channels", Table::Channel),
    ("emojis", Table::Emoji),
    ("guild_scheduled_events", Table::Event),
    ("members", Table::Member),
    ("presences", Table::Presence),
    ("roles", Table::Role),
    ("soundboard_sounds", Table::Sound),
    ("stage_instances", Table::Stage),
    ("stickers", Table::Sticker),
    ("threads", Table::Thread),
    ("voice_states", Table::Voice),
];

/// What names a row: its table, its guild where that is part of the name, and its number.
pub(super) type Id = (Table, u64, u64);
pub(super) type Fields = Map<String, Value>;
/// What a row refers to, by the names of the fields.
pub(super) type References = BTreeMap<&'static str, Vec<Id>>;

#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// The guild, or the channel of a message.
    pub(super) owner: u64,
    pub(super) order: u64,
    pub(super) shown: bool,
    pub(super) stale: bool,
    pub(super) fields: Fields,
    pub(super) references: References,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Guild {
    pub(super) order: u64,
    pub(super) known: bool,
    pub(super) unavailable: bool,
    pub(super) awaited: bool,
    /// Whether all of it came, and it is in no outage.
    pub(super) told: bool,
    pub(super) stale: bool,
    pub(super) fields: Fields,
}

/// What becomes of fields that do not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    Go,
    /// They go, but for those that no object of the table carries.
    Carries,
    Stay,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) setup: Setup,
    pub(super) rows: BTreeMap<Id, Row>,
    pub(super) guilds: BTreeMap<u64, Guild>,
    pub(super) users: BTreeMap<u64, Fields>,
    /// The guild of each channel with messages; zero for none.
    pub(super) rooms: BTreeMap<u64, u64>,
    /// What an event at hand needs.
    pub(super) held: Vec<Id>,
    pub(super) own: Option<u64>,
    pub(super) began: bool,
    pub(super) cold: bool,
    /// Whether objects are read from their last member on.
    pub(super) reversed: bool,
    pub(super) answered: bool,
    /// The channel of a message that is read, and the guild it moves to.
    pub(super) moving: Option<(u64, u64)>,
    pub(super) clock: u64,
}

/// A row that was read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) id: Id,
    pub(super) owner: u64,
    pub(super) fields: Fields,
    /// No rows for a name take away what was there.
    pub(super) references: References,
    pub(super) absent: Absent,
    pub(super) listed: bool,
}

impl Model {
    pub(super) fn now(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    pub(super) fn keeps(&self, table: Table) -> bool {
        self.setup.has(table)
    }

    /// Returns the guild of a row, zero for none.
    pub(super) fn guild_of(&self, id: Id) -> u64 {
        let owner = self.rows.get(&id).map_or(0, |row| row.owner);
        if id.0 == Table::Message { self.rooms.get(&owner).copied().unwrap_or(0) } else { owner }
    }

    pub(super) fn is_shown(&self, id: Id) -> bool {
        self.rows.get(&id).is_some_and(|row| row.shown)
    }

    /// Makes a place for a guild.
    pub(super) fn place(&mut self, id: u64) {
        if !self.guilds.contains_key(&id) {
            let order = self.now();
            self.guilds.insert(id, Guild { order, ..Guild::default() });
        }
    }

    /// Returns the rows of a table and an owner that are shown, in their order.
    pub(super) fn listed(&self, table: Table, owner: Option<u64>) -> Vec<Id> {
        let rows = self.rows.iter().filter(|(id, row)| {
            id.0 == table && row.shown && owner.is_none_or(|owner| row.owner == owner)
        });
        let mut rows: Vec<_> = rows.map(|(id, row)| (row.order, *id)).collect();
        rows.sort_unstable();
        rows.into_iter().map(|(_, id)| id).collect()
    }

    /// Returns the guilds in the order they came.
    pub(super) fn guilds_in_order(&self) -> Vec<u64> {
        let mut guilds: Vec<_> = self.guilds.iter().map(|(id, guild)| (guild.order, *id)).collect();
        guilds.sort_unstable();
        guilds.into_iter().map(|(_, id)| id).collect()
    }

    /// Takes away what nothing refers to.
    pub(super) fn sweep(&mut self) {
        loop {
            let named: BTreeSet<Id> = self
                .rows
                .values()
                .flat_map(|row| row.references.values().flatten())
                .copied()
                .collect();
            let held = &self.held;
            let before = self.rows.len();
            self.rows.retain(|id, row| row.shown || named.contains(id) || held.contains(id));
            if self.rows.len() == before {
                self.users.retain(|user, _| {
                    let id = (Table::User, 0, *user);
                    named.contains(&id)
                        || held.contains(&id)
                        || self.rows.keys().any(|row| row.0 == Table::Member && row.2 == *user)
                });
                break;
            }
        }
        let (rows, held) = (&self.rows, &self.held);
        self.rooms.retain(|room, _| {
            let of_room = |(id, row): (&Id, &Row)| id.0 == Table::Message && row.owner == *room;
            rows.iter().any(of_room) || held.contains(&place_of_room(*room))
        });
        let rooms = &self.rooms;
        self.guilds.retain(|id, guild| {
            let of_guild = |(row, of): (&Id, &Row)| {
                !matches!(row.0, Table::Message | Table::Dm | Table::Me) && of.owner == *id
            };
            guild.known
                || guild.unavailable
                || guild.awaited
                || guild.told
                || held.contains(&(Table::Guild, 0, *id))
                || rooms.values().any(|guild| guild == id)
                || rows.iter().any(of_guild)
        });
    }

    /// Does something while a row cannot go.
    pub(super) fn holding<T>(&mut self, id: Id, act: impl FnOnce(&mut Self) -> T) -> T {
        self.held.push(id);
        let done = act(self);
        let at = self.held.iter().rposition(|held| *held == id);
        self.held.remove(at.expect("it was held"));
        self.sweep();
        done
    }

    /// Removes a row that is shown, and the member of somebody who leaves voice where those in voice are kept.
    pub(super) fn remove(&mut self, id: Id) {
        let Some(row) = self.rows.get_mut(&id).filter(|row| row.shown) else { return };
        (row.shown, row.stale) = (false, false);
        // One that is kept keeps none in turn.
        row.references.remove("referenced_message");
        if !matches!(id.0, Table::Emoji | Table::Member | Table::Message | Table::Sticker) {
            self.rows.remove(&id);
        }
        self.sweep();
        if id.0 == Table::Voice && self.setup.policy == Policy::InVoice {
            self.remove((Table::Member, id.1, id.2));
        }
    }

    pub(super) fn doubt(&mut self, table: Table, guild: u64) {
        for id in self.listed(table, Some(guild)) {
            self.mark_stale(id, true);
        }
    }

    pub(super) fn mark_stale(&mut self, id: Id, stale: bool) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.stale = stale;
        }
    }

    /// Removes the rows that did not come again, or ends the doubt in them.
    pub(super) fn settle(&mut self, table: Table, guild: u64, whole: bool) {
        for id in self.listed(table, Some(guild)) {
            if whole && self.rows.get(&id).is_some_and(|row| row.stale) {
                self.remove(id);
                if table == Table::Channel {
                    self.clear_threads(guild, id.2, true);
                    self.clear_where(Table::Invite, guild, "channel_id", id.2);
                    self.clear_room(id.2);
                }
            } else {
                self.mark_stale(id, false);
            }
        }
    }

    /// Makes room for one more row of a table; returns whether there is.
    fn make_room(&mut self, table: Table, owner: u64) -> bool {
        let (most, eviction) = self.setup.limit(table);
        while table == Table::Message
            && self.listed(table, Some(owner)).len() >= self.setup.per_channel
        {
            let Some(first) = self.listed(table, Some(owner)).first().copied() else {
                return false;
            };
            self.remove(first);
        }
        loop {
            let shown = match table {
                Table::Guild => self.guilds.values().filter(|guild| guild.known).count(),
                _ => self.listed(table, None).len(),
            };
            if shown < most {
                break;
            }
            let first = self.listed(table, Some(owner)).first().copied();
            let in_guild = !matches!(table, Table::Message | Table::Dm | Table::Me | Table::Guild);
            let stale = first.filter(|id| in_guild && self.rows[id].stale);
            let victim = stale.or_else(|| {
                let evicts = most > 0 && eviction != Eviction::Refuse;
                evicts.then(|| self.victim(table, owner, in_guild)).flatten()
            });
            let Some(victim) = victim else { return false };
            let guild = self.guild_of(victim);
            let is_stale = stale == Some(victim);
            if table == Table::Guild {
                self.holding(victim, |model| model.forget(victim.2));
                continue;
            }
            self.remove(victim);
            // One that is stale may come again.
            if table == Table::Channel && !is_stale {
                self.clear_channel(guild, victim.2);
            } else if table == Table::Thread && !is_stale {
                self.clear_room(victim.2);
            }
        }
        true
    }

    /// Returns the oldest row: of the same guild, or of the first that has one.
    fn victim(&self, table: Table, owner: u64, in_guild: bool) -> Option<Id> {
        if table == Table::Guild {
            let guild = self.guilds_in_order().into_iter().find(|id| self.guilds[id].known);
            return guild.map(|guild| (Table::Guild, 0, guild));
        }
        if !in_guild {
            return self.listed(table, None).first().copied();
        }
        let guilds = [owner].into_iter().chain(self.guilds_in_order());
        guilds.flat_map(|guild| self.listed(table, Some(guild)).first().copied()).next()
    }

    /// Stores a row that was read; returns its name if it is there.
    pub(super) fn store(&mut self, read: Read) -> Option<Id> {
        let id = read.id;
        if self.rows.get(&id).is_some_and(|row| row.owner != read.owner) {
            self.remove(id);
            if let Some(kept) = self.rows.get_mut(&id) {
                kept.owner = read.owner;
                self.sweep();
            }
        }
        if !self.rows.contains_key(&id) {
            if read.listed && !self.make_room(id.0, read.owner) {
                return None;
            }
            let row =
                Row { owner: read.owner, order: self.now(), shown: read.listed, ..Row::default() };
            self.rows.insert(id, row);
        }
        let now = self.now();
        let row = self.rows.get_mut(&id)?;
        if row.stale {
            (row.stale, row.order) = (false, now);
        }
        merge(id.0, row, read.fields, read.references, read.absent);
        if read.listed {
            self.show(id);
        }
        Some(id)
    }

    /// Shows a row that is there, if there may be one more.
    pub(super) fn show(&mut self, id: Id) {
        let Some(owner) = self.rows.get(&id).filter(|row| !row.shown).map(|row| row.owner) else {
            return;
        };
        self.holding(id, |model| {
            if model.make_room(id.0, owner) {
                let now = model.now();
                if let Some(row) = model.rows.get_mut(&id) {
                    (row.shown, row.order) = (true, now);
                }
            }
        });
    }

    /// Makes room for a guild before anything of it is read, unless it is away; tells whether there is.
    pub(super) fn admits(&mut self, id: u64, away: bool) -> bool {
        let known = self.guilds.get(&id).is_some_and(|guild| guild.known);
        known || !self.keeps(Table::Guild) || away || self.make_room(Table::Guild, 0)
    }

    /// Stores what is known of a guild.
    pub(super) fn store_guild(&mut self, id: u64, fields: Fields, absent: Absent) {
        let Some(guild) = self.guilds.get_mut(&id) else { return };
        merge_fields(Table::Guild, &mut guild.fields, fields, absent);
        let shows = !guild.known && self.make_room(Table::Guild, 0);
        if let Some(guild) = self.guilds.get_mut(&id).filter(|_| shows) {
            guild.known = true;
        }
    }

    /// Forgets a guild and all that belongs to it.
    pub(super) fn forget(&mut self, guild: u64) {
        for (_, table) in LISTS.into_iter().chain([("", Table::Invite)]) {
            for id in self.listed(table, Some(guild)) {
                self.remove(id);
            }
        }
        let rooms: Vec<u64> =
            self.rooms.iter().filter(|(_, of)| **of == guild).map(|(room, _)| *room).collect();
        rooms.into_iter().for_each(|room| self.clear_room(room));
        if let Some(guild) = self.guilds.get_mut(&guild) {
            *guild = Guild { order: guild.order, ..Guild::default() };
        }
    }

    pub(super) fn clear_room(&mut self, room: u64) {
        for id in self.listed(Table::Message, Some(room)) {
            self.remove(id);
        }
    }

    /// Removes the rows of a guild whose field of a name is an id.
    pub(super) fn clear_where(&mut self, table: Table, guild: u64, name: &str, id: u64) {
        for row in self.listed(table, Some(guild)) {
            if self.rows[&row].fields.get(name).and_then(number) == Some(id) {
                self.remove(row);
            }
        }
    }

    /// Changes a field of a row that is there.
    pub(super) fn patch(&mut self, id: Id, name: &str, value: Value) {
        if let Some(row) = self.rows.get_mut(&id) {
            let fields = Fields::from_iter([(name.to_owned(), value)]);
            merge_fields(id.0, &mut row.fields, fields, Absent::Stay);
        }
    }
}

/// Names a channel as the place of messages, to be held.
pub(super) const fn place_of_room(room: u64) -> Id {
    (Table::Guild, 1, room)
}

fn merge(table: Table, row: &mut Row, fields: Fields, references: References, absent: Absent) {
    merge_fields(table, &mut row.fields, fields, absent);
    if absent != Absent::Stay {
        row.references.clear();
    }
    row.references.extend(references);
}

/// Returns the fields that come by events of their own.
const fn carried(table: Table) -> &'static [&'static str] {
    match table {
        Table::Channel => &["last_pin_timestamp", "status", "voice_start_time"],
        Table::Event => &["user_count"],
        Table::Thread => &["member"],
        _ => &[],
    }
}

fn merge_fields(table: Table, old: &mut Fields, fields: Fields, absent: Absent) {
    match absent {
        Absent::Go => old.clear(),
        Absent::Carries => old.retain(|name, _| carried(table).contains(&name.as_str())),
        Absent::Stay => {}
    }
    for (name, value) in fields {
        if value.is_null() {
            old.remove(&name);
        } else {
            old.insert(name, value);
        }
    }
}

/// Reads an id or a number.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
