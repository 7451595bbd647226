//! `gatewright cache`: events applied to a cache, and what it holds then.

mod calls;
mod dump;
mod feed;
mod fields;
mod guilds;
mod json;
mod messages;
mod options;
mod people;
mod summary;
mod views;

use gatewright_core::cache::{Applied, Cache, Heap, Settings};
use gatewright_core::transcript::{Played, Replay};
use gatewright_core::{Dispatch, Event};

pub(crate) use feed::run;
pub(crate) use options::CacheArgs;

use calls::Call;
use dump::Parts;
use json::Json;

/// A cache, and what became of the events it was told.
#[derive(Debug)]
pub(crate) struct Told {
    cache: Cache<Heap>,
    events: u64,
    /// Rows there was no room for.
    refused: u64,
    /// Objects that were not what the documentation says.
    broken: u64,
}

impl Told {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { cache: Cache::new(settings), events: 0, refused: 0, broken: 0 }
    }

    /// Hears what a line of a recording did.
    pub(crate) fn hear(&mut self, replay: &Replay, played: &Played) {
        if let (Played::Output(Some(_)), Some(shard)) = (played, replay.shard())
            && let Event::Dispatch(event) = shard.event()
        {
            self.apply(&event);
        }
    }

    fn apply(&mut self, event: &Dispatch<'_>) {
        let applied = self.cache.apply(event, &mut ());
        self.events += 1;
        self.count(applied);
    }

    /// Makes a call; returns whether it was one that changes.
    fn call(&mut self, call: &Call<'_>) -> anyhow::Result<bool> {
        let applied = call.make(&mut self.cache)?;
        self.count(applied.unwrap_or_default());
        Ok(applied.is_some())
    }

    fn count(&mut self, Applied { refused, broken, .. }: Applied) {
        self.refused += u64::from(refused);
        self.broken += u64::from(broken);
    }

    /// Writes what the cache holds, for people.
    pub(crate) fn show(&self) -> anyhow::Result<()> {
        summary::show(self)
    }

    /// Writes all of it, for machines.
    pub(crate) fn dump(&self) -> anyhow::Result<()> {
        let parts = Parts { index: false, order: false };
        say!("{}", self.all(parts)?);
        Ok(())
    }

    fn all(&self, parts: Parts) -> anyhow::Result<Json> {
        dump::dump(&self.cache, parts)
    }
}
