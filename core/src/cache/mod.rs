//! The cache: what the events of a shard tell of guilds, kept in memory of known size.

#![cfg_attr(
    not(all(test, feature = "alloc")),
    expect(dead_code, reason = "the tables that stand on this come next")
)]

mod apply;
mod family;
mod gather;
mod kept;
mod kind;
mod pool;
mod reader;
mod records;
mod rows;

#[cfg(all(test, feature = "alloc"))]
mod tests;
