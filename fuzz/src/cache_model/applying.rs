//! What each event does to the model.

use serde_json::{Value, json};

use super::model::{
    Absent, Fields, Id, LISTS, Model, Read, References, Table, number, place_of_room,
};
use super::reading::{code, id_in, kept, members};

impl Model {
    /// Does what an event tells.
    pub(super) fn apply(&mut self, name: &str, d: &Value) {
        if self.own.is_none() {
            self.own = self.listed(Table::Me, None).first().map(|id| id.2);
        }
        let guild = id_in(d, "guild_id");
        let id = id_in(d, "id").unwrap_or(0);
        match name {
            "READY" => self.ready(d),
            "RESUMED" => self.cold |= !self.began,
            "USER_UPDATE" => self.own_user(d),
            "GUILD_CREATE" => self.within(Some(id), |model| model.guild_create(id, d)),
            "GUILD_UPDATE" => {
                self.within(Some(id), |model| {
                    if model.admits(id, false) {
                        model.guild_object(id, d, Absent::Stay);
                    }
                });
            }
            "GUILD_DELETE" => self.guild_delete(id, d),
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" if guild.is_none() => self.dm(id, d),
            "CHANNEL_DELETE" if guild.is_none() => self.dm_delete(id),
            "MESSAGE_CREATE" => self.message_create(guild.unwrap_or(0), d),
            "MESSAGE_UPDATE" => {
                let row = (Table::Message, 0, id);
                if let Some(room) = self.rows.get(&row).map(|row| row.owner) {
                    self.message(room, d, Absent::Stay, false);
                }
            }
            "MESSAGE_DELETE" => self.remove((Table::Message, 0, id)),
            "MESSAGE_DELETE_BULK" => {
                for id in d["ids"].as_array().into_iter().flatten().filter_map(number) {
                    self.remove((Table::Message, 0, id));
                }
            }
            _ if name.starts_with("MESSAGE_REACTION") => self.reaction(name, d),
            _ => {
                if !self.apply_by_id(name, id, d) {
                    self.within(guild, |model| model.apply_in_guild(name, guild.unwrap_or(0), d));
                }
            }
        }
        self.sweep();
    }

    fn within(&mut self, guild: Option<u64>, act: impl FnOnce(&mut Self)) {
        if let Some(guild) = guild {
            self.place(guild);
            self.holding((Table::Guild, 0, guild), act);
        }
    }

    /// Does what an event tells that finds its row wherever it is; returns whether it is one.
    fn apply_by_id(&mut self, name: &str, id: u64, d: &Value) -> bool {
        match name {
            "GUILD_ROLE_DELETE" => self.remove((Table::Role, 0, id_in(d, "role_id").unwrap_or(0))),
            "STAGE_INSTANCE_DELETE" => self.remove((Table::Stage, 0, id)),
            "GUILD_SCHEDULED_EVENT_DELETE" => self.remove((Table::Event, 0, id)),
            "GUILD_SCHEDULED_EVENT_USER_ADD" => self.interest(d, 1),
            "GUILD_SCHEDULED_EVENT_USER_REMOVE" => self.interest(d, -1),
            "GUILD_SOUNDBOARD_SOUND_DELETE" => {
                self.remove((Table::Sound, 0, id_in(d, "sound_id").unwrap_or(0)));
            }
            "INVITE_DELETE" => self.remove((Table::Invite, 0, code(d))),
            "CHANNEL_PINS_UPDATE" => {
                self.patch_channel(id_in(d, "channel_id").unwrap_or(0), d, "last_pin_timestamp");
            }
            "VOICE_CHANNEL_STATUS_UPDATE" => self.patch_channel(id, d, "status"),
            "VOICE_CHANNEL_START_TIME_UPDATE" => self.patch_channel(id, d, "voice_start_time"),
            "CHANNEL_INFO" => {
                for channel in d["channels"].as_array().into_iter().flatten() {
                    let id = id_in(channel, "id").unwrap_or(0);
                    self.patch_channel(id, channel, "status");
                    self.patch_channel(id, channel, "voice_start_time");
                }
            }
            "THREAD_DELETE" => self.thread_delete(id),
            "THREAD_MEMBER_UPDATE" => self.patch_shown((Table::Thread, 0, id), "member", d),
            "THREAD_MEMBERS_UPDATE" => self.thread_members_update(id, d),
            _ => return false,
        }
        true
    }

