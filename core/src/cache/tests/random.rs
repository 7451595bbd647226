//! Random events, valid and not, in memory of every size.

use core::time::Duration;

use super::super::apply::guild::SUBTREE;
use super::super::kind::Root;
use super::*;
use crate::rng::Rng;

/// Writes payloads of few ids, so that much meets.
struct Writer(Rng);

impl Writer {
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.0.below(Duration::from_micros(limit as u64)).as_micros()).unwrap()
    }

    fn one_in(&mut self, many: usize) -> bool {
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
        if self.one_in(40) {
            return self.pick(&["null", "\"x\"", "7.5", "[]", "{}", "\"\""]).into();
        }
        std::format!("\"{}\"", 1 + self.below(6))
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

    fn user(&mut self) -> String {
        let mut members = vec![("id", self.id())];
        if self.one_in(2) {
            members.push(("username", self.text()));
        }
        if self.one_in(3) {
            members.push(("avatar", r#""0123456789abcdef0123456789abcdef""#.into()));
        }
        self.object(members)
    }

    fn member(&mut self) -> Vec<(&'static str, String)> {
        let mut members = vec![("user", self.user())];
        if self.one_in(2) {
            members.push(("nick", self.text()));
        }
        if self.one_in(2) {
            members.push(("roles", self.some(Self::id)));
        }
        members
    }

    /// Writes an item of a list of a guild.
    fn item(&mut self, list: &str) -> String {
        let mut members = match list {
            "members" => self.member(),
            "voice_states" => {
                let member = self.member();
                let member = if self.one_in(3) { "null".into() } else { self.object(member) };
                vec![("user_id", self.id()), ("channel_id", self.id()), ("member", member)]
            }
            "presences" => {
                let user = std::format!(r#"{{"id": {}}}"#, self.id());
                vec![("user", user), ("status", self.text())]
            }
            "soundboard_sounds" => vec![("sound_id", self.id()), ("name", self.text())],
            _ => vec![("id", self.id()), ("name", self.text()), ("position", "3".into())],
        };
        match list {
            "soundboard_sounds" | "emojis" | "stickers" if self.one_in(2) => {
                members.push(("user", self.user()));
            }
            "guild_scheduled_events" => members.push(("creator", self.user())),
            _ => {}
        }
        self.object(members)
    }

    fn guild(&mut self) -> String {
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
        if self.one_in(4) {
            members.push(("unavailable", self.pick(&["true", "false", "null"]).into()));
        }
        self.object(members)
    }

    fn event(&mut self) -> (&'static str, String) {
        let (name, members) = match self.below(12) {
            0..3 => return ("GUILD_CREATE", self.guild()),
            3 => return ("GUILD_UPDATE", self.guild()),
            4 => {
                let away = self.pick(&["true", "false", "false", "null"]).into();
                ("GUILD_DELETE", vec![("id", self.id()), ("unavailable", away)])
            }
            5 => {
                let name = self.pick(&["CHANNEL_CREATE", "CHANNEL_UPDATE"]);
                (name, vec![("id", self.id()), ("name", self.text())])
            }
            6 => {
                let emojis = self.some(|writer| writer.item("emojis"));
                ("GUILD_EMOJIS_UPDATE", vec![("emojis", emojis)])
            }
            7 => {
                let stickers = self.some(|writer| writer.item("stickers"));
                ("GUILD_STICKERS_UPDATE", vec![("stickers", stickers)])
            }
            8 => {
                let name = self.pick(&["GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE"]);
                (name, vec![("role", self.item("roles"))])
            }
            _ => (self.pick(&["GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE"]), self.member()),
        };
        let guild = ("guild_id", self.id());
        (name, self.object(members.into_iter().chain([guild]).collect()))
    }

    /// Damages a payload in a way that leaves it text.
    fn damage(&mut self, mut json: String) -> String {
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

/// Applies random events and then removes all; returns what was lost, and how much was told.
fn run<M: Memory>(mut bench: Bench<M>, seed: u64, events: u32) -> (Losses, usize) {
    let (mut writer, mut all, mut told) = (Writer(Rng::new(seed)), Losses::default(), 0);
    for _ in 0..events {
        let (name, mut json) = writer.event();
        if writer.one_in(6) {
            json = writer.damage(json);
        }
        let (lines, losses, _) = bench.try_apply(name, &json);
        told += lines.len();
        all.refused += losses.refused;
        all.broken += losses.broken;
    }
    loop {
        let guild = bench.records.list(Place::Root(Root::Guilds)).head;
        if guild == NONE {
            break;
        }
        let id = bench.records.key(guild);
        bench.apply("GUILD_DELETE", &std::format!(r#"{{"id": "{id}"}}"#));
    }
    for kind in Kind::ALL {
        assert_eq!(bench.records.len(kind), 0, "{kind:?}");
    }
    assert_eq!(bench.records.bytes().1, 0);
    (all, told)
}

#[test]
fn whatever_comes_the_rows_stay_consistent() {
    for seed in 0..3 {
        let (losses, told) = run(Bench::heap(), seed, 600);
        assert!(losses.refused == 0 && losses.broken > 100 && told > 3_000, "{losses:?} {told}");
        assert_eq!(run(Bench::lent(1_000, 1 << 18), seed, 600), (losses, told), "in both families");
    }
}

#[test]
fn where_memory_is_short_the_rows_stay_consistent() {
    for (seed, rows, bytes, scratch) in [
        (10, 100, 1_000, 8_192),
        (11, 100, 3_000, 8_192),
        (12, 12, 20_000, 8_192),
        (13, 5, 20_000, 8_192),
        (14, 200, 20_000, 40),
        (15, 200, 20_000, 150),
        (16, 200, 20_000, 600),
        (17, 60, 4_000, 300),
        (18, 1, 4_000, 300),
        (19, 200, 20_000, 0),
    ] {
        let mut bench = Bench::lent(rows, bytes);
        bench.scratch.truncate(scratch);
        let (losses, _) = run(bench, seed, 250);
        assert!(losses.refused > 25, "{rows} {bytes} {scratch} {losses:?}");
        let mut bench = Bench::heap_of(u32::try_from(rows).unwrap(), bytes);
        bench.scratch.truncate(scratch);
        let (losses, _) = run(bench, seed, 250);
        assert!(losses.refused > 25, "{rows} {bytes} {scratch} {losses:?}");
    }
}
