//! Streams of events, and a snapshot in the middle.

use core::time::Duration;
use std::string::ToString;

use super::*;
use crate::rng::Rng;

struct Stream(Rng);

impl Stream {
    fn below(&mut self, limit: u64) -> u64 {
        u64::try_from(self.0.below(Duration::from_micros(limit)).as_micros()).unwrap()
    }

    fn id(&mut self, from: u64) -> u64 {
        from + self.below(5)
    }

    fn user(&mut self) -> String {
        let id = self.id(10);
        match self.below(3) {
            0 => std::format!(r#"{{"id": "{id}"}}"#),
            _ => std::format!(r#"{{"id": "{id}", "username": "u{}"}}"#, self.below(300)),
        }
    }

    fn list(&mut self, one: impl Fn(&mut Self) -> String) -> String {
        let items: Vec<String> = (0..self.below(4)).map(|_| one(self)).collect();
        std::format!("[{}]", items.join(", "))
    }

    fn member(&mut self) -> String {
        let (user, role) = (self.user(), self.id(1));
        std::format!(r#"{{"user": {user}, "roles": ["{role}"], "nick": "{role}"}}"#)
    }

    fn emoji(&mut self) -> String {
        let (id, user) = (self.id(30), self.user());
        std::format!(r#"{{"id": "{id}", "name": "e", "user": {user}}}"#)
    }

    fn activity(&mut self) -> String {
        std::format!(r#"{{"name": "a", "type": 4, "emoji": {{"id": "{}"}}}}"#, self.id(30))
    }

    fn presence(&mut self) -> String {
        let (user, activities) = (self.id(10), self.list(Self::activity));
        let status = if self.below(4) == 0 { "offline" } else { "idle" };
        std::format!(
            r#""user": {{"id": "{user}"}}, "status": "{status}", "activities": {activities}"#
        )
    }

    fn voice(&mut self) -> String {
        let (user, channel) = (self.user(), self.id(20));
        let id = user.split('"').nth(3).unwrap();
        let channel = if self.below(4) == 0 { "null".to_string() } else { channel.to_string() };
        let member = if self.below(2) == 0 {
            String::new()
        } else {
            std::format!(r#", "member": {{"user": {user}}}"#)
        };
        std::format!(r#""user_id": "{id}", "channel_id": {channel}{member}"#)
    }

    fn guild(&mut self) -> String {
        let lists = [self.list(Self::member), self.list(Self::emoji), self.list(Self::emoji)];
        let presences = self.list(|stream| std::format!("{{{}}}", stream.presence()));
        let voice = self.list(|stream| std::format!("{{{}}}", stream.voice()));
        let things =
            self.list(|stream| std::format!(r#"{{"id": "{}", "name": "t"}}"#, stream.id(20)));
        std::format!(
            r#""members": {}, "emojis": {}, "stickers": {}, "presences": {presences}, "voice_states": {voice},
            "channels": {things}, "roles": {things}, "threads": {things}, "stage_instances": {things}"#,
            lists[0],
            lists[1],
            lists[2],
        )
    }

    fn message(&mut self) -> String {
        let (author, mentions, more) = (self.user(), self.list(Self::user), self.below(900));
        let stickers = self.list(|stream| std::format!(r#"{{"id": "{}"}}"#, stream.id(30)));
        let answers = std::format!(
            r#", "referenced_message": {{"id": "{}", "channel_id": "20"}}"#,
            self.id(100)
        );
        let answers = if self.below(4) > 0 { answers } else { String::new() };
        let text = "x".repeat(usize::try_from(more / 4).unwrap());
        std::format!(
            r#""author": {author}, "member": {{"nick": "{more}"}}, "content": "{text}", "mentions": {mentions},
            "sticker_items": {stickers}{answers}"#
        )
    }

    fn event(&mut self) -> (&'static str, String) {
        let (guild, choice) = (self.id(1), self.below(20));
        match choice {
            0..3 => ("GUILD_CREATE", std::format!(r#"{{"id": "{guild}", {}}}"#, self.guild())),
            3 => {
                let away = self.below(3) == 0;
                ("GUILD_DELETE", std::format!(r#"{{"id": "{guild}", "unavailable": {away}}}"#))
            }
            4 => {
                let (id, user) = (self.id(20), self.user());
                let json = std::format!(r#"{{"id": "{id}", "type": 1, "recipients": [{user}]}}"#);
                ("CHANNEL_CREATE", json)
            }
            _ => {
                let (name, more) =
                    if choice < 12 { self.of_people() } else { self.of_things(guild) };
                (name, std::format!(r#"{{"guild_id": "{guild}", {more}}}"#))
            }
        }
    }

    fn of_people(&mut self) -> (&'static str, String) {
        match self.below(7) {
            0 => ("GUILD_MEMBER_UPDATE", inner(self.member())),
            1 => ("GUILD_MEMBER_REMOVE", std::format!(r#""user": {}"#, self.user())),
            2 => ("PRESENCE_UPDATE", self.presence()),
            3 | 4 => ("VOICE_STATE_UPDATE", self.voice()),
            5 => ("GUILD_EMOJIS_UPDATE", std::format!(r#""emojis": {}"#, self.list(Self::emoji))),
            _ => {
                let stickers = self.list(Self::emoji);
                ("GUILD_STICKERS_UPDATE", std::format!(r#""stickers": {stickers}"#))
            }
        }
    }

    fn of_things(&mut self, guild: u64) -> (&'static str, String) {
        let (id, user) = (self.id(20), self.user());
        // Few channels move to another guild.
        let channel = if self.below(20) == 0 { id } else { 19 + guild };
        let message = std::format!(r#""id": "{}", "channel_id": "{channel}""#, self.id(100));
        match self.below(9) {
            0 => ("INVITE_CREATE", std::format!(r#""code": "c{id}", "inviter": {user}"#)),
            1 => ("CHANNEL_DELETE", std::format!(r#""id": "{id}""#)),
            2 => {
                let event = std::format!(r#""id": "{id}", "creator": {user}"#);
                ("GUILD_SCHEDULED_EVENT_CREATE", event)
            }
            3 => {
                let sound = std::format!(r#""sound_id": "{id}", "user": {user}"#);
                ("GUILD_SOUNDBOARD_SOUND_CREATE", sound)
            }
            4 => ("MESSAGE_DELETE", message),
            5 => ("MESSAGE_UPDATE", std::format!("{message}, {}", self.message())),
            _ => ("MESSAGE_CREATE", std::format!("{message}, {}", self.message())),
        }
    }
}

/// Returns the members of an object without what is around them.
fn inner(object: String) -> String {
    object[1..object.len() - 1].to_string()
}

fn settings() -> Settings {
    let mut settings = Settings { max_messages_per_channel: 3, ..Settings::default() };
    settings.limits.set(crate::cache::Kind::Message, 4, Eviction::Oldest);
    settings.limits.set(crate::cache::Kind::DmChannel, 2, Eviction::Oldest);
    settings
}

#[test]
fn a_stream_goes_on_after_a_snapshot_as_if_there_had_been_none() {
    let (mut kept, kinds) = ([0; 4], [Kind::Emoji, Kind::Member, Kind::Message, Kind::Sticker]);
    for seed in 0..6 {
        let (mut stream, mut cache) = (Stream(Rng::new(seed)), Cache::<Heap>::new(settings()));
        apply(&mut cache, "READY", READY);
        for at in 0..150 {
            let (name, json) = stream.event();
            apply(&mut cache, name, &json);
            if at % 5 == 0 {
                let snapshot = bytes(&cache);
                assert_eq!(bytes(&restore(settings(), &snapshot)), snapshot, "{seed} {at}");
                for (kept, kind) in kept.iter_mut().zip(kinds) {
                    *kept += cache.statistics(kind.into()).kept;
                }
            }
        }
        let snapshot = bytes(&cache);
        let mut again = restore(settings(), &snapshot);
        let mut lent = lent_with(settings(), 2_000, 200_000, 16_000);
        assert_eq!(lent.restore(&snapshot), Ok(None));
        assert_eq!(bytes(&lent), snapshot, "{seed}");
        for at in 0..100 {
            let (name, json) = stream.event();
            let applied = apply(&mut cache, name, &json);
            assert_eq!(apply(&mut again, name, &json), applied, "{seed} {at} {name} {json}");
            assert_eq!(apply(&mut lent, name, &json), applied, "{seed} {at} {name} {json}");
        }
        assert_eq!(bytes(&again), bytes(&cache), "{seed}");
        assert_eq!(bytes(&lent), bytes(&cache), "{seed}");
    }
    assert!(kept.iter().all(|kept| *kept > 5), "{kept:?}");
}
