//! How the model reads objects into rows.

use serde_json::Value;

use super::model::{Absent, Fields, Id, Model, Read, References, Table, number};
use super::setup::{Policy, wanted};
use gatewright_core::{GuildId, UserId};

/// Which members of an object are fields of a row; all others name rows, or nothing.
const fn fields(table: Table) -> &'static [&'static str] {
    match table {
        Table::Channel => &[
            "flags",
            "last_pin_timestamp",
            "name",
            "parent_id",
            "status",
            "type",
            "voice_start_time",
        ],
        Table::Dm => &["channel_id", "user_id"],
        Table::Emoji | Table::Sound | Table::Sticker => &["name"],
        Table::Event => &["channel_id", "name", "user_count"],
        Table::Guild => &["member_count", "name", "owner_id"],
        Table::Invite => &["channel_id", "code", "uses"],
        Table::Me | Table::User => &["avatar", "username"],
        Table::Member => &["nick", "roles"],
        Table::Message => {
            &["channel_id", "content", "pinned", "reactions", "sticker_items", "webhook_id"]
        }
        Table::Presence => &["activities", "status"],
        Table::Role => &["name", "position"],
        Table::Stage => &["channel_id", "topic"],
        Table::Thread => {
            &["last_pin_timestamp", "member", "member_count", "name", "parent_id", "type"]
        }
        Table::Voice => &["channel_id", "deaf", "session_id"],
    }
}

