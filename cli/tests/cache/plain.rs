//! A plain cache: what the payloads of a stream say by the rules of `core/CACHE.md`, and why what went is gone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::parity::members;

/// The tables of what a guild has, by their names in dumps and in payloads.
const OF_GUILD: [(&str, &str); 8] = [
    ("roles", "roles"),
    ("emojis", "emojis"),
    ("stickers", "stickers"),
    ("channels", "channels"),
    ("threads", "threads"),
    ("members", "members"),
    ("presences", "presences"),
    ("voice_states", "voice_states"),
];

/// Why a row is there no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// Its guild was left.
    Left,
    /// A new session did not list its guild.
    Unlisted,
    /// Its list came empty.
    Emptied,
    /// Its channel went, or the bot was taken out of its thread.
    Channel,
    /// It was somebody's who left.
    Member,
    /// An event or a call removed it.
    Removed,
}

/// A row, with its fields as they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) guild: String,
    /// The id; in tables of guild and user, the user; or a code.
    pub(crate) key: String,
    pub(crate) fields: Map<String, Value>,
}

#[derive(Debug, Default)]
pub(crate) struct Table {
    /// What is there, in its order.
    pub(crate) rows: Vec<Row>,
    /// What is there for others only.
    pub(crate) kept: Vec<Row>,
}

/// What is kept.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) components: BTreeSet<String>,
    pub(crate) only_my_member: bool,
    pub(crate) max_messages: usize,
    pub(crate) max_dm_channel_ids: usize,
}

/// The cache.
#[derive(Debug)]
pub(crate) struct Plain {
    settings: Settings,
    pub(crate) my_id: String,
    pub(crate) me: Option<Map<String, Value>>,
    /// Guilds in the order they were heard of, known or not.
    places: Vec<String>,
    /// Guilds that are not available, known or not.
    pub(crate) unavailable: BTreeSet<String>,
    tables: BTreeMap<&'static str, Table>,
    /// Table, guild and key of what is gone.
    gone: BTreeMap<[String; 3], Gone>,
    /// Members that an edited message told of: guild and user.
    pub(crate) edited: BTreeSet<(String, String)>,
    /// Users of members that were updated.
    pub(crate) updated: BTreeSet<String>,
    /// Guilds that some session did not list.
    pub(crate) unlisted: BTreeSet<String>,
    /// Members whom a voice state told of that says that they are in none: guild and user.
    pub(crate) hung_up: BTreeSet<(String, String)>,
    /// Users that answered messages told of.
    pub(crate) quoted: BTreeSet<String>,
    /// Messages that others told of when these were edited.
    pub(crate) requoted: BTreeSet<String>,
    /// Users of whom an edit of a message told last that is gone.
    pub(crate) unheard: BTreeSet<String>,
    /// Messages whose list came empty with an edit: message and field.
    pub(crate) emptied: BTreeSet<(String, String)>,
    /// Messages whose reactions changed.
    pub(crate) reacted: BTreeSet<String>,
    /// Threads whose members were counted, or of which the bot is a member for another reason than its object.
    pub(crate) joined: BTreeSet<String>,
    /// Members that came while they were kept for others or were referred to, so that they have another place than
    /// those that came with them: guild and user.
    pub(crate) placed: BTreeSet<(String, String)>,
    /// Rows that went with an empty list or with their member, whether they came again or not: guild and key.
    pub(crate) cleared: BTreeSet<(String, String)>,
}

impl Settings {
    pub(crate) fn read(flags: &str) -> Self {
        const ALL: [&str; 13] = [
            "GUILDS",
            "GUILD_CHANNELS",
            "MEMBERS",
            "ROLES",
            "INVITES",
            "EMOJIS",
            "PRESENCES",
            "VOICE_STATES",
            "MESSAGES",
            "ME",
            "DM_CHANNEL_IDS",
            "GUILD_STICKERS",
            "GUILD_THREADS",
        ];
        let words: Vec<_> = flags.split_whitespace().collect();
        let after = |flag: &str| {
            words.iter().position(|word| *word == flag).and_then(|at| words.get(at + 1)).copied()
        };
        let mut components = BTreeSet::new();
        for name in after("--components").unwrap_or("ALL").split(',') {
            match name.strip_prefix('-') {
                Some(name) => drop(components.remove(name)),
                None if name == "ALL" => components.extend(ALL.map(str::to_owned)),
                None => drop(components.insert(name.to_owned())),
            }
        }
        let number = |flag, default| after(flag).map_or(default, |n| n.parse().unwrap());
        Self {
            components,
            only_my_member: words.contains(&"--only-my-member"),
            max_messages: number("--max-messages", 300),
            max_dm_channel_ids: number("--max-dm-channel-ids", 50),
        }
    }