    fn apply_in_guild(&mut self, name: &str, guild: u64, d: &Value) {
        let mut one = |table, absent| {
            self.row(table, guild, d, absent);
        };
        match name {
            "GUILD_MEMBER_UPDATE" => one(Table::Member, Absent::Stay),
            "PRESENCE_UPDATE" => one(Table::Presence, Absent::Go),
            "VOICE_STATE_UPDATE" => one(Table::Voice, Absent::Go),
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" => one(Table::Channel, Absent::Carries),
            "THREAD_CREATE" | "THREAD_UPDATE" => one(Table::Thread, Absent::Carries),
            "INVITE_CREATE" => one(Table::Invite, Absent::Go),
            "STAGE_INSTANCE_CREATE" | "STAGE_INSTANCE_UPDATE" => one(Table::Stage, Absent::Go),
            "GUILD_SCHEDULED_EVENT_CREATE" | "GUILD_SCHEDULED_EVENT_UPDATE" => {
                one(Table::Event, Absent::Carries);
            }
            "GUILD_SOUNDBOARD_SOUND_CREATE" | "GUILD_SOUNDBOARD_SOUND_UPDATE" => {
                one(Table::Sound, Absent::Go);
            }
            "GUILD_ROLE_CREATE" | "GUILD_ROLE_UPDATE" => {
                self.row(Table::Role, guild, &d["role"], Absent::Go);
            }
            "GUILD_EMOJIS_UPDATE" => self.replace(Table::Emoji, guild, &d["emojis"]),
            "GUILD_STICKERS_UPDATE" => self.replace(Table::Sticker, guild, &d["stickers"]),
            "GUILD_SOUNDBOARD_SOUNDS_UPDATE" | "SOUNDBOARD_SOUNDS" => {
                self.replace(Table::Sound, guild, &d["soundboard_sounds"]);
            }
            "GUILD_MEMBER_ADD" => {
                let user = id_in(&d["user"], "id");
                if !user.is_some_and(|user| self.is_shown((Table::Member, guild, user))) {
                    self.count_members(guild, 1);
                }
                self.row(Table::Member, guild, d, Absent::Go);
            }
            "GUILD_MEMBER_REMOVE" => {
                let user = id_in(&d["user"], "id").unwrap_or(0);
                self.count_members(guild, -1);
                self.remove((Table::Presence, guild, user));
                self.remove((Table::Voice, guild, user));
                self.remove((Table::Member, guild, user));
            }
            "GUILD_MEMBERS_CHUNK" => {
                self.list(Table::Member, guild, d.get("members"));
                self.list(Table::Presence, guild, d.get("presences"));
            }
            "CHANNEL_DELETE" => self.channel_delete(guild, id_in(d, "id").unwrap_or(0)),
            "THREAD_LIST_SYNC" => self.thread_list_sync(guild, d),
            _ => {}
        }
    }

    fn ready(&mut self, d: &Value) {
        (self.began, self.cold) = (true, false);
        self.own_user(&d["user"]);
        for guild in self.guilds.values_mut() {
            guild.stale = true;
        }
        for id in
            d["guilds"].as_array().into_iter().flatten().filter_map(|guild| id_in(guild, "id"))
        {
            self.place(id);
            if let Some(guild) = self.guilds.get_mut(&id) {
                (guild.stale, guild.unavailable, guild.awaited) = (false, true, true);
                guild.told = false;
            }
        }
        for id in self.guilds_in_order() {
            if self.guilds.get(&id).is_some_and(|guild| guild.stale) {
                self.forget(id);
            }
        }
    }

    fn own_user(&mut self, user: &Value) {
        let id = id_in(user, "id").unwrap_or(0);
        for other in self.listed(Table::Me, None) {
            if other.2 != id {
                self.remove(other);
            }
        }
        self.own = Some(id);
        self.row(Table::Me, 0, user, Absent::Stay);
    }

    fn guild_create(&mut self, id: u64, d: &Value) {
        if !self.admits(id, d["unavailable"] == true) {
            if let Some(guild) = self.guilds.get_mut(&id) {
                (guild.awaited, guild.told, guild.unavailable) = (false, false, false);
            }
            return;
        }
        for (_, table) in LISTS {
            self.doubt(table, id);
        }
        if self.keeps(Table::Voice) && !self.keeps_all_members() {
            self.list(Table::Voice, id, d.get("voice_states"));
        }
        let whole = self.guild_object(id, d, Absent::Go);
        if let Some(guild) = self.guilds.get_mut(&id).filter(|_| whole) {
            (guild.awaited, guild.told) = (false, true);
        }
        for (_, table) in LISTS {
            self.settle(table, id, whole);
        }
        // Those that came before their members.
        for state in self.listed(Table::Voice, Some(id)) {
            let member = (Table::Member, id, state.2);
            let is_there = self.rows.contains_key(&member);
            if let Some(row) = self.rows.get_mut(&state).filter(|_| is_there)
                && row.references.get("member").is_none_or(Vec::is_empty)
            {
                row.references.insert("member", vec![member]);
            }
        }
    }

