//! Pages whose snippets are compiled, and run unless they say otherwise.

#[doc = include_str!("../../core/CACHE.md")]
struct Cache;
#[doc = include_str!("../../docs/EVENTS.md")]
struct Events;
#[doc = include_str!("../../docs/FLEET.md")]
struct Fleet;
#[doc = include_str!("../../docs/MIGRATING.md")]
struct Migrating;
#[doc = include_str!("../../README.md")]
struct Readme;
