//! A shard in heap memory, and decoding what it tells, allocate nothing in the steady state.

use std::alloc::System;
use std::cell::RefCell;
use std::fmt::{self, Write};
use std::rc::Rc;
use std::sync::Mutex;
use std::time::Duration;

use gatewright_core::decode::DecodeError;
use gatewright_core::model::Payload;
use gatewright_core::{
    Compression, Dispatch, Encoding, Event, EventKind, Input, Instant, Intents, Memory, Output,
    Shard,
};
use gatewright_sim::{Dialect, Options};
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
