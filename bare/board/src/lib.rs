//! What the programs of the boards are made of.
//!
//! [`parts`] says what the shard and its cache are made of, and lends them their memory. [`wire`] is how the bridge on
//! the host and a board speak, and how a transcript is written down for one, with its commands as in [`order`]. [`play`] plays such a script. The rest
//! is for the boards alone: [`semihosting`], the clock, and the way into a program.
#![no_std]

#[cfg(target_os = "none")]
pub mod bridge;
#[cfg(target_os = "none")]
pub mod machine;
pub mod order;
pub mod parts;
pub mod play;
#[cfg(target_os = "none")]
pub mod report;
#[cfg(target_os = "none")]
pub mod semihosting;
pub mod wire;