    /// Reads a guild; returns whether it is there, and not only told to be unavailable.
    pub(super) fn guild_object(&mut self, id: u64, d: &Value, absent: Absent) -> bool {
        for (name, value) in members(d, self.reversed) {
            if let Some((_, table)) = LISTS.into_iter().find(|(list, _)| *list == name) {
                if absent == Absent::Go {
                    self.list(table, id, Some(value));
                } else {
                    self.replace(table, id, value);
                }
            } else if name == "unavailable" && absent == Absent::Go && *value == true {
                if let Some(guild) = self.guilds.get_mut(&id) {
                    (guild.unavailable, guild.told) = (true, false);
                }
                return false;
            }
        }
        if let Some(guild) = self.guilds.get_mut(&id) {
            guild.unavailable = false;
        }
        if self.keeps(Table::Guild) {
            self.store_guild(id, kept(Table::Guild, d), absent);
        }
        true
    }

    fn guild_delete(&mut self, id: u64, d: &Value) {
        if d["unavailable"] == true {
            self.place(id);
            if let Some(guild) = self.guilds.get_mut(&id) {
                (guild.unavailable, guild.told) = (true, false);
            }
        } else if self.guilds.contains_key(&id) {
            self.holding((Table::Guild, 0, id), |model| model.forget(id));
        }
    }

    fn replace(&mut self, table: Table, guild: u64, list: &Value) {
        self.doubt(table, guild);
        self.list(table, guild, Some(list));
        self.settle(table, guild, true);
    }

    fn count_members(&mut self, guild: u64, change: i64) {
        let Some(guild) = self.guilds.get_mut(&guild) else { return };
        if let Some(count) = guild.fields.get("member_count").and_then(number) {
            let count = count.saturating_add_signed(change);
            guild.fields.insert("member_count".to_owned(), count.into());
        }
    }

    fn interest(&mut self, d: &Value, change: i64) {
        let id = (Table::Event, 0, id_in(d, "guild_scheduled_event_id").unwrap_or(0));
        let count = self.rows.get(&id).and_then(|row| row.fields.get("user_count"));
        if let Some(count) = count.and_then(number) {
            self.patch(id, "user_count", count.saturating_add_signed(change).into());
        }
    }

    fn patch_shown(&mut self, id: Id, name: &str, value: &Value) {
        if self.is_shown(id) {
            self.patch(id, name, value.clone());
        }
    }

    fn patch_channel(&mut self, id: u64, d: &Value, name: &str) {
        let (channel, thread) = ((Table::Channel, 0, id), (Table::Thread, 0, id));
        let row = if self.is_shown(channel) { channel } else { thread };
        if let Some(value) = d.get(name) {
            self.patch_shown(row, name, value);
        }
    }

    fn channel_delete(&mut self, guild: u64, id: u64) {
        self.remove((Table::Channel, 0, id));
        self.clear_channel(guild, id);
    }

    /// Removes what is in a channel.
    pub(super) fn clear_channel(&mut self, guild: u64, id: u64) {
        self.clear_threads(guild, id, false);
        for table in [Table::Invite, Table::Voice, Table::Stage] {
            self.clear_where(table, guild, "channel_id", id);
        }
        self.clear_room(id);
    }

    fn thread_delete(&mut self, id: u64) {
        self.remove((Table::Thread, 0, id));
        self.clear_room(id);
    }

    fn thread_list_sync(&mut self, guild: u64, d: &Value) {
        let channels: Vec<u64> =
            d["channel_ids"].as_array().into_iter().flatten().filter_map(number).collect();
        for id in self.listed(Table::Thread, Some(guild)) {
            let parent = self.rows[&id].fields.get("parent_id").and_then(number);
            if channels.is_empty() || parent.is_some_and(|parent| channels.contains(&parent)) {
                self.mark_stale(id, true);
            }
        }
        self.list(Table::Thread, guild, d.get("threads"));
        self.settle(Table::Thread, guild, true);
        for member in d["members"].as_array().into_iter().flatten() {
            let id = id_in(member, "id").unwrap_or(0);
            self.patch_shown((Table::Thread, 0, id), "member", member);
        }
    }

    fn thread_members_update(&mut self, id: u64, d: &Value) {
        let (thread, own) = ((Table::Thread, 0, id), self.own);
        if !self.is_shown(thread) {
            return;
        }
        let mut removed = d["removed_member_ids"].as_array().into_iter().flatten();
        if removed.any(|id| own.is_some() && number(id) == own) {
            return self.thread_delete(id);
        }
        if let Some(count) = d.get("member_count") {
            self.patch(thread, "member_count", count.clone());
        }
        for member in d["added_members"].as_array().into_iter().flatten() {
            if own.is_some() && id_in(member, "user_id") == own {
                self.patch(thread, "member", member.clone());
            }
        }
    }

