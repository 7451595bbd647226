//! What was stored beside what was told: rows at random, and the payloads a new session would get of them.

use std::collections::{BTreeMap, BTreeSet};

use gatewright_sim::World;
use serde_json::Value;

use crate::session::Messages;
use crate::side::{Key, Side, Table};

/// How many rows of a table are compared, at most.
pub const ROWS: usize = 1_000;

/// How many of them are of one guild.
const OF_A_GUILD: usize = 10;

/// What came of comparing rows of a table.
#[derive(Debug, Default)]
pub struct Checked {
    pub rows: usize,
    pub missing: usize,
    pub fields: usize,
    /// Where what was stored is not what was told, and how often.
    pub wrong: BTreeMap<String, usize>,
    /// What was told and is not stored at all.
    pub not_kept: BTreeSet<String>,
}

/// Compares rows of every table.
pub fn check<S: Side>(side: &S, world: &World, messages: &Messages) -> Vec<(Table, Checked)> {
    let mut random = Random(1);
    let mut checked: Vec<_> =
        Table::ALL.into_iter().map(|table| (table, Checked::default())).collect();
    while checked[0].1.rows < ROWS / OF_A_GUILD {
        let guild = &world.guilds()[random.below(world.guilds().len())];
        let create = world.guild_create(guild.id).expect("a guild of the world");
        let create: Value = serde_json::from_str(&create).expect("JSON");
        for (table, checked) in &mut checked {
            for (key, payload) in pick(&create, *table, &mut random) {
                checked.compare(side, *table, key, &payload);
            }
        }
    }
    let all: Vec<_> = messages.iter().collect();
    for _ in 0..ROWS.min(all.len()) {
        let (id, payload) = all[random.below(all.len())];
        let payload = message(serde_json::from_str(payload).expect("JSON"));
        checked[9].1.compare(side, Table::Message, Key { guild: 0, id: *id }, &payload);
    }
    checked
}

/// Picks some rows of a guild.
fn pick(create: &Value, table: Table, random: &mut Random) -> Vec<(Key, Value)> {
    let guild = id(&create["id"]);
    let lists: &[&str] = match table {
        Table::Guild => return vec![(Key { guild: 0, id: guild }, of_guild(create))],
        Table::Channel => &["channels", "threads"],
        Table::Role => &["roles"],
        Table::Emoji => &["emojis"],
        Table::Sticker => &["stickers"],
        Table::Member | Table::User => &["members"],
        Table::Presence => &["presences"],
        Table::VoiceState => &["voice_states"],
        Table::Message => &[],
    };
    let lists = lists.iter().filter_map(|list| create[list].as_array());
    let all: Vec<&Value> = lists.flatten().collect();
    let row = |payload: &Value| match table {
        Table::User => (Key { guild: 0, id: id(&payload["user"]["id"]) }, payload["user"].clone()),
        Table::Member => {
            let mut member = payload.clone();
            member.as_object_mut().expect("an object").remove("user");
            (Key { guild, id: id(&payload["user"]["id"]) }, member)
        }
        Table::Presence => (Key { guild, id: id(&payload["user"]["id"]) }, payload.clone()),
        Table::VoiceState => (Key { guild, id: id(&payload["user_id"]) }, payload.clone()),
        _ => (Key { guild: 0, id: id(&payload["id"]) }, payload.clone()),
    };
    let count = if all.is_empty() { 0 } else { OF_A_GUILD };
    (0..count).map(|_| row(all[random.below(all.len())])).collect()
}

/// Takes from a guild what has rows of its own.
fn of_guild(create: &Value) -> Value {
    let mut guild = create.clone();
    let members = guild.as_object_mut().expect("an object");
    members
        .retain(|_, value| !value.as_array().is_some_and(|list| list.iter().any(Value::is_object)));
    guild
}

/// Makes of the users of a message their ids; what later events change is left out.
fn message(mut message: Value) -> Value {
    message["author"] = message["author"]["id"].clone();
    if let Some(mentions) = message["mentions"].as_array() {
        message["mentions"] = mentions.iter().map(|user| user["id"].clone()).collect();
    }
    let members = message.as_object_mut().expect("an object");
    for name in ["member", "reactions", "referenced_message"] {
        members.remove(name);
    }
    message
}

fn id(value: &Value) -> u64 {
    value.as_str().and_then(|id| id.parse().ok()).expect("an id")
}

impl Checked {
    fn compare(&mut self, side: &impl Side, table: Table, key: Key, payload: &Value) {
        self.rows += 1;
        match side.row(table, key) {
            Some(row) => self.fields("", &row, payload),
            None => self.missing += 1,
        }
    }

    /// Compares what both have; null and nothing are the same.
    fn fields(&mut self, path: &str, stored: &Value, told: &Value) {
        match (stored, told) {
            (Value::Object(stored), Value::Object(told)) => {
                for (name, told) in told.iter().filter(|(_, told)| !told.is_null()) {
                    let path = format!("{path}.{name}");
                    match stored.get(name) {
                        Some(stored) => self.fields(&path, stored, told),
                        None => drop(self.not_kept.insert(path)),
                    }
                }
            }
            (Value::Array(stored), Value::Array(told)) if stored.len() == told.len() => {
                let path = format!("{path}[]");
                stored.iter().zip(told).for_each(|(stored, told)| self.fields(&path, stored, told));
            }
            _ => {
                self.fields += 1;
                if !is_same(stored, told) {
                    *self.wrong.entry(path.to_owned()).or_default() += 1;
                }
            }
        }
    }
}

/// Tells whether two values are the same; an id is the same as text and as a number.
fn is_same(stored: &Value, told: &Value) -> bool {
    match (stored, told) {
        (Value::Number(number), Value::String(text)) => number.to_string() == *text,
        _ => stored == told,
    }
}

/// Numbers that are the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        ((u128::from(self.0) * end as u128) >> 64) as usize
    }
}
