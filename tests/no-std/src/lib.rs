//! A shard in lent memory inside a static library with its own panic handler: no std, no allocator.
#![no_std]

use core::panic::PanicInfo;

use gatewright_core::{Bucket, Link, Place};
use gatewright_core::{
    Config, IdentifyGate, Inflater, Input, Instant, Intents, Memory, Output, SendLog, Shard, Zlib,
};

#[panic_handler]
fn halt(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Drives a shard and a gate through their doors, so that all of them are compiled and linked.
pub fn drive(payload: &mut [u8], commands: &mut [u8], log: &mut SendLog, zlib: &mut Zlib) -> u64 {
    let memory = Memory::lent(payload, commands, log, Inflater::zlib_stream(zlib));
    let config = Config::new("token", Intents::GUILDS);
    let Ok(mut shard) = Shard::new(config, 1, memory) else { return 0 };
    let (mut buckets, mut line) = ([Bucket::EMPTY; 1], [Place::EMPTY; 1]);
    let mut gate = IdentifyGate::lent(&mut buckets, &mut line);
    shard.handle_input(Instant::ZERO, Input::Tick);
    loop {
        match shard.poll_output() {
            Output::AskIdentify(link) => drop(gate.ask(Instant::ZERO, 0, link)),
            Output::Event(_) => drop(shard.event()),
            Output::Wait(at) => return at.as_micros(),
            Output::Stop(_) => return u64::from(Link(0).0),
            _ => {}
        }
    }
}