    pub(crate) fn keeps(&self, table: &str) -> bool {
        let name = match table {
            "channels" => "GUILD_CHANNELS",
            "threads" => "GUILD_THREADS",
            "stickers" => "GUILD_STICKERS",
            _ => &table.to_uppercase(),
        };
        self.components.contains(name)
    }
}

impl Table {
    pub(crate) fn row(&self, guild: &str, key: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.is(guild, key))
    }

    /// Returns a row, also one that is kept for others.
    pub(crate) fn any(&self, guild: &str, key: &str) -> Option<&Row> {
        self.row(guild, key).or_else(|| self.kept.iter().find(|row| row.is(guild, key)))
    }

    fn any_mut(&mut self, guild: &str, key: &str) -> Option<&mut Row> {
        self.rows.iter_mut().chain(&mut self.kept).find(|row| row.is(guild, key))
    }
}

impl Row {
    /// Tells whether it has a key; rows of no guild in particular are found by their keys alone.
    fn is(&self, guild: &str, key: &str) -> bool {
        self.key == key && (guild.is_empty() || self.guild == guild)
    }

    pub(crate) fn get(&self, field: &str) -> &Value {
        self.fields.get(field).unwrap_or(&Value::Null)
    }
}

impl Plain {
    /// Replays a stream.
    pub(crate) fn read(stream: &str, flags: &str) -> Self {
        let mut plain = Self {
            settings: Settings::read(flags),
            my_id: String::new(),
            me: None,
            places: Vec::new(),
            unavailable: BTreeSet::new(),
            tables: BTreeMap::new(),
            gone: BTreeMap::new(),
            edited: BTreeSet::new(),
            updated: BTreeSet::new(),
            unlisted: BTreeSet::new(),
            hung_up: BTreeSet::new(),
            quoted: BTreeSet::new(),
            requoted: BTreeSet::new(),
            unheard: BTreeSet::new(),
            emptied: BTreeSet::new(),
            reacted: BTreeSet::new(),
            joined: BTreeSet::new(),
            placed: BTreeSet::new(),
            cleared: BTreeSet::new(),
        };
        for line in stream.lines() {
            let frame: Value = serde_json::from_str(line).unwrap();
            if let Some(call) = frame["call"].as_str() {
                plain.call(call, &frame["args"]);
            } else if frame["op"] == 0 {
                plain.hear(frame["t"].as_str().unwrap(), &frame["d"]);
            }
            plain.sweep();
        }
        plain
    }

    pub(crate) fn table(&self, name: &str) -> &Table {
        const EMPTY: &Table = &Table { rows: Vec::new(), kept: Vec::new() };
        self.tables.get(name).unwrap_or(EMPTY)
    }

    pub(crate) fn why(&self, table: &str, guild: &str, key: &str) -> Option<Gone> {
        self.gone.get(&[table, guild, key].map(str::to_owned)).copied()
    }

    pub(crate) fn keeps(&self, table: &str) -> bool {
        self.settings.keeps(table)
    }

    pub(crate) const fn most_messages(&self) -> usize {
        self.settings.max_messages
    }

