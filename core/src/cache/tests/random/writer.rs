//! Writes payloads of every event the cache knows, of few ids, so that much meets.

use core::time::Duration;

use super::*;

type Members = Vec<(&'static str, String)>;

pub(super) struct Writer(Rng);

impl Writer {
    pub(super) const fn new(seed: u64) -> Self {
        Self(Rng::new(seed))
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.0.below(Duration::from_micros(limit as u64)).as_micros()).unwrap()
    }

    pub(super) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn pick<'p>(&mut self, of: &[&'p str]) -> &'p str {
        of[self.below(of.len())]
    }

    fn text(&mut self) -> String {
        let len = if self.one_in(8) { self.below(400) } else { self.below(12) };
        std::format!("\"{}\"", "x".repeat(len))
    }

    fn id(&mut self) -> String {
        if self.one_in(60) {
            return self.pick(&["null", "\"x\"", "7.5", "[]", "{}", "\"\""]).into();
        }
        std::format!("\"{}\"", 1 + self.below(6))
    }

    fn id_or_null(&mut self) -> String {
        if self.one_in(3) { "null".into() } else { self.id() }
    }

    fn bool(&mut self) -> String {
        self.pick(&["true", "false", "false", "null"]).into()
    }

    /// Writes an object of the members in any order, some of them twice.
    fn object(&mut self, mut members: Vec<(&str, String)>) -> String {
        let mut text = Vec::new();
        while !members.is_empty() {
            let at = self.below(members.len());
            let (name, value) = &members[at];
            text.push(std::format!("\"{name}\": {value}"));
            if !self.one_in(30) {
                members.swap_remove(at);
            }
        }
        std::format!("{{{}}}", text.join(", "))
    }

    fn some(&mut self, one: impl Fn(&mut Self) -> String) -> String {
        match self.below(20) {
            0 => "null".into(),
            1 => "[7, {}, null]".into(),
            _ => {
                let items: Vec<String> = (0..self.below(4)).map(|_| one(self)).collect();
                std::format!("[{}]", items.join(", "))
            }
        }
    }

    pub(super) fn user(&mut self) -> String {
        let mut members = vec![("id", self.id())];
        if self.one_in(2) {
            members.push(("username", self.text()));
        }
        if self.one_in(3) {
            members.push(("avatar", r#""0123456789abcdef0123456789abcdef""#.into()));
        }
        self.object(members)
    }

    fn member(&mut self) -> Members {
        let mut members = vec![("user", self.user())];
        if self.one_in(2) {
            members.push(("nick", self.text()));
        }
        if self.one_in(2) {
            members.push(("roles", self.some(Self::id)));
        }
        members
    }

    fn member_or_null(&mut self) -> String {
        let member = self.member();
        if self.one_in(3) { "null".into() } else { self.object(member) }
    }

    fn emoji(&mut self) -> String {
        let members =
            vec![("id", self.id_or_null()), ("name", self.pick(&["\"e\"", "null"]).into())];
        self.object(members)
    }

    fn presence(&mut self) -> Members {
        let status = self.pick(&["\"idle\"", "\"online\"", "\"offline\""]).into();
        let mut members =
            vec![("user", std::format!(r#"{{"id": {}}}"#, self.id())), ("status", status)];
        if self.one_in(2) {
            let activities = self.some(|writer| {
                let activity = vec![("emoji", writer.emoji()), ("name", writer.text())];
                writer.object(activity)
            });
            members.push(("activities", activities));
        }
        members
    }

    fn voice_state(&mut self) -> Members {
        let mut members = vec![("user_id", self.id()), ("channel_id", self.id_or_null())];
        if self.one_in(2) {
            members.push(("member", self.member_or_null()));
        }
        members
    }

    fn invite(&mut self) -> Members {
        let code = self.pick(&["\"a\"", "\"b\"", "\"c\"", "7"]).into();
        let mut members = vec![("code", code), ("channel_id", self.id())];
        for name in ["inviter", "target_user"] {
            if self.one_in(2) {
                members.push((name, self.user()));
            }
        }
        members
    }

    /// Writes what an item of a list of a guild has.
    fn members_of(&mut self, list: &str) -> Members {
        let mut members = match list {
            "members" => return self.member(),
            "voice_states" => return self.voice_state(),
            "presences" => return self.presence(),
            "invites" => return self.invite(),
            "soundboard_sounds" => vec![("sound_id", self.id()), ("name", self.text())],
            _ => vec![("id", self.id()), ("name", self.text()), ("position", "3".into())],
        };
        match list {
            "soundboard_sounds" | "emojis" | "stickers" if self.one_in(2) => {
                members.push(("user", self.user()));
            }
            "guild_scheduled_events" => {
                members.extend([
                    ("creator", self.user()),
                    ("user_count", self.pick(&["0", "2"]).into()),
                ]);
            }
            "channels" => members.push(("flags", self.pick(&["0", "131072"]).into())),
            "threads" => {
                members.push(("parent_id", self.id()));
                if self.one_in(2) {
                    members.push(("member", r#"{"flags": 1}"#.into()));
                }
            }
            "stage_instances" => members.push(("channel_id", self.id())),
            _ => {}
        }
        members
    }

    fn item(&mut self, list: &str) -> String {
        let members = self.members_of(list);
        self.object(members)
    }

    /// Writes an item of a list of a guild, whole or not.
    pub(super) fn maybe_damaged(&mut self, list: &str) -> String {
        let item = self.item(list);
        if self.one_in(8) { self.damage(item) } else { item }
    }

    pub(super) fn guild(&mut self) -> String {
        let mut members = vec![("id", self.id())];
        for (list, _) in SUBTREE {
            if self.one_in(2) {
                members.push((list, self.some(|writer| writer.item(list))));
            }
        }
        for name in ["name", "description", "icon", "nobody_knows"] {
            if self.one_in(3) {
                members.push((name, self.text()));
            }
        }
        if self.one_in(2) {
            members.push(("member_count", "5".into()));
        }
        if self.one_in(4) {
            members.push(("unavailable", self.bool()));
        }
        self.object(members)
    }

    /// Writes a message, which may answer another.
    pub(super) fn message(&mut self, answers: bool) -> String {
        let members = self.members_of_message(answers);
        self.object(members)
    }

    fn members_of_message(&mut self, answers: bool) -> Members {
        let mut members = vec![("id", self.id()), ("author", self.user())];
        if self.one_in(2) {
            members.push(("content", self.text()));
        }
        if self.one_in(2) {
            // That of a message comes without its user.
            let nick = self.text();
            let member = vec![("nick", nick), ("roles", self.some(Self::id))];
            members.push(("member", self.object(member)));
        }
        if self.one_in(3) {
            members.push(("mentions", self.some(Self::user)));
        }
        if self.one_in(3) {
            members.push(("sticker_items", self.some(|writer| writer.item("stickers"))));
        }
        if self.one_in(3) {
            members.push(("webhook_id", self.id()));
        }
        if self.one_in(5) {
            members.push(("reactions", self.some(Self::reaction)));
        }
        if answers && self.one_in(2) {
            let deeper = self.one_in(4);
            let message = if self.one_in(5) { "null".into() } else { self.message(deeper) };
            members.push(("referenced_message", message));
        }
        if !self.one_in(10) {
            members.push(("channel_id", self.id()));
        }
        members
    }

    fn reaction(&mut self) -> String {
        let members = vec![
            ("emoji", self.emoji()),
            ("count", self.pick(&["1", "2", "-1"]).into()),
            ("me", self.bool()),
            ("count_details", self.pick(&[r#"{"burst": 1}"#, r#"{"normal": 1}"#, "null"]).into()),
        ];
        self.object(members)
    }

    pub(super) fn event(&mut self) -> (&'static str, String) {
        let (name, mut members) = match self.below(20) {
            0..3 => {
                return (
                    self.pick(&["GUILD_CREATE", "GUILD_CREATE", "GUILD_UPDATE"]),
                    self.guild(),
                );
            }
            3 => return self.session(),
            4 => ("GUILD_DELETE", vec![("id", self.id()), ("unavailable", self.bool())]),
            5..8 => self.guild_event(),
            8..11 => self.channel_event(),
            11..13 => self.thread_event(),
            13..18 => self.message_event(),
            _ => self.community_event(),
        };
        if !self.one_in(5) {
            members.push(("guild_id", self.id()));
        }
        (name, self.object(members))
    }

    fn session(&mut self) -> (&'static str, String) {
        match self.below(4) {
            0 => ("RESUMED", "{}".into()),
            1 => ("USER_UPDATE", self.user()),
            _ => {
                let guilds = self.some(|writer| {
                    let members = vec![("id", writer.id()), ("unavailable", "true".into())];
                    writer.object(members)
                });
                let members = vec![("user", self.user()), ("guilds", guilds)];
                ("READY", self.object(members))
            }
        }
    }

    fn guild_event(&mut self) -> (&'static str, Members) {
        match self.below(9) {
            0 => {
                let name = self.pick(&["GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE"]);
                (name, vec![("role", self.item("roles"))])
            }
            1 => ("GUILD_ROLE_DELETE", vec![("role_id", self.id())]),
            2 => {
                let (name, list) = [
                    ("GUILD_EMOJIS_UPDATE", "emojis"),
                    ("GUILD_STICKERS_UPDATE", "stickers"),
                    ("GUILD_SOUNDBOARD_SOUNDS_UPDATE", "soundboard_sounds"),
                    ("SOUNDBOARD_SOUNDS", "soundboard_sounds"),
                ][self.below(4)];
                (name, vec![(list, self.some(|writer| writer.item(list)))])
            }
            3 => ("GUILD_MEMBER_REMOVE", vec![("user", self.user())]),
            4 => {
                let members = self.some(|writer| writer.item("members"));
                let presences = self.some(|writer| writer.item("presences"));
                ("GUILD_MEMBERS_CHUNK", vec![("members", members), ("presences", presences)])
            }
            5 => ("PRESENCE_UPDATE", self.presence()),
            6 => ("VOICE_STATE_UPDATE", self.voice_state()),
            _ => (self.pick(&["GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE"]), self.member()),
        }
    }

    fn channel_event(&mut self) -> (&'static str, Members) {
        match self.below(9) {
            0..3 => {
                let mut members = self.members_of("channels");
                if self.one_in(2) {
                    members.push(("recipients", self.some(Self::user)));
                }
                (self.pick(&["CHANNEL_CREATE", "CHANNEL_UPDATE"]), members)
            }
            3 => ("CHANNEL_DELETE", vec![("id", self.id())]),
            4 => {
                let channels = self.some(|writer| {
                    let time = writer.pick(&["170", "null"]).into();
                    let info = vec![
                        ("id", writer.id()),
                        ("status", writer.text()),
                        ("voice_start_time", time),
                    ];
                    writer.object(info)
                });
                ("CHANNEL_INFO", vec![("channels", channels)])
            }
            5 => {
                let time = self.pick(&[r#""2024-03-01T00:00:03+00:00""#, "null"]).into();
                (
                    "CHANNEL_PINS_UPDATE",
                    vec![("channel_id", self.id()), ("last_pin_timestamp", time)],
                )
            }
            6 => ("VOICE_CHANNEL_STATUS_UPDATE", vec![("id", self.id()), ("status", self.text())]),
            7 => {
                let time = self.pick(&["170", "null"]).into();
                (
                    "VOICE_CHANNEL_START_TIME_UPDATE",
                    vec![("id", self.id()), ("voice_start_time", time)],
                )
            }
            _ if self.one_in(2) => ("INVITE_CREATE", self.invite()),
            _ => ("INVITE_DELETE", vec![("code", self.pick(&["\"a\"", "\"b\"", "9"]).into())]),
        }
    }

    fn thread_event(&mut self) -> (&'static str, Members) {
        let own = |writer: &mut Self| {
            let members =
                vec![("id", writer.id()), ("user_id", writer.id()), ("flags", "3".into())];
            writer.object(members)
        };
        match self.below(7) {
            0..3 => (self.pick(&["THREAD_CREATE", "THREAD_UPDATE"]), self.members_of("threads")),
            3 => ("THREAD_DELETE", vec![("id", self.id())]),
            4 => {
                let threads = self.some(|writer| writer.item("threads"));
                let mut members = vec![("threads", threads), ("members", self.some(own))];
                if self.one_in(2) {
                    members.push(("channel_ids", self.some(Self::id)));
                }
                ("THREAD_LIST_SYNC", members)
            }
            5 => ("THREAD_MEMBER_UPDATE", vec![("id", self.id()), ("flags", "2".into())]),
            _ => {
                let count = self.pick(&["1", "50", "null"]).into();
                let removed = self.some(Self::id);
                let added = ("added_members", self.some(own));
                let members = vec![("id", self.id()), ("member_count", count), added];
                let removed = ("removed_member_ids", removed);
                ("THREAD_MEMBERS_UPDATE", members.into_iter().chain([removed]).collect())
            }
        }
    }

    fn message_event(&mut self) -> (&'static str, Members) {
        let mut members = vec![("channel_id", self.id())];
        let name = match self.below(10) {
            0..6 => {
                let name = self.pick(&["MESSAGE_CREATE", "MESSAGE_CREATE", "MESSAGE_UPDATE"]);
                return (name, self.members_of_message(true));
            }
            6 => {
                members.push(("id", self.id()));
                "MESSAGE_DELETE"
            }
            7 => {
                members.push(("ids", self.some(Self::id)));
                "MESSAGE_DELETE_BULK"
            }
            _ => {
                members.extend([("message_id", self.id()), ("user_id", self.id())]);
                members.extend([("emoji", self.emoji()), ("burst", self.bool())]);
                self.pick(&[
                    "MESSAGE_REACTION_ADD",
                    "MESSAGE_REACTION_ADD",
                    "MESSAGE_REACTION_REMOVE",
                    "MESSAGE_REACTION_REMOVE_ALL",
                    "MESSAGE_REACTION_REMOVE_EMOJI",
                ])
            }
        };
        (name, members)
    }

    fn community_event(&mut self) -> (&'static str, Members) {
        let (name, list) = [
            ("STAGE_INSTANCE_CREATE", "stage_instances"),
            ("STAGE_INSTANCE_UPDATE", "stage_instances"),
            ("GUILD_SCHEDULED_EVENT_CREATE", "guild_scheduled_events"),
            ("GUILD_SCHEDULED_EVENT_UPDATE", "guild_scheduled_events"),
            ("GUILD_SOUNDBOARD_SOUND_CREATE", "soundboard_sounds"),
            ("GUILD_SOUNDBOARD_SOUND_UPDATE", "soundboard_sounds"),
            ("STAGE_INSTANCE_DELETE", "id"),
            ("GUILD_SCHEDULED_EVENT_DELETE", "id"),
            ("GUILD_SOUNDBOARD_SOUND_DELETE", "sound_id"),
            ("GUILD_SCHEDULED_EVENT_USER_ADD", "user_id"),
            ("GUILD_SCHEDULED_EVENT_USER_REMOVE", "user_id"),
        ][self.below(11)];
        if list.ends_with('s') {
            return (name, self.members_of(list));
        }
        (name, vec![(list, self.id()), ("guild_scheduled_event_id", self.id())])
    }

    /// Damages a payload in a way that leaves it text.
    pub(super) fn damage(&mut self, mut json: String) -> String {
        let at = self.below(json.len());
        if self.one_in(2) {
            json.truncate(at);
        } else {
            let instead = self.pick(&["", "{", "]", "\"", ",", "9", "null"]);
            json.replace_range(at..=at, instead);
        }
        json
    }
}
