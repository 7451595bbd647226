//! Our side.

use std::hint::black_box;

use gatewright_bench_harness::traffic::Document;
use gatewright_core::cache::{Cache, Eviction, Heap, Kind, Row, Settings, Users, View};
use gatewright_core::internals::fast_envelope;
use gatewright_core::{
    ChannelId, Dispatch, EmojiId, Encoding, GuildId, MessageId, RoleId, StickerId, UserId,
};
use serde_json::{Value, json};

use crate::side::{Kept, Key, MESSAGES_PER_CHANNEL, Side, Table};

pub struct Ours(pub Cache<Heap>);

/// Does something with the view of a table and a key of it.
macro_rules! with {
    ($cache:expr, $table:expr, $key:expr, |$view:ident, $id:ident| $do:expr) => {{
        let (cache, key) = ($cache, $key);
        match $table {
            Table::Guild => {
                let ($view, $id) = (cache.guilds(), GuildId(key.id));
                $do
            }
            Table::Channel if cache.channels().contains(ChannelId(key.id)) => {
                let ($view, $id) = (cache.channels(), ChannelId(key.id));
                $do
            }
            Table::Channel => {
                let ($view, $id) = (cache.threads(), ChannelId(key.id));
                $do
            }
            Table::Role => {
                let ($view, $id) = (cache.roles(), RoleId(key.id));
                $do
            }
            Table::Emoji => {
                let ($view, $id) = (cache.emojis(), EmojiId(key.id));
                $do
            }
            Table::Sticker => {
                let ($view, $id) = (cache.stickers(), StickerId(key.id));
                $do
            }
            Table::Member => {
                let ($view, $id) = (cache.members(), (GuildId(key.guild), UserId(key.id)));
                $do
            }
            Table::User => {
                let ($view, $id) = (cache.users(), UserId(key.id));
                $do
            }
            Table::Presence => {
                let ($view, $id) = (cache.presences(), (GuildId(key.guild), UserId(key.id)));
                $do
            }
            Table::VoiceState => {
                let ($view, $id) = (cache.voice_states(), (GuildId(key.guild), UserId(key.id)));
                $do
            }
            Table::Message => {
                let ($view, $id) = (cache.messages(), MessageId(key.id));
                $do
            }
        }
    }};
}

impl Side for Ours {
    fn new(kept: Kept) -> Self {
        let mut settings = Settings::default();
        settings.components = kept.ours;
        settings.limits.set(Kind::Message, u32::MAX, Eviction::Refuse);
        settings.max_messages_per_channel = MESSAGES_PER_CHANNEL.into();
        Self(Cache::new(settings))
    }

    fn take(&mut self, document: &Document) {
        let seq = fast_envelope(&document.whole);
        let event = Dispatch::new(document.name, seq, Encoding::Json, &document.data);
        let applied = self.0.apply(&event.expect("UTF-8"), &mut ());
        assert!(applied.broken == 0 && applied.refused == 0, "{applied:?}");
    }

    fn len(&self, table: Table) -> usize {
        match table {
            Table::User => self.0.statistics(Kind::User).rows as usize,
            Table::Channel => self.0.channels().len() + self.0.threads().len(),
            _ => with!(&self.0, table, Key { guild: 0, id: 0 }, |view, _id| view.len()),
        }
    }

    fn get(&self, table: Table, key: Key) -> bool {
        with!(&self.0, table, key, |view, id| black_box(view.get(id)).is_some())
    }

    fn read(&self, table: Table, key: Key) -> bool {
        with!(&self.0, table, key, |view, id| {
            view.get(id).is_some_and(|row| black_box(row.read()).is_ok())
        })
    }

    fn each(&self, table: Table, mut visit: impl FnMut(Key)) {
        let cache = &self.0;
        match table {
            Table::Guild => ids(cache.guilds(), visit, |row| row.key().0),
            Table::Channel => {
                ids(cache.channels(), &mut visit, |row| row.key().0);
                ids(cache.threads(), visit, |row| row.key().0);
            }
            Table::Role => ids(cache.roles(), visit, |row| row.key().0),
            Table::Emoji => ids(cache.emojis(), visit, |row| row.key().0),
            Table::Sticker => ids(cache.stickers(), visit, |row| row.key().0),
            Table::User => ids(cache.users(), visit, |row| row.key().0),
            Table::Message => ids(cache.messages(), visit, |row| row.key().0),
            Table::Member => pairs(cache.members(), visit, |row| row.key()),
            Table::Presence => pairs(cache.presences(), visit, |row| row.key()),
            Table::VoiceState => pairs(cache.voice_states(), visit, |row| row.key()),
        }
    }

    fn row(&self, table: Table, key: Key) -> Option<Value> {
        let mut value: Value = with!(&self.0, table, key, |view, id| {
            view.get(id)?.deserialize(&mut []).expect("JSON holds all of it")
        });
        if table == Table::Message {
            let row = self.0.messages().get(MessageId(key.id))?;
            let id = |user: Row<'_, Users, Heap>| user.key().0.to_string();
            value["author"] = row.author().map(id).into();
            value["mentions"] = json!(row.mentions().map(id).collect::<Vec<_>>());
        }
        Some(value)
    }

    fn memory(&self) -> Option<(usize, usize)> {
        let memory = self.0.memory();
        Some((memory.bytes, memory.used))
    }

    fn bytes(&self, table: Table) -> Option<usize> {
        let bytes = |kind| self.0.statistics(kind).bytes;
        Some(match table {
            Table::Guild => bytes(Kind::Guild),
            Table::Channel => bytes(Kind::Channel) + bytes(Kind::Thread),
            Table::Role => bytes(Kind::Role),
            Table::Emoji => bytes(Kind::Emoji),
            Table::Sticker => bytes(Kind::Sticker),
            Table::Member => bytes(Kind::Member),
            Table::User => bytes(Kind::User),
            Table::Presence => bytes(Kind::Presence),
            Table::VoiceState => bytes(Kind::VoiceState),
            Table::Message => bytes(Kind::Message),
        })
    }
}

fn ids<'c, T: gatewright_core::cache::Table>(
    view: View<'c, T, Heap>,
    mut visit: impl FnMut(Key),
    id: impl Fn(&Row<'c, T, Heap>) -> u64,
) {
    view.iter().for_each(|row| visit(Key { guild: 0, id: id(&row) }));
}

fn pairs<'c, T: gatewright_core::cache::Table>(
    view: View<'c, T, Heap>,
    mut visit: impl FnMut(Key),
    key: impl Fn(&Row<'c, T, Heap>) -> (GuildId, UserId),
) {
    view.iter().for_each(|row| {
        let (guild, id) = key(&row);
        visit(Key { guild: guild.0, id: id.0 });
    });
}