    fn dm(&mut self, channel: u64, d: &Value) {
        let [user] = d["recipients"].as_array().map_or(&[][..], Vec::as_slice) else { return };
        let user = id_in(user, "id").unwrap_or(0);
        if self.keeps(Table::Dm) && self.setup.limit(Table::Dm).0 > 0 {
            let fields = json!({"channel_id": channel, "user_id": user});
            let (fields, references): (Fields, _) = (kept(Table::Dm, &fields), References::new());
            let id = (Table::Dm, 0, user);
            self.store(Read { id, owner: 0, fields, references, absent: Absent::Go, listed: true });
        }
    }

    /// Removes the threads of a channel, or the stale ones among them, and what is in them.
    pub(super) fn clear_threads(&mut self, guild: u64, channel: u64, stale_only: bool) {
        for thread in self.listed(Table::Thread, Some(guild)) {
            let row = &self.rows[&thread];
            let of_channel = row.fields.get("parent_id").and_then(number) == Some(channel);
            if of_channel && (row.stale || !stale_only) {
                self.remove(thread);
                self.clear_room(thread.2);
            }
        }
    }

    fn dm_delete(&mut self, channel: u64) {
        for dm in self.listed(Table::Dm, None) {
            if self.rows[&dm].fields.get("channel_id").and_then(number) == Some(channel) {
                self.remove(dm);
            }
        }
        self.clear_room(channel);
    }

    fn message_create(&mut self, guild: u64, d: &Value) {
        let most = self.setup.limit(Table::Message).0.min(self.setup.per_channel);
        let Some(room) = id_in(d, "channel_id").filter(|_| self.keeps(Table::Message) && most > 0)
        else {
            return;
        };
        if guild != 0 {
            self.place(guild);
        }
        self.held.push((Table::Guild, 0, guild));
        // What only its reader sees comes without the guild.
        let of = self.rooms.get(&room).copied();
        let guild = of.filter(|of| guild == 0 && *of != 0).unwrap_or(guild);
        if of.is_some_and(|of| of != guild && of != 0) {
            self.moving = Some((room, guild));
        } else {
            self.rooms.insert(room, guild);
        }
        self.held.push(place_of_room(room));
        self.message(room, d, Absent::Go, true);
        self.held.clear();
    }

    fn reaction(&mut self, name: &str, d: &Value) {
        let id = (Table::Message, 0, id_in(d, "message_id").unwrap_or(0));
        let Some(row) = self.rows.get(&id) else { return };
        let mut reactions =
            row.fields.get("reactions").and_then(Value::as_array).cloned().unwrap_or_default();
        let (given, emoji) = (name == "MESSAGE_REACTION_ADD", &d["emoji"]);
        let is = |reaction: &Value| same_emoji(&reaction["emoji"], emoji);
        match name {
            "MESSAGE_REACTION_REMOVE_ALL" => return self.patch(id, "reactions", Value::Null),
            "MESSAGE_REACTION_REMOVE_EMOJI" => reactions.retain(|reaction| !is(reaction)),
            _ => {
                if given && !reactions.iter().any(is) {
                    let mut new = json!({"count": 0, "count_details": {"burst": 0, "normal": 0},
                        "me": false, "me_burst": false, "emoji": emoji});
                    if let Some(colors) = d.get("burst_colors") {
                        new["burst_colors"] = colors.clone();
                    }
                    reactions.push(new);
                }
                let me = self.own.is_some() && id_in(d, "user_id") == self.own;
                let found = reactions.iter_mut().filter(|reaction| is(reaction));
                found.for_each(|reaction| count_reaction(reaction, given, me, d["burst"] == true));
                reactions.retain(|reaction| reaction["count"] != 0);
            }
        }
        self.patch(id, "reactions", reactions.into());
    }
}

/// Tells whether two emojis are the same: by their ids, or by their names where they have none.
fn same_emoji(one: &Value, other: &Value) -> bool {
    match (id_in(one, "id"), id_in(other, "id")) {
        (None, None) => one["name"] == other["name"],
        (one, other) => one == other,
    }
}

fn count_reaction(reaction: &mut Value, given: bool, me: bool, burst: bool) {
    let (kind, own) = if burst { ("burst", "me_burst") } else { ("normal", "me") };
    let count = number(&reaction["count_details"][kind]).unwrap_or(0);
    reaction["count_details"][kind] =
        count.saturating_add_signed(if given { 1 } else { -1 }).into();
    if me {
        reaction[own] = given.into();
    }
    let [burst, normal] =
        ["burst", "normal"].map(|kind| number(&reaction["count_details"][kind]).unwrap_or(0));
    reaction["count"] = (burst + normal).into();
}