    /// Returns the rows of a table guild by guild, in the order of their guilds.
    pub(crate) fn order(&self, table: &str) -> Vec<&Row> {
        let rows = &self.table(table).rows;
        if table == "messages" || table == "dm_channel_ids" {
            return rows.iter().collect();
        }
        if table == "guilds" {
            return self
                .places
                .iter()
                .filter_map(|guild| self.table(table).row("", guild))
                .collect();
        }
        let of_guild = |guild: &'_ String| {
            let guild = guild.clone();
            rows.iter().filter(move |row| row.guild == guild)
        };
        self.places.iter().flat_map(of_guild).collect()
    }

    fn table_mut(&mut self, name: &'static str) -> &mut Table {
        self.tables.entry(name).or_default()
    }

    fn place(&mut self, guild: &str) {
        if !guild.is_empty() && !self.places.iter().any(|place| place == guild) {
            self.places.push(guild.to_owned());
        }
    }

    /// Stores a row, in place of the one there may be or, if `patch`, over it.
    fn store(
        &mut self,
        table: &'static str,
        guild: &str,
        key: &str,
        fields: &Value,
        patch: bool,
    ) -> &mut Row {
        self.place(guild);
        self.gone.remove(&[table, guild, key].map(str::to_owned));
        let of = if ["members", "presences", "voice_states"].contains(&table) { guild } else { "" };
        let rows = self.table_mut(table);
        if let Some(at) = rows.kept.iter().position(|row| row.is(of, key)) {
            let row = rows.kept.remove(at);
            rows.rows.push(row);
            self.placed.insert((guild.to_owned(), key.to_owned()));
        }
        let rows = self.table_mut(table);
        let at = rows.rows.iter().position(|row| row.is(of, key)).unwrap_or_else(|| {
            rows.rows.push(Row { key: key.to_owned(), ..Row::default() });
            rows.rows.len() - 1
        });
        let row = &mut rows.rows[at];
        guild.clone_into(&mut row.guild);
        if !patch {
            row.fields.clear();
        }
        row.merge(fields);
        row
    }

    /// Removes a row; members and messages stay for those that refer to them, and `sweep` sees to it that they do not
    /// stay longer.
    fn remove(&mut self, table: &'static str, guild: &str, key: &str, why: Gone) {
        let rows = self.table_mut(table);
        let Some(at) = rows.rows.iter().position(|row| row.is(guild, key)) else { return };
        let mut row = rows.rows.remove(at);
        let name = [table, &row.guild, &row.key].map(str::to_owned);
        if table == "messages" {
            // It answers none as long as it is kept.
            row.fields.remove("referenced_message");
            // Hikari may keep it, and its member, for longer.
            if row.get("member") == true {
                self.placed.insert((row.guild.clone(), text(row.get("author"))));
            }
        }
        let rows = self.table_mut(table);
        if ["members", "messages"].contains(&table) {
            rows.kept.push(row);
        }
        self.gone.insert(name, why);
    }

    fn remove_where(&mut self, table: &'static str, why: Gone, goes: impl Fn(&Row) -> bool) {
        let found = self.table(table).rows.iter().filter(|row| goes(row));
        let found: Vec<_> = found.map(|row| (row.guild.clone(), row.key.clone())).collect();
        for (guild, key) in found {
            self.remove(table, &guild, &key, why);
        }
    }

    /// Removes what nothing refers to: messages, then members, then users, then places of guilds.
    fn sweep(&mut self) {
        let answered: BTreeSet<_> = self
            .table("messages")
            .rows
            .iter()
            .map(|row| text(row.get("referenced_message")))
            .collect();
        self.table_mut("messages").kept.retain(|row| answered.contains(&row.key));
        let wanted = self.members_referred();
        let kept = &mut self.table_mut("members").kept;
        kept.retain(|row| wanted.contains(&(row.guild.clone(), row.key.clone())));
        let users = self.users_referred();
        self.table_mut("users").rows.retain(|row| users.contains(&row.key));
        let held = self.tables.values().flat_map(|table| table.rows.iter().chain(&table.kept));
        let held: BTreeSet<_> = held.map(|row| row.guild.clone()).collect();
        let known: BTreeSet<_> =
            self.table("guilds").rows.iter().map(|row| row.key.clone()).collect();
        let unavailable = &self.unavailable;
        self.places.retain(|guild| {
            held.contains(guild) || known.contains(guild) || unavailable.contains(guild)
        });
    }

    /// Returns the members that messages and voice states refer to: guild and user.
    fn members_referred(&self) -> BTreeSet<(String, String)> {
        let messages = self.table("messages");
        let mut wanted = BTreeSet::new();
        for row in messages.rows.iter().chain(&messages.kept) {
            if row.get("member") == true {
                wanted.insert((row.guild.clone(), text(row.get("author"))));
            }
        }
        for row in &self.table("voice_states").rows {
            if row.get("member") == true {
                wanted.insert((row.guild.clone(), row.key.clone()));
            }
        }
        wanted
    }

    fn users_referred(&self) -> BTreeSet<String> {
        let mut users = BTreeSet::new();
        let people = self.table("members");
        users.extend(people.rows.iter().chain(&people.kept).map(|row| row.key.clone()));
        for (table, fields) in [
            ("emojis", &["user"][..]),
            ("stickers", &["user"]),
            ("invites", &["inviter", "target_user"]),
        ] {
            let rows = &self.table(table).rows;
            users.extend(
                rows.iter().flat_map(|row| fields.iter().map(|field| text(row.get(field)))),
            );
        }
        let messages = self.table("messages");
        for row in messages.rows.iter().chain(&messages.kept) {
            users.insert(text(row.get("author")));
            users.extend(list(row.get("mentions")).map(text));
        }
        users
    }

    /// Hears of a user; returns the id.
    fn user(&mut self, user: &Value) -> Value {
        if user.is_object() {
            let id = text(&user["id"]);
            self.unheard.remove(&id);
            self.store("users", "", &id, user, true);
        }
        user["id"].clone()
    }

    /// Hears of a member, to be shown or only to be referred to.
    fn member(&mut self, guild: &str, user: &str, fields: &Value, patch: bool, refers: bool) {
        let all = self.keeps("members") && !self.settings.only_my_member;
        let own = self.keeps("members") && self.my_id == user;
        let listed = (all || own) && !refers;
        let in_voice = self.table("voice_states").row(guild, user).is_some();
        if !listed && !refers && !in_voice {
            return;
        }
        self.user(&fields["user"]);
        if listed || self.table("members").row(guild, user).is_some() {
            self.store("members", guild, user, fields, patch);
        } else {
            let kept = &mut self.table_mut("members").kept;
            if !kept.iter().any(|row| row.is(guild, user)) {
                let (guild, key) = (guild.to_owned(), user.to_owned());
                kept.push(Row { guild, key, fields: Map::new() });
            }
            let row = kept.iter_mut().find(|row| row.is(guild, user)).unwrap();
            if !patch {
                row.fields.clear();
            }
            row.merge(fields);
        }
        if !refers && let Some(state) = self.table_mut("voice_states").any_mut(guild, user) {
            state.fields.insert("member".to_owned(), true.into());
        }
    }

    /// Stores a row of a guild as it comes in a list or an event.
    fn row(&mut self, table: &'static str, guild: &str, d: &Value, patch: bool) {
        if table == "members" {
            let user = text(&d["user"]["id"]);
            return self.member(guild, &user, d, patch, false);
        }
        if !self.keeps(table) {
            return;
        }
        let key = match table {
            "presences" => text(&d["user"]["id"]),
            "voice_states" => text(&d["user_id"]),
            "invites" => text(&d["code"]),
            _ => text(&d["id"]),
        };
        if table == "voice_states" && d["member"].is_object() {
            if d["channel_id"].is_null() {
                self.hung_up.insert((guild.to_owned(), key.clone()));
            }
            self.member(guild, &key, &d["member"], true, true);
        }
        if table == "presences" && d["status"] == "offline"
            || table == "voice_states" && d["channel_id"].is_null()
        {
            return self.remove(table, guild, &key, Gone::Removed);
        }
        let mut fields = d.clone();
        for field in ["user", "inviter", "target_user"] {
            if table != "presences" && d[field].is_object() {
                fields[field] = self.user(&d[field]);
            }
        }
        if table == "voice_states" {
            let has_member = self.table("members").any(guild, &key).is_some();
            fields["member"] = has_member.into();
        }
        if table == "threads" && d["member"].is_null() && patch {
            // The bot's own membership stays.
            let own = self.table(table).row("", &key).map(|row| row.get("member").clone());
            if let Some(own) = own.filter(Value::is_object) {
                fields["member"] = own;
                self.joined.insert(key.clone());
            }
        }
        self.store(table, guild, &key, &fields, false);
    }

    /// Replaces all rows of a guild by those in a list; what does not come goes.
    fn replace(
        &mut self,
        table: &'static str,
        guild: &str,
        rows: &Value,
        among: impl Fn(&Row) -> bool,
    ) {
        let key = |row: &Value| match table {
            "members" | "presences" => text(&row["user"]["id"]),
            "voice_states" => text(&row["user_id"]),
            _ => text(&row["id"]),
        };
        let came: BTreeSet<_> = list(rows).map(key).collect();
        let why = if came.is_empty() { Gone::Emptied } else { Gone::Removed };
        let stale = self.table(table).rows.iter();
        let stale: Vec<_> = stale
            .filter(|row| row.guild == guild && among(row) && !came.contains(&row.key))
            .map(|row| row.key.clone())
            .collect();
        if came.is_empty() {
            let cleared = stale.iter().map(|key| (guild.to_owned(), key.clone()));
            self.cleared.extend(cleared);
        }
        for row in list(rows) {
            let (key, all) = (key(row), self.table_mut(table));
            if let Some(at) = all.rows.iter().position(|it| it.guild == guild && it.is("", &key)) {
                let there = all.rows.remove(at);
                all.rows.push(there);
            }
            self.row(table, guild, row, false);
        }
        for key in stale {
            self.remove(table, guild, &key, why);
            if table == "channels" {
                self.clear_channel(guild, &key, true);
            }
        }
    }

    /// Removes what is in a channel; in voice stays who came anew.
    fn clear_channel(&mut self, guild: &str, id: &str, replaced: bool) {
        let threads = self.table("threads").rows.iter();
        let threads: Vec<_> = threads
            .filter(|row| row.guild == guild && row.get("parent_id") == id)
            .map(|row| row.key.clone())
            .collect();
        for thread in threads {
            self.remove("threads", "", &thread, Gone::Channel);
            self.clear_room(&thread);
        }
        let within = |row: &Row| row.guild == guild && row.get("channel_id") == id;
        self.remove_where("invites", Gone::Channel, within);
        if !replaced {
            self.remove_where("voice_states", Gone::Channel, within);
        }
        self.clear_room(id);
    }

    fn clear_room(&mut self, channel: &str) {
        self.remove_where("messages", Gone::Channel, |row| row.get("channel_id") == channel);
    }

    /// Removes all that belongs to a guild.
    fn forget(&mut self, guild: &str, why: Gone) {
        if why == Gone::Unlisted {
            // Hikari keeps it, and so these members have another place when it comes.
            let referred = self.members_referred();
            self.placed.extend(referred.into_iter().filter(|(of, _)| of == guild));
        }
        for table in OF_GUILD.map(|(table, _)| table).into_iter().chain(["invites", "messages"]) {
            self.remove_where(table, why, |row| row.guild == guild);
        }
        self.remove("guilds", "", guild, why);
        self.unavailable.remove(guild);
        if why == Gone::Unlisted {
            self.unlisted.insert(guild.to_owned());
        }
    }

    fn hear(&mut self, name: &str, d: &Value) {
        let (id, guild) = (text(&d["id"]), text(&d["guild_id"]));
        match name {
            "READY" => self.ready(d),
            "USER_UPDATE" => self.own_user(d),
            "GUILD_CREATE" if d["unavailable"] == true => {
                self.place(&id);
                self.unavailable.insert(id);
            }
            "GUILD_CREATE" => self.guild_create(&id, d),
            "GUILD_UPDATE" => self.guild_update(&id, d),
            "GUILD_DELETE" if d["unavailable"] == true => {
                self.place(&id);
                self.unavailable.insert(id);
            }
            "GUILD_DELETE" => self.forget(&id, Gone::Left),
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" => self.row("channels", &guild, d, true),
            "CHANNEL_DELETE" => {
                self.remove("channels", "", &id, Gone::Removed);
                self.clear_channel(&guild, &id, false);
            }
            "GUILD_ROLE_CREATE" | "GUILD_ROLE_UPDATE" => {
                self.row("roles", &guild, &d["role"], false);
            }
            "GUILD_ROLE_DELETE" => {
                self.remove("roles", "", &text(&d["role_id"]), Gone::Removed);
            }
            "GUILD_EMOJIS_UPDATE" => self.replace("emojis", &guild, &d["emojis"], |_| true),
            "GUILD_STICKERS_UPDATE" => self.replace("stickers", &guild, &d["stickers"], |_| true),
            "INVITE_CREATE" => self.row("invites", &guild, d, false),
            "INVITE_DELETE" => self.remove("invites", "", &text(&d["code"]), Gone::Removed),
            _ if name.starts_with("THREAD_") => self.hear_thread(name, &id, &guild, d),
            _ if name.starts_with("MESSAGE_") => self.hear_message(name, &id, &guild, d),
            _ => self.hear_people(name, &guild, d),
        }
    }

    fn ready(&mut self, d: &Value) {
        self.own_user(&d["user"]);
        let listed: BTreeSet<_> = list(&d["guilds"]).map(|guild| text(&guild["id"])).collect();
        for guild in self.places.clone() {
            if !listed.contains(&guild) {
                self.forget(&guild, Gone::Unlisted);
            }
        }
        for guild in list(&d["guilds"]) {
            self.place(&text(&guild["id"]));
        }
        self.unavailable.extend(listed);
    }

    fn own_user(&mut self, d: &Value) {
        self.my_id = text(&d["id"]);
        if self.keeps("me") {
            let me = self.me.get_or_insert_default();
            me.extend(d.as_object().unwrap().clone());
        }
    }

    fn guild_create(&mut self, id: &str, d: &Value) {
        self.place(id);
        self.unavailable.remove(id);
        let referred = self.members_referred();
        self.placed.extend(referred.into_iter().filter(|(guild, _)| guild == id));
        if self.keeps("guilds") {
            self.store("guilds", "", id, d, false);
        }
        for (table, name) in OF_GUILD {
            // Those in voice are known first, for their members.
            if table == "members" {
                self.replace("voice_states", id, &d["voice_states"], |_| true);
            }
            self.replace(table, id, &d[name], |_| true);
        }
    }

    fn guild_update(&mut self, id: &str, d: &Value) {
        self.place(id);
        self.unavailable.remove(id);
        if self.keeps("guilds") {
            self.store("guilds", "", id, d, true);
        }
        for (table, name) in OF_GUILD.into_iter().filter(|(_, name)| d[name].is_array()) {
            self.replace(table, id, &d[name], |_| true);
        }
    }

    fn hear_thread(&mut self, name: &str, id: &str, guild: &str, d: &Value) {
        match name {
            "THREAD_CREATE" | "THREAD_UPDATE" => self.row("threads", guild, d, true),
            "THREAD_DELETE" => self.end_thread(id, Gone::Removed),
            "THREAD_LIST_SYNC" => {
                let channels: Vec<_> = list(&d["channel_ids"]).cloned().collect();
                self.replace("threads", guild, &d["threads"], |row| {
                    channels.is_empty() || channels.contains(row.get("parent_id"))
                });
                list(&d["members"])
                    .for_each(|member| self.join_thread(&text(&member["id"]), member));
            }
            "THREAD_MEMBER_UPDATE" => self.join_thread(id, d),
            "THREAD_MEMBERS_UPDATE" => {
                if list(&d["removed_member_ids"]).any(|user| *user == *self.my_id) {
                    return self.end_thread(id, Gone::Channel);
                }
                let Some(row) = self.table_mut("threads").any_mut("", id) else { return };
                row.merge_some(d, &["member_count"]);
                self.joined.insert(id.to_owned());
                let me = list(&d["added_members"]).find(|member| member["user_id"] == *self.my_id);
                if let Some(me) = me {
                    self.join_thread(id, me);
                }
            }
            _ => {}
        }
    }

    fn end_thread(&mut self, id: &str, why: Gone) {
        self.remove("threads", "", id, why);
        self.clear_room(id);
    }

    fn join_thread(&mut self, id: &str, member: &Value) {
        if let Some(row) = self.table_mut("threads").any_mut("", id) {
            row.fields.insert("member".to_owned(), member.clone());
            self.joined.insert(id.to_owned());
        }
    }

    fn hear_people(&mut self, name: &str, guild: &str, d: &Value) {
        let user = text(&d["user"]["id"]);
        match name {
            "GUILD_MEMBER_ADD" => {
                if self.table("members").row(guild, &user).is_none() {
                    self.count(guild, 1);
                }
                self.row("members", guild, d, false);
            }
            "GUILD_MEMBER_UPDATE" => {
                self.updated.insert(user);
                self.row("members", guild, d, true);
            }
            "GUILD_MEMBER_REMOVE" => {
                self.count(guild, -1);
                self.cleared.insert((guild.to_owned(), user.clone()));
                self.remove("presences", guild, &user, Gone::Member);
                self.remove("voice_states", guild, &user, Gone::Member);
                self.remove("members", guild, &user, Gone::Removed);
            }
            "GUILD_MEMBERS_CHUNK" => {
                list(&d["members"]).for_each(|row| self.row("members", guild, row, false));
                list(&d["presences"]).for_each(|row| self.row("presences", guild, row, false));
            }
            "PRESENCE_UPDATE" => self.row("presences", guild, d, false),
            "VOICE_STATE_UPDATE" => self.row("voice_states", guild, d, false),
            _ => {}
        }
    }

    fn count(&mut self, guild: &str, change: i64) {
        let row = self.table_mut("guilds").any_mut("", guild);
        if let Some(count) = row.and_then(|row| row.fields.get_mut("member_count")) {
            *count = (count.as_i64().unwrap() + change).into();
        }
    }

    fn hear_message(&mut self, name: &str, id: &str, guild: &str, d: &Value) {
        let message = text(&d["message_id"]);
        match name {
            "MESSAGE_CREATE" if self.keeps("messages") => self.message(id, guild, d),
            "MESSAGE_UPDATE" => self.message_update(id, d),
            "MESSAGE_DELETE" => self.remove("messages", "", id, Gone::Removed),
            "MESSAGE_DELETE_BULK" => {
                list(&d["ids"])
                    .for_each(|id| self.remove("messages", "", &text(id), Gone::Removed));
            }
            "MESSAGE_REACTION_ADD" => self.react(&message, &d["emoji"], &d["user_id"], 1),
            "MESSAGE_REACTION_REMOVE" => self.react(&message, &d["emoji"], &d["user_id"], -1),
            "MESSAGE_REACTION_REMOVE_ALL" => self.unreact(&message, &Value::Null),
            "MESSAGE_REACTION_REMOVE_EMOJI" => self.unreact(&message, &d["emoji"]),
            _ => {}
        }
    }

    fn message(&mut self, id: &str, guild: &str, d: &Value) {
        let fields = self.message_fields(id, guild, d, true);
        self.store("messages", guild, id, &fields, false);
        while self.table("messages").rows.len() > self.settings.max_messages {
            let oldest = self.table("messages").rows[0].key.clone();
            self.remove("messages", "", &oldest, Gone::Removed);
        }
    }

    fn message_update(&mut self, id: &str, d: &Value) {
        let Some(row) = self.table("messages").any("", id) else {
            let users = list(&d["mentions"]).chain([&d["author"]]);
            self.unheard.extend(users.map(|user| text(&user["id"])));
            return;
        };
        let (guild, author) = (row.guild.clone(), text(row.get("author")));
        let shown = self.table("messages").row("", id).is_some();
        if d["member"].is_object() {
            self.edited.insert((guild.clone(), author));
        }
        self.requoted.insert(text(&d["referenced_message"]["id"]));
        let empty = members(d).filter(|(_, value)| value.as_array().is_some_and(Vec::is_empty));
        self.emptied.extend(empty.map(|(field, _)| (id.to_owned(), field.clone())));
        let mut fields = self.message_fields(id, &guild, d, shown);
        if !shown {
            fields.as_object_mut().unwrap().remove("referenced_message");
        }
        self.table_mut("messages").any_mut("", id).unwrap().merge(&fields);
    }

    /// Reads a message: users become their ids, the member becomes whether there is one, an answered message its id.
    fn message_fields(&mut self, id: &str, guild: &str, d: &Value, answers: bool) -> Value {
        let mut fields = d.clone();
        if d["author"].is_object() {
            fields["author"] = self.user(&d["author"]);
        }
        if d["mentions"].is_array() {
            let users = list(&d["mentions"]).map(|user| self.user(user)).collect();
            fields["mentions"] = users;
        }
        let answered = &d["referenced_message"];
        if answered.is_object() && answers {
            let other = text(&answered["id"]);
            let quoted = list(&answered["mentions"]).chain([&answered["author"]]);
            let there = self.table("messages").any("", &other).map(|row| row.guild.clone());
            if let Some(guild) = &there {
                self.quoted.extend(quoted.map(|user| text(&user["id"])));
                let mut told = self.message_fields(&other, guild, answered, false);
                told.as_object_mut().unwrap().remove("referenced_message");
                self.table_mut("messages").any_mut("", &other).unwrap().merge(&told);
            }
            let older = other.parse::<u64>().unwrap() < id.parse().unwrap();
            fields["referenced_message"] = match there.filter(|_| older) {
                Some(_) => other.into(),
                None => Value::Null,
            };
        }
        if d["member"].is_object() && !guild.is_empty() {
            let author = text(&fields["author"]);
            self.member(guild, &author, &d["member"], true, true);
            fields["member"] = true.into();
        }
        fields
    }

    fn react(&mut self, message: &str, emoji: &Value, user: &Value, change: i64) {
        let me = *user == *self.my_id;
        let Some(row) = self.table_mut("messages").any_mut("", message) else { return };
        let mut all: Vec<_> = list(row.get("reactions")).cloned().collect();
        match all.iter_mut().find(|reaction| is_same(&reaction["emoji"], emoji)) {
            Some(reaction) => {
                let count = reaction["count"].as_i64().unwrap() + change;
                reaction["count"] = count.into();
                if me {
                    reaction["me"] = (change > 0).into();
                }
            }
            None if change > 0 => {
                all.push(serde_json::json!({ "count": 1, "me": me, "emoji": emoji }));
            }
            None => {}
        }
        all.retain(|reaction| reaction["count"].as_i64() > Some(0));
        row.fields.insert("reactions".to_owned(), all.into());
        self.reacted.insert(message.to_owned());
    }

    fn unreact(&mut self, message: &str, emoji: &Value) {
        let Some(row) = self.table_mut("messages").any_mut("", message) else { return };
        let all = list(row.get("reactions"));
        let left: Vec<_> =
            all.filter(|it| emoji.is_object() && !is_same(&it["emoji"], emoji)).cloned().collect();
        row.fields.insert("reactions".to_owned(), left.into());
        self.reacted.insert(message.to_owned());
    }

    /// Makes a call of hikari's cache.
    fn call(&mut self, name: &str, args: &Value) {
        const TABLES: [(&str, &str, &str); 12] = [
            ("dm_channel_id", "dm_channel_ids", "dm_channel_ids"),
            ("emoji", "emojis", "emojis"),
            ("guild", "guilds", "guilds"),
            ("guild_channel", "guild_channels", "channels"),
            ("invite", "invites", "invites"),
            ("member", "members", "members"),
            ("message", "messages", "messages"),
            ("presence", "presences", "presences"),
            ("role", "roles", "roles"),
            ("sticker", "stickers", "stickers"),
            ("thread", "threads", "threads"),
            ("voice_state", "voice_states", "voice_states"),
        ];
        let (first, second) = (text(&args[0]), text(&args[1]));
        let (verb, what) = name.split_once('_').unwrap_or((name, ""));
        let (what, within) = what.split_once("_for_").unwrap_or((what, ""));
        let table = TABLES.iter().find(|(one, all, _)| what == *one || what == *all);
        match (verb, table) {
            ("set", Some((_, _, table))) => self.set_dm(table, &first, &second),
            ("set", None) => self.set_available(&first, args[1] == true),
            ("delete", None) => self.me = None,
            ("delete", Some((_, _, "guilds"))) => self.delete_guild(&first),
            ("delete", Some((_, _, table))) if second.is_empty() => {
                self.remove(table, "", &first, Gone::Removed);
            }
            ("delete", Some((_, _, table))) => self.remove(table, &first, &second, Gone::Removed),
            ("clear", None) => {
                self.places.clone().iter().for_each(|guild| self.forget(guild, Gone::Removed));
                self.remove_where("messages", Gone::Removed, |_| true);
                self.remove_where("dm_channel_ids", Gone::Removed, |_| true);
                self.me = None;
            }
            ("clear", Some((_, _, "guilds"))) => {
                self.places.clone().iter().for_each(|guild| self.delete_guild(guild));
            }
            ("clear", Some((_, _, table))) => {
                self.remove_where(table, Gone::Removed, |row| match within {
                    "guild" => row.guild == first,
                    "channel" if *table == "threads" => row.get("parent_id") == second.as_str(),
                    "channel" => row.get("channel_id") == second.as_str(),
                    _ => true,
                })
            }
            _ => {}
        }
    }

    fn delete_guild(&mut self, guild: &str) {
        self.remove("guilds", "", guild, Gone::Removed);
        self.unavailable.remove(guild);
    }

    fn set_available(&mut self, guild: &str, available: bool) {
        if self.table("guilds").row("", guild).is_some() {
            if available {
                self.unavailable.remove(guild);
            } else {
                self.unavailable.insert(guild.to_owned());
            }
        }
    }

    fn set_dm(&mut self, table: &'static str, user: &str, channel: &str) {
        if !self.keeps(table) {
            return;
        }
        self.store(table, "", user, &serde_json::json!({ "channel_id": channel }), false);
        let most = self.settings.max_dm_channel_ids;
        let rows = &mut self.table_mut(table).rows;
        if rows.len() > most {
            rows.remove(0);
        }
    }
}

impl Row {
    fn merge(&mut self, fields: &Value) {
        self.fields.extend(members(fields).map(|(name, value)| (name.clone(), value.clone())));
    }

    fn merge_some(&mut self, fields: &Value, names: &[&str]) {
        let some = members(fields).filter(|(name, _)| names.contains(&name.as_str()));
        self.fields.extend(some.map(|(name, value)| (name.clone(), value.clone())));
    }
}

/// Tells whether two emojis are the same: by their ids, or by their names if they have none.
fn is_same(one: &Value, other: &Value) -> bool {
    one["id"] == other["id"] && (!one["id"].is_null() || one["name"] == other["name"])
}

/// Returns the items of a list.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Returns a text, or the empty one.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