/// Returns what of an object is kept as it is.
pub(super) fn kept(table: Table, object: &Value) -> Fields {
    let members = object.as_object().into_iter().flatten();
    let kept = members.filter(|(name, _)| fields(table).contains(&name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Returns the members of an object in the order they are sent.
pub(super) fn members(object: &Value, reversed: bool) -> Vec<(&str, &Value)> {
    let members = object.as_object().into_iter().flatten();
    let mut members: Vec<_> = members.map(|(name, value)| (name.as_str(), value)).collect();
    if reversed {
        members.reverse();
    }
    members
}

pub(super) fn id_in(object: &Value, name: &str) -> Option<u64> {
    object.get(name).and_then(number)
}

fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

impl Model {
    /// Reads an object as a row of a guild, as far as such rows are kept.
    pub(super) fn row(
        &mut self,
        table: Table,
        guild: u64,
        object: &Value,
        absent: Absent,
    ) -> Option<Id> {
        if table == Table::Member && !self.keeps_all_members() {
            return self.some_member(guild, object, absent);
        }
        if !self.keeps(table) {
            return None;
        }
        self.read(table, guild, object, absent, true)
    }

    pub(super) fn keeps_all_members(&self) -> bool {
        self.keeps(Table::Member) && self.setup.policy == Policy::All
    }

    /// Reads a member where not all are kept; one that is in voice is kept for its voice state.
    fn some_member(&mut self, guild: u64, object: &Value, absent: Absent) -> Option<Id> {
        let user = id_in(&object["user"], "id")?;
        let listed = self.keeps(Table::Member) && self.wants(guild, object);
        let state = (Table::Voice, guild, user);
        let in_voice = self.is_in_voice(guild, user);
        if !listed && !in_voice {
            return None;
        }
        let member = self.read(Table::Member, guild, object, absent, listed)?;
        if let Some(row) = self.rows.get_mut(&state).filter(|_| in_voice)
            && row.references.get("member").is_none_or(Vec::is_empty)
        {
            row.references.insert("member", vec![member]);
        }
        self.sweep();
        Some(member)
    }

    /// Tells whether somebody is in voice, as far as a guild that came again did not leave that out.
    fn is_in_voice(&self, guild: u64, user: u64) -> bool {
        let state = (Table::Voice, guild, user);
        self.is_shown(state) && !self.rows[&state].stale
    }

    fn wants(&self, guild: u64, member: &Value) -> bool {
        let user = id_in(&member["user"], "id").unwrap_or(0);
        match self.setup.policy {
            Policy::All => true,
            Policy::If => wanted(GuildId(guild), UserId(user)),
            Policy::InVoice => self.is_in_voice(guild, user),
            Policy::Own => self.own == Some(user),
        }
    }

    /// Reads a list of rows of a guild.
    pub(super) fn list(&mut self, table: Table, guild: u64, list: Option<&Value>) {
        for object in items(list) {
            self.row(table, guild, object, Absent::Go);
        }
    }

    fn read(
        &mut self,
        table: Table,
        guild: u64,
        object: &Value,
        absent: Absent,
        listed: bool,
    ) -> Option<Id> {
        let held = self.held.len();
        let stored = self.read_held(table, guild, object, absent, listed);
        self.held.truncate(held);
        if listed {
            self.sweep();
        }
        stored
    }

    fn read_held(
        &mut self,
        table: Table,
        guild: u64,
        object: &Value,
        absent: Absent,
        listed: bool,
    ) -> Option<Id> {
        let mut references = References::new();
        for (name, value) in members(object, self.reversed) {
            match (table, name) {
                (Table::Emoji | Table::Sound | Table::Sticker, "user")
                | (Table::Invite, "inviter" | "target_user")
                | (Table::Event, "creator") => {
                    references.insert(static_name(name), self.user(value).into_iter().collect());
                }
                (Table::Member, "user") => drop(self.user(value)),
                (Table::Voice, "member") => {
                    references.insert("member", self.member(guild, value).into_iter().collect());
                }
                _ => {}
            }
        }
        let (id, gone) = match table {
            Table::Member => ((table, guild, id_in(&object["user"], "id")?), false),
            Table::Presence => {
                ((table, guild, id_in(&object["user"], "id")?), object["status"] == "offline")
            }
            Table::Voice => {
                ((table, guild, id_in(object, "user_id")?), object["channel_id"].is_null())
            }
            Table::Sound => ((table, 0, id_in(object, "sound_id")?), false),
            Table::Invite => ((table, 0, code(object)), false),
            _ => ((table, 0, id_in(object, "id")?), false),
        };
        if gone {
            self.remove(id);
            return None;
        }
        self.imply(id, object, &mut references);
        let fields = kept(table, object);
        let stored = self.store(Read { id, owner: guild, fields, references, absent, listed })?;
        self.list_member(stored);
        Some(stored)
    }

    /// Adds the references that an object only implies.
    fn imply(&mut self, id: Id, object: &Value, references: &mut References) {
        let member = (Table::Member, id.1, id.2);
        if id.0 == Table::Voice && object.get("member").is_none() && self.rows.contains_key(&member)
        {
            self.held.push(member);
            references.insert("member", vec![member]);
        }
        let (list, name, within) = match id.0 {
            Table::Presence => ("activities", "emojis", true),
            Table::Message => ("sticker_items", "stickers", false),
            _ => return,
        };
        if object.get(list).is_none() {
            return;
        }
        let table = if within { Table::Emoji } else { Table::Sticker };
        let ids = items(object.get(list)).filter_map(|item| {
            let item = if within { &item["emoji"] } else { item };
            Some((table, 0, id_in(item, "id")?))
        });
        let ids: Vec<Id> = ids.filter(|id| self.rows.contains_key(id)).collect();
        self.held.extend(&ids);
        references.insert(name, ids);
    }

    /// Shows the member of a voice state where those in voice are kept.
    fn list_member(&mut self, state: Id) {
        let member = (Table::Member, state.1, state.2);
        if state.0 != Table::Voice
            || self.setup.policy != Policy::InVoice
            || !self.keeps(Table::Member)
        {
            return;
        }
        let refers = |row: &super::model::Row| {
            row.references.get("member").is_some_and(|of| of[..] == [member])
        };
        if self.rows.get(&state).is_some_and(refers) {
            self.show(member);
        }
    }

    /// Reads a user and holds it.
    pub(super) fn user(&mut self, object: &Value) -> Option<Id> {
        let id = id_in(object, "id")?;
        let user = self.users.entry(id).or_default();
        for (name, value) in kept(Table::User, object) {
            if value.is_null() {
                user.remove(&name);
            } else {
                user.insert(name, value);
            }
        }
        self.held.push((Table::User, 0, id));
        Some((Table::User, 0, id))
    }

    /// Reads a member that something refers to, and holds it.
    fn member(&mut self, guild: u64, object: &Value) -> Option<Id> {
        object.as_object()?;
        let member = self.read(Table::Member, guild, object, Absent::Stay, false)?;
        self.held.push(member);
        Some(member)
    }

    /// Reads a message of a channel.
    pub(super) fn message(&mut self, room: u64, object: &Value, absent: Absent, listed: bool) {
        let held = self.held.len();
        self.message_held(room, object, absent, listed);
        self.held.truncate(held);
        self.sweep();
    }

    fn message_held(
        &mut self,
        room: u64,
        object: &Value,
        absent: Absent,
        listed: bool,
    ) -> Option<()> {
        let mut references = References::new();
        for (name, value) in members(object, self.reversed) {
            match name {
                "author" => {
                    drop(references.insert("author", self.user(value).into_iter().collect()))
                }
                "mentions" => {
                    let mut users = Vec::new();
                    for user in items(Some(value)) {
                        users.extend(self.user(user));
                    }
                    references.insert("mentions", users);
                }
                _ => {}
            }
        }
        // Who is in the message stays; what it answers may go, as its channel moves to another guild.
        if let Some((room, guild)) = self.moving.take() {
            self.clear_room(room);
            self.rooms.insert(room, guild);
        }
        if let Some(answered) = object.get("referenced_message") {
            self.answer(answered, &mut references);
        }
        let guild = self.rooms.get(&room).copied().unwrap_or(0);
        let author = references.get("author").and_then(|author| author.first().copied());
        if let Some(author) = author.filter(|_| guild != 0 && object["member"].is_object()) {
            let id = (Table::Member, guild, author.2);
            let fields = kept(Table::Member, &object["member"]);
            let (references_of, absent) = (References::new(), Absent::Stay);
            let read =
                Read { id, owner: guild, fields, references: references_of, absent, listed: false };
            let member = self.store(read)?;
            self.held.push(member);
            references.insert("member", vec![member]);
        }
        let id = (Table::Message, 0, id_in(object, "id")?);
        if let Some(answered) = references.get_mut("referenced_message") {
            let kept = !listed && self.rows.get(&id).is_some_and(|row| !row.shown);
            answered.retain(|answered| answered.2 < id.2 && !kept);
        }
        self.imply(id, object, &mut references);
        let fields = kept(Table::Message, object);
        self.store(Read { id, owner: room, fields, references, absent, listed })?;
        Some(())
    }

    /// Refers to the message that is answered, and brings it up to date.
    fn answer(&mut self, object: &Value, references: &mut References) {
        if self.answered || object.is_null() {
            return;
        }
        let id = (Table::Message, 0, id_in(object, "id").unwrap_or(0));
        let found = self.rows.get(&id).map(|row| row.owner);
        if let Some(room) = found {
            self.held.push(id);
            self.answered = true;
            self.message(room, object, Absent::Stay, false);
            self.answered = false;
        }
        references.insert("referenced_message", found.map(|_| id).into_iter().collect());
    }
}

/// Returns the number of an invite: the codes are letters.
pub(super) fn code(object: &Value) -> u64 {
    object["code"].as_str().and_then(|code| code.bytes().next()).unwrap_or(0).into()
}

fn static_name(name: &str) -> &'static str {
    ["creator", "inviter", "target_user", "user"]
        .into_iter()
        .find(|known| *known == name)
        .unwrap_or("user")
}
