//! A shard in heap memory allocates nothing in the steady state.

use std::alloc::System;
use std::time::Duration;

use gatewright_core::{Compression, Input, Instant, Intents, Memory, Output, Shard};
use gatewright_sim as sim;
use gatewright_tests::Pair;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Takes everything the shard wants; answers what must be answered.
fn drain(shard: &mut Shard<'_>, now: Instant) -> usize {
    let mut events = 0;
    loop {
        match shard.poll_output() {
            Output::AskIdentify(link) => shard.handle_input(now, Input::MayIdentify(link)),
            Output::Send(frame) => {
                let link = frame.link;
                shard.handle_input(now, Input::Sent(link));
            }
            Output::Event(_) => events += usize::from(shard.event().kind().name().len() > 1),
            Output::Wait(_) | Output::Stop(_) => return events,
            Output::Connect(_) | Output::Close(_) | Output::ForgoIdentify(_) => {}
        }
    }
}

/// Collects what a simulated gateway sends to a client that identifies.
fn recorded(compression: Compression) -> Vec<(bool, Vec<u8>)> {
    let options = sim::Options { rate: 200, guilds: 2, members: 20, ..sim::Options::default() };
    let mut server = sim::Server::new(options);
    let conn = sim::Conn(1);
    let target = match compression {
        Compression::ZlibStream => "/?v=10&encoding=json&compress=zlib-stream",
        _ => "/?v=10&encoding=json",
    };
    let compress = compression == Compression::Zlib;
    let identify = format!(
        r#"{{"op":2,"d":{{"token":"t","intents":{},"compress":{compress},"properties":{{"os":"o","browser":"b","device":"d"}}}}}}"#,
        Intents::DOCUMENTED.bits()
    );
    let mut now = Instant::from_millis(1);
    server.handle_input(now, sim::Input::Opened { conn, target });
    let data = identify.as_bytes();
    server.handle_input(now, sim::Input::Message { conn, text: true, data });
    let mut messages = Vec::new();
    while messages.len() < 6_000 {
        match server.poll_output() {
            sim::Output::Send { text, data, .. } => messages.push((text, data)),
            sim::Output::Wait(at) => {
                now = at;
                server.handle_input(now, sim::Input::Tick);
            }
            sim::Output::Close { .. } | sim::Output::Drop { .. } => break,
        }
    }
    assert!(messages.len() > 3_000);
    messages
}

#[test]
fn taking_events_allocates_nothing() {
    for compression in [Compression::None, Compression::Zlib, Compression::ZlibStream] {
        let messages = recorded(compression);
        let config = Pair::config(Intents::DOCUMENTED);
        let mut shard = Shard::new(config, 1, Memory::heap(compression)).unwrap();
        let mut now = Instant::from_millis(1);
        shard.handle_input(now, Input::Tick);
        drain(&mut shard, now);
        let link = shard.status().link;
        shard.handle_input(now, Input::Opened(link));
        drain(&mut shard, now);
        let mut take = |(text, part): &(bool, Vec<u8>)| {
            now = now.saturating_add(Duration::from_micros(500));
            shard.handle_input(now, Input::Message { link, text: *text, part, last: true });
            drain(&mut shard, now)
        };
        let (warm, steady) = messages.split_at(1_000);
        let before: usize = warm.iter().map(&mut take).sum();
        let region = Region::new(COUNTED);
        let events: usize = steady.iter().map(&mut take).sum();
        let change = region.change();
        assert!(before > 900 && events > 1_900, "{compression} {before} {events}");
        assert_eq!((change.allocations, change.reallocations), (0, 0), "{compression}");
    }
}
