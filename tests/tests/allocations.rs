//! A shard in heap memory, decoding what it tells, and a cache in lent memory allocate nothing in the steady state.

use std::alloc::System;
use std::cell::RefCell;
use std::fmt::{self, Write};
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use gatewright_core::cache::{Applied, Cache, Change, Fixed, Row, Settings, Table, View};
use gatewright_core::decode::{DecodeError, Raw};
use gatewright_core::model::{Payload, UnixMillis};
use gatewright_core::{
    Compression, Dispatch, Encoding, Event, EventKind, Input, Instant, Intents, Memory, Output,
    Session, Shard, ShardId,
};
use gatewright_sim::{Dialect, Options, World, WorldSize, to_etf};
use gatewright_tests::{Pair, pairs};
use serde::Deserialize;
use serde::de::IgnoredAny;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Held by each test: the allocations of all threads are counted.
static ALONE: Mutex<()> = Mutex::new(());

/// Takes everything the shard wants, and answers what must be answered.
fn drain(shard: &mut Shard<'_>, now: Instant, take: &mut dyn FnMut(&Event<'_>)) {
    loop {
        match shard.poll_output() {
            Output::AskIdentify(link) => shard.handle_input(now, Input::MayIdentify(link)),
            Output::Send(frame) => {
                let link = frame.link;
                shard.handle_input(now, Input::Sent(link));
            }
            Output::Event(_) => take(&shard.event()),
            Output::Wait(_) | Output::Stop(_) => return,
            Output::Connect(_) | Output::Close(_) | Output::ForgoIdentify(_) => {}
        }
    }
}

/// Collects what a simulated gateway sends to a client.
fn recorded(
    encoding: Encoding,
    compression: Compression,
    dialect: Option<Dialect>,
) -> Vec<(bool, Vec<u8>)> {
    let config = Pair::config(Intents::DOCUMENTED).encoding(encoding);
    let shard = Shard::new(config, 1, Memory::heap(compression)).unwrap();
    let options = Options { rate: 200, guilds: 2, members: 20, dialect, ..Options::default() };
    let mut pair = Pair::new(shard, options);
    let messages = Rc::new(RefCell::new(Vec::new()));
    let tapped = Rc::clone(&messages);
    pair.tap(move |text, data| tapped.borrow_mut().push((text, data.clone())));
    pair.run_until(|_| messages.borrow().len() >= 4_000);
    messages.take()
}

