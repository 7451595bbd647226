//! A shard and a cache in lent memory inside a static library with its own panic handler: no std, no allocator.
#![no_std]

use core::panic::PanicInfo;
use core::time::Duration;

use gatewright_core::cache::{Arrivals, Cache, CacheMemory, Change, Fixed, Settings};
use gatewright_core::model::UnixMillis;
use gatewright_core::{
    Bucket, ChannelId, Config, Event, GuildId, IdentifyGate, Inflater, Input, Instant, Intents,
    Link, Memory, Output, Place, SendLog, Shard, UserId, Zlib,
};

#[panic_handler]
fn halt(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Memory for the rows of a small bot.
type Rows = CacheMemory<1_300, 98_304, 8_192>;

/// Drives a shard and a gate through their doors, so that all of them are compiled and linked; a cache hears the events.
pub fn drive(
    payload: &mut [u8],
    commands: &mut [u8],
    log: &mut SendLog,
    zlib: &mut Zlib,
    rows: &mut Rows,
) -> u64 {
    let mut cache = Cache::lent(Settings::default(), rows);
    let mut changes = 0_u64;
    let memory = Memory::lent(payload, commands, log, Inflater::zlib_stream(zlib));
    let config = Config::new("token", Intents::GUILDS);
    let Ok(mut shard) = Shard::new(config, 1, memory) else { return 0 };
    let (mut buckets, mut line) = ([Bucket::EMPTY; 1], [Place::EMPTY; 1]);
    let mut gate = IdentifyGate::lent(&mut buckets, &mut line);
    shard.handle_input(Instant::ZERO, Input::Tick);
    loop {
        match shard.poll_output() {
            Output::AskIdentify(link) => drop(gate.ask(Instant::ZERO, 0, link)),
            Output::Event(_) => {
                if let Event::Dispatch(event) = shard.event() {
                    cache.apply(&event, &mut |_: &Change<'_, Fixed<'_>>| changes += 1);
                }
            }
            Output::Wait(at) => return at.as_micros() + changes,
            Output::Stop(_) => return u64::from(Link(0).0),
            _ => {}
        }
    }
}

/// Reads a cache, writes it down and takes up what was written.
pub fn carry<'m>(cache: &Cache<Fixed<'m>>, later: &mut Cache<Fixed<'m>>, room: &mut [u8]) -> usize {
    let mut len = 0;
    cache.snapshot(None, &mut |part| {
        if let Some(place) = room.get_mut(len..len + part.len()) {
            place.copy_from_slice(part);
        }
        len += part.len();
    });
    let restored = room.get(..len).is_some_and(|snapshot| later.restore(snapshot).is_ok());
    let (guild, user) = (GuildId(1), UserId(2));
    let named = later.members().get((guild, user)).is_some_and(|row| row.user().read().is_ok());
    let may = later.permissions_in_channel(ChannelId(3), user, UnixMillis(0)).is_ok();
    later.sweep(UnixMillis(0), Duration::from_secs(60), &mut ());
    let arrived =
        Arrivals::new(Duration::from_secs(15)).observe(Instant::ZERO, later.tables()).is_some();
    later.clear(&mut ());
    len + [restored, named, may, arrived].into_iter().filter(|is| *is).count()
}
