//! A whole session: the guilds of a large bot, then its daily life.

use std::collections::BTreeMap;

use gatewright_bench_harness::traffic::Document;
use gatewright_core::Encoding;
use gatewright_sim::{World, WorldSize};
use serde::Deserialize;

use crate::side::Side;

/// 220,000 members in 1,200 guilds, about 230 MB of JSON.
pub const GUILDS: WorldSize = WorldSize { guilds: 1_000, members: 20, large_guilds: 200 };

/// How many events of daily life follow.
pub const EVENTS: u64 = 200_000;

/// How many documents are taken at once.
const CHUNK: usize = 500;

/// Something is about to take documents: how many, of how many bytes, and the taking itself.
pub type Around<'a> = &'a mut dyn FnMut(u64, u64, &mut dyn FnMut());

/// The last payloads of the messages that are not deleted, by id.
pub type Messages = BTreeMap<u64, String>;

/// Lets a cache take the GUILD_CREATE of every guild.
pub fn guilds<S: Side>(side: &mut S, world: &World, around: Around<'_>) {
    for guilds in world.guilds().chunks(10) {
        let create = |guild: &gatewright_sim::Guild| {
            let d = world.guild_create(guild.id).expect("a guild of the world");
            Document::new("GUILD_CREATE", 2, &d, Encoding::Json)
        };
        take(side, &guilds.iter().map(create).collect::<Vec<_>>(), around);
    }
}

/// Lets a cache take events of daily life, or those of one kind among them.
pub fn events<S: Side>(
    side: &mut S,
    world: &mut World,
    count: u64,
    only: Option<&str>,
    around: Around<'_>,
) -> Messages {
    let (mut chunk, mut messages) = (Vec::new(), Messages::new());
    for seq in 3..3 + count {
        let event = world.next_event().expect("a world with guilds never ends");
        if only.is_none_or(|only| only == event.kind) {
            note(event.kind, &event.d, &mut messages);
            chunk.push(Document::new(event.kind, seq, &event.d, Encoding::Json));
        }
        if chunk.len() == CHUNK {
            take(side, &chunk, around);
            chunk.clear();
        }
    }
    take(side, &chunk, around);
    messages
}

fn take<S: Side>(side: &mut S, documents: &[Document], around: Around<'_>) {
    let bytes = documents.iter().map(|document| document.whole.len() as u64).sum();
    around(documents.len() as u64, bytes, &mut || {
        documents.iter().for_each(|document| side.take(document));
    });
}

fn note(kind: &str, d: &str, messages: &mut Messages) {
    #[derive(Deserialize)]
    struct One {
        id: String,
        message_reference: Option<Reference>,
    }
    #[derive(Deserialize)]
    struct Reference {
        message_id: String,
    }
    #[derive(Deserialize)]
    struct Many {
        ids: Vec<String>,
    }
    let number = |id: &str| id.parse::<u64>().expect("an id");
    let one = || serde_json::from_str::<One>(d).expect("a message");
    match kind {
        "MESSAGE_CREATE" | "MESSAGE_UPDATE" => {
            let message = one();
            // An answer tells the message it answers anew, with other attachments: the world does not keep them.
            if let Some(answered) = message.message_reference {
                messages.remove(&number(&answered.message_id));
            }
            messages.insert(number(&message.id), d.to_owned());
        }
        "MESSAGE_DELETE" => {
            messages.remove(&number(&one().id));
        }
        "MESSAGE_DELETE_BULK" => {
            let many: Many = serde_json::from_str(d).expect("ids");
            many.ids.iter().for_each(|id| drop(messages.remove(&number(id))));
        }
        _ => {}
    }
}