/// Plays messages to a new shard, and counts the events and the allocations after the first thousand messages.
fn played(
    encoding: Encoding,
    compression: Compression,
    messages: &[(bool, Vec<u8>)],
    mut take: impl FnMut(&Event<'_>),
) -> (usize, usize) {
    let config = Pair::config(Intents::DOCUMENTED).encoding(encoding);
    let mut shard = Shard::new(config, 1, Memory::heap(compression)).unwrap();
    let mut now = Instant::from_millis(1);
    shard.handle_input(now, Input::Tick);
    drain(&mut shard, now, &mut take);
    let link = shard.status().link;
    shard.handle_input(now, Input::Opened(link));
    drain(&mut shard, now, &mut take);
    let mut play = |messages: &[(bool, Vec<u8>)]| {
        let mut events = 0;
        for (text, part) in messages {
            now = now.saturating_add(Duration::from_micros(500));
            shard.handle_input(now, Input::Message { link, text: *text, part, last: true });
            drain(&mut shard, now, &mut |event| {
                events += 1;
                take(event);
            });
        }
        events
    };
    let (warm, steady) = messages.split_at(1_000);
    assert!(play(warm) > 900, "{encoding} {compression}");
    let region = Region::new(COUNTED);
    let events = play(steady);
    let change = region.change();
    (events, change.allocations + change.reallocations)
}

#[test]
fn taking_events_allocates_nothing() {
    let _alone = ALONE.lock();
    for (encoding, compression) in pairs() {
        let messages = recorded(encoding, compression, None);
        let (events, allocations) = played(encoding, compression, &messages, |_| {});
        assert!(events > 2_900, "{encoding} {compression} {events}");
        assert_eq!(allocations, 0, "{encoding} {compression}");
    }
}

/// Counts what is written, and keeps nothing of it.
#[derive(Default)]
struct Counter(usize);

impl Write for Counter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

/// What is counted while events are decoded.
#[derive(Default)]
struct Seen {
    decoded: usize,
    listed: usize,
    copied: usize,
    shown: Counter,
    deserialized: usize,
}

impl Seen {
    fn see(&mut self, dispatch: &Dispatch<'_>) {
        let payload = dispatch.payload().expect("it decodes");
        self.decoded += 1;
        // Looks at every element of every list, and at every text.
        write!(self.shown, "{payload:?}").expect("counting goes on");
        self.walk(&payload).expect("every element decodes");
        let mut scratch = [0; 4_096];
        if let Payload::MessageCreate(_) = payload {
            let message: Message<'_> = dispatch.deserialize(&mut scratch).expect("a message");
            assert_eq!(message.id.0, dispatch.decode::<Named>().expect("it has an id").id);
            assert!(!message.author.avatar.is_some_and(str::is_empty));
            self.deserialized += message.mentions.0;
        }
        let all: Result<IgnoredAny, _> = dispatch.deserialize(&mut scratch);
        self.deserialized += usize::from(all.is_ok());
    }

    fn walk(&mut self, payload: &Payload<'_>) -> Result<(), DecodeError> {
        let mut buffer = [0; 16_384];
        match payload {
            Payload::MessageCreate(message) => {
                for user in message.mentions {
                    self.listed += usize::from(user?.id.0 > 0);
                }
                let text = message.content.unwrap_or_default().copy_to(&mut buffer);
                self.copied += text.expect("it fits").len();
            }
            Payload::GuildMemberUpdate(member) => {
                for role in member.roles {
                    self.listed += usize::from(role?.0 > 0);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// A type of one's own over serde, which borrows and counts.
#[derive(Deserialize)]
struct Message<'e> {
    id: Digits,
    #[serde(borrow)]
    author: Author<'e>,
    mentions: Length,
}

#[derive(Deserialize)]
struct Author<'e> {
    #[serde(borrow, default)]
    avatar: Option<&'e str>,
}

/// A type of one's own over the cursor.
struct Named {
    id: u64,
}

impl<'e> gatewright_core::decode::Decode<'e> for Named {
    fn decode(cursor: &mut gatewright_core::decode::Cursor<'e>) -> Result<Self, DecodeError> {
        let (mut id, mut members) = (0, cursor.object()?);
        while let Some(key) = cursor.key(&mut members)? {
            if key == *"id" {
                id = cursor.snowflake()?;
            } else {
                cursor.skip()?;
            }
        }
        Ok(Self { id })
    }
}

/// An id that may come as text or as a number.
#[derive(Debug, PartialEq)]
struct Digits(u64);

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Digits;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id")
            }

            fn visit_u64<E>(self, id: u64) -> Result<Digits, E> {
                Ok(Digits(id))
            }

            fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<Digits, E> {
                id.parse().map(Digits).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// How many elements a list has.
struct Length(usize);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Length;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> Result<Length, A::Error> {
                let mut count = 0;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Length(count))
            }
        }
        deserializer.deserialize_seq(Visitor)
    }
}

#[test]
fn decoding_events_allocates_nothing() {
    let _alone = ALONE.lock();
    for (encoding, dialect) in [
        (Encoding::Json, None),
        (Encoding::Etf, Some(Dialect::Old)),
        (Encoding::Etf, Some(Dialect::New { seed: 3 })),
    ] {
        let messages = recorded(encoding, Compression::None, dialect);
        let mut seen = Seen::default();
        let (events, allocations) = played(encoding, Compression::None, &messages, |event| {
            if let Event::Dispatch(dispatch) = event
                && dispatch.kind() != EventKind::Unknown
            {
                seen.see(dispatch);
            }
        });
        assert!(events > 2_900 && seen.decoded > 3_800, "{encoding} {events} {}", seen.decoded);
        assert!(seen.listed > 100 && seen.copied > 10_000, "{} {}", seen.listed, seen.copied);
        assert!(seen.shown.0 > 1_000_000 && seen.deserialized > 3_800, "{}", seen.deserialized);
        assert_eq!(allocations, 0, "{encoding} {dialect:?}");
    }
}

