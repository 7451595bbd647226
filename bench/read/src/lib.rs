//! Ways to read an event: every field of it, or what a cache needs.

pub mod eager;
pub mod lean;
