//! A whole session on a Cortex-M4F: a superloop around a shard, and what a bot does with its events.
//!
//! The bridge on the host decides what happens, until the shard is left and stops. The features say what the bot does,
//! so that each part can be weighed.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_arch = "arm", target_os = "none"))]
mod board;
#[cfg(all(target_arch = "arm", target_os = "none", not(feature = "cache")))]
#[path = "nothing.rs"]
mod bot;
#[cfg(all(target_arch = "arm", target_os = "none", feature = "cache", not(feature = "bot")))]
#[path = "keeper.rs"]
mod bot;
#[cfg(all(target_arch = "arm", target_os = "none", feature = "bot"))]
mod bot;

#[cfg(not(all(target_arch = "arm", target_os = "none")))]
fn main() {}