/// An event: its name, its encoding and its `d`.
type Told = (&'static str, Encoding, Vec<u8>);

/// Makes what a session hears from READY on until a guild is left, every third event in ETF.
fn stream() -> Vec<Told> {
    let mut world = World::new(5, WorldSize { guilds: 3, members: 80, large_guilds: 0 });
    let mut told = vec![("READY", world.ready("session", "", Some(ShardId::ONE)))];
    let guilds: Vec<_> = world.guilds().iter().map(|guild| guild.id).collect();
    let create = |guild| ("GUILD_CREATE", world.guild_create(guild).expect("a guild"));
    told.extend(guilds.iter().map(|guild| create(*guild)));
    let members = (0..40).map(|id| format!(r#"{{"user":{{"id":"{id}"}},"roles":[]}}"#));
    let chunk = format!(
        r#"{{"guild_id":"{}","members":[{}],"chunk_index":0,"chunk_count":1}}"#,
        guilds[0],
        members.collect::<Vec<_>>().join(",")
    );
    told.push(("GUILD_MEMBERS_CHUNK", chunk));
    while told.len() < 4_000 {
        let event = world.next_event().expect("there are guilds");
        told.push((event.kind, event.d));
    }
    told.push(("GUILD_DELETE", format!(r#"{{"id":"{}","unavailable":true}}"#, guilds[0])));
    told.push(("GUILD_DELETE", format!(r#"{{"id":"{}"}}"#, guilds[1])));
    let written = |(at, (name, json)): (usize, (&'static str, String))| match at % 3 {
        0 => (name, Encoding::Etf, to_etf(&json, Dialect::Old)[1..].to_vec()),
        _ => (name, Encoding::Json, json.into_bytes()),
    };
    told.into_iter().enumerate().map(written).collect()
}

/// Reads all rows of a view, and finds each.
fn read<T: Table>(view: View<'_, T, Fixed<'_>>) -> usize {
    let reads = |row: &Row<'_, T, Fixed<'_>>| {
        let read = row.read().is_ok() && row.decode::<Raw<'_>>().is_ok();
        let all = row.deserialize::<IgnoredAny>(&mut [0; 512]).is_ok();
        read && all && view.contains(row.key())
    };
    let read = view.iter().filter(reads).count();
    assert_eq!(read, view.len());
    read
}

fn read_all(cache: &Cache<Fixed<'_>>) -> usize {
    let guilds = read(cache.guilds()) + read(cache.channels()) + read(cache.roles());
    let people = read(cache.users()) + read(cache.members()) + read(cache.presences());
    let things = read(cache.emojis()) + read(cache.stickers()) + read(cache.sounds());
    let others = read(cache.messages()) + read(cache.threads()) + read(cache.voice_states());
    let mut allowed = 0;
    for member in &cache.members() {
        let (guild, user) = member.key();
        for channel in &cache.channels().in_guild(guild) {
            let now = UnixMillis(1_700_000_000_000);
            let may = cache.permissions_in_channel(channel.key(), user, now);
            allowed += usize::from(may.is_ok());
        }
    }
    for message in &cache.messages() {
        allowed += usize::from(message.author().is_some_and(|author| author.read().is_ok()));
        allowed += message.mentions().count();
    }
    guilds + people + things + others + allowed
}

#[test]
fn a_cache_in_lent_memory_allocates_nothing() {
    const ROWS: usize = 4_000;
    let _alone = ALONE.lock();
    let stream = stream();
    let lend = || {
        let slots: Vec<_> = (0..ROWS).map(|_| AtomicU32::new(0)).collect();
        (slots, vec![0; 2 * ROWS], vec![0; 1 << 20], vec![0; 1 << 14])
    };
    let (mut one, mut other, mut snapshot) = (lend(), lend(), vec![0; 1 << 20]);

    let region = Region::new(COUNTED);
    let mut cache =
        Cache::lent_slices(Settings::default(), &mut one.0, &mut one.1, &mut one.2, &mut one.3);
    let (mut all, mut heard, mut read) = (Applied::default(), 0, 0);
    for (at, (name, encoding, d)) in stream.iter().enumerate() {
        let event = Dispatch::new(name, None, *encoding, d).expect("well-formed");
        let applied = cache.apply(&event, &mut |_: &Change<'_, Fixed<'_>>| heard += 1);
        (all.added, all.changed) = (all.added + applied.added, all.changed + applied.changed);
        all.removed += applied.removed;
        assert_eq!((applied.broken, applied.refused), (0, 0), "{name}");
        read += if at % 1_000 == 999 { read_all(&cache) } else { 0 };
    }
    let users = cache.users().len();
    let mut len = 0;
    cache.snapshot(None::<&Session>, &mut |part| {
        snapshot[len..len + part.len()].copy_from_slice(part);
        len += part.len();
    });
    let mut later = Cache::lent_slices(
        Settings::default(),
        &mut other.0,
        &mut other.1,
        &mut other.2,
        &mut other.3,
    );
    let restored = later.restore(&snapshot[..len]);
    assert_eq!(restored, Ok(None));
    assert_eq!(read_all(&later), read_all(&cache));
    later.sweep(UnixMillis(1_700_000_000_000), Duration::from_secs(86_400), &mut ());
    later.clear(&mut ());
    let change = region.change();

    assert_eq!(change.allocations + change.reallocations, 0);
    assert_eq!((restored, later.memory().used), (Ok(None), 0));
    assert!(all.added > 1_500 && all.changed > 1_000 && all.removed > 300, "{all:?}");
    assert!(heard > 3_000 && read > 10_000 && users > 128, "{heard} {read} {users}");
}
