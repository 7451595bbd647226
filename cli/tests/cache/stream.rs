//! What the events of a stream say by themselves, to judge differences by.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What became of things that a stream tells of.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// Guilds that were left, and are not here again.
    pub(crate) left: BTreeSet<String>,
    /// Guilds that a later READY does not list, and that are not here again.
    pub(crate) unlisted: BTreeSet<String>,
    /// Channels and threads that were deleted.
    pub(crate) channels: BTreeSet<String>,
    pub(crate) roles: BTreeSet<String>,
    /// Members that left: guild and user.
    pub(crate) members: BTreeSet<(String, String)>,
    /// The lists of each guild that came empty, the last time they came.
    pub(crate) empty: BTreeSet<(String, String)>,
    /// Guilds of which rows came more than once.
    pub(crate) again: BTreeSet<String>,
    /// Members that an edited message tells of: guild and user.
    pub(crate) editors: BTreeSet<(String, String)>,
    /// Users that referenced messages tell of.
    pub(crate) quoted: BTreeSet<String>,
    /// Messages that an edit of another one tells of.
    pub(crate) requoted: BTreeSet<String>,
    /// How many members each guild has.
    pub(crate) counts: BTreeMap<String, u64>,
    /// The bot.
    pub(crate) me: String,
    guilds: BTreeMap<String, usize>,
}

impl Stream {
    pub(crate) fn read(text: &str) -> Self {
        let mut stream = Self::default();
        for line in text.lines() {
            let frame: Value = serde_json::from_str(line).unwrap();
            if frame["op"] == 0 {
                stream.hear(frame["t"].as_str().unwrap(), &frame["d"]);
            }
        }
        stream.again =
            stream.guilds.iter().filter(|(_, n)| **n > 1).map(|(id, _)| id.clone()).collect();
        stream
    }

    fn hear(&mut self, name: &str, d: &Value) {
        let id = text(&d["id"]);
        self.count(name, d);
        match name {
            "GUILD_CREATE" if d["unavailable"] != true => {
                self.left.remove(&id);
                self.unlisted.remove(&id);
                *self.guilds.entry(id.clone()).or_default() += 1;
                self.hear_lists(&id, d);
            }
            "READY" => {
                self.me = text(&d["user"]["id"]);
                let listed: BTreeSet<_> = d["guilds"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|guild| text(&guild["id"]))
                    .collect();
                self.unlisted
                    .extend(self.guilds.keys().filter(|id| !listed.contains(*id)).cloned());
            }
            "GUILD_UPDATE" => self.hear_lists(&id, d),
            "GUILD_DELETE" if d["unavailable"] != true => drop(self.left.insert(id)),
            "CHANNEL_DELETE" | "THREAD_DELETE" => drop(self.channels.insert(id)),
            "THREAD_MEMBERS_UPDATE" if d["removed_member_ids"].is_array() => {
                self.channels.insert(id);
            }
            "GUILD_ROLE_DELETE" => drop(self.roles.insert(text(&d["role_id"]))),
            "GUILD_MEMBER_REMOVE" => {
                self.members.insert((text(&d["guild_id"]), text(&d["user"]["id"])));
            }
            "GUILD_MEMBERS_CHUNK" => {
                *self.guilds.entry(text(&d["guild_id"])).or_default() += 1;
            }
            "MESSAGE_CREATE" => self.hear_users(&d["referenced_message"]),
            "MESSAGE_UPDATE" => {
                self.requoted.insert(text(&d["referenced_message"]["id"]));
                self.editors.insert((text(&d["guild_id"]), text(&d["author"]["id"])));
                self.hear_users(&d["referenced_message"]);
            }
            _ => {}
        }
    }

    fn count(&mut self, name: &str, d: &Value) {
        let guild = if name.starts_with("GUILD_MEMBER_") { &d["guild_id"] } else { &d["id"] };
        let count = self.counts.entry(text(guild)).or_default();
        match name {
            "GUILD_CREATE" | "GUILD_UPDATE" => {
                *count = d["member_count"].as_u64().unwrap_or(*count)
            }
            "GUILD_MEMBER_ADD" => *count += 1,
            "GUILD_MEMBER_REMOVE" => *count = count.saturating_sub(1),
            _ => {}
        }
    }

    fn hear_lists(&mut self, guild: &str, d: &Value) {
        for (name, list) in d.as_object().unwrap() {
            let key = (guild.to_owned(), name.clone());
            match list.as_array() {
                Some(list) if list.is_empty() => drop(self.empty.insert(key)),
                Some(_) => drop(self.empty.remove(&key)),
                None => {}
            }
        }
    }

    fn hear_users(&mut self, quoted: &Value) {
        let mentions = quoted["mentions"].as_array().into_iter().flatten();
        let users = mentions.chain([&quoted["author"]]);
        self.quoted.extend(users.map(|user| text(&user["id"])));
    }
}

/// Returns a text, or the empty one.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
