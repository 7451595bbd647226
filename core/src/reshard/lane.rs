//! One shard of the new set, and how far it has come.

use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;

use super::log::{Ahead, Log};
use super::trail::{Print, Trail};
use crate::model::Ready;
use crate::{Dispatch, EventKind, Instant};

/// How often it waits for the old shards, where dispatches that read alike do not tell how far it is behind them.
const MOST_ROUNDS: u8 = 8;
/// How long after the latest guild of READY the next one may be told.
const GUILDS_ARRIVE: Duration = Duration::from_secs(15);

/// How far a shard of the new set has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It was not started.
    Idle,
    /// It has no session yet, since then.
    Starting(Instant),
    /// Its guilds come; one that it was not told until then is not available.
    Listing(Instant),
    /// Of every old shard all is still to be heard that it was told until then.
    Settling(Instant),
    /// The same of this one: what it has not brought by then was older than its session.
    Clearing(Instant),
    /// It is not read until all is heard that the old shards were told until then, so that it is behind them.
    Held(Instant),
    /// It brings whatever the old ones bring, and may be ahead of them.
    Settled,
    /// The old ones are gone since then.
    Alone(Instant),
    /// Nothing that an old one brought comes any more.
    Done,
}

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) stage: Stage,
    /// Guilds of READY that have not come.
    pending: BTreeSet<u64>,
    /// What was heard of each guild until it is settled.
    pub(super) logs: BTreeMap<u64, Log>,
    /// Up to when everything is heard that it was told.
    heard_through: Instant,
    /// What the old shards bring after that, its session was told.
    told_after: Instant,
    pub(super) rounds: u8,
    /// How many dispatches may come twice, since it was never known how far it was behind.
    pub(super) unsure: u64,
    /// What the old shards brought of its guilds, and it will bring.
    pub(super) old: Trail,
    /// What it brought and the consumer heard, and the old shards will bring.
    pub(super) new: Trail,
}

impl Lane {
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::Idle,
            pending: BTreeSet::new(),
            logs: BTreeMap::new(),
            heard_through: Instant::ZERO,
            told_after: Instant::MAX,
            rounds: 0,
            unsure: 0,
            old: Trail::default(),
            new: Trail::default(),
        }
    }

    /// Hears that its session begins: which guilds are to come, unless that was skipped.
    pub(super) fn begin(&mut self, now: Instant, dispatch: Option<&Dispatch<'_>>) {
        if matches!(self.stage, Stage::Idle | Stage::Alone(_) | Stage::Done) {
            return;
        }
        self.pending.clear();
        if let Some(Ok(ready)) = dispatch.map(Dispatch::decode::<Ready<'_>>) {
            let guilds = ready.guilds.iter().filter_map(Result::ok);
            self.pending.extend(guilds.map(|guild| guild.id.0));
        }
        self.list(now);
    }

    /// Hears that its session is lost: what it brings next is how things are, not what happened.
    pub(super) fn lose(&mut self, now: Instant) {
        if matches!(self.stage, Stage::Idle | Stage::Alone(_) | Stage::Done) {
            return;
        }
        self.stage = Stage::Starting(now);
        self.pending.clear();
        self.logs.values_mut().for_each(Log::lose_new);
        // The next session may have begun before that was heard.
        for (print, at) in self.old.drain() {
            self.logs.entry(print.guild).or_default().put_old(print.digest, at, false);
        }
        self.rounds = 0;
    }

    /// Tells whether a dispatch is one of the first of its session, which say how a guild is.
    pub(super) fn is_listing(&mut self, now: Instant, guild: u64, kind: EventKind) -> bool {
        let is_state = matches!(kind, EventKind::GuildCreate | EventKind::GuildDelete);
        let is_listed = is_state && self.pending.remove(&guild);
        if is_listed {
            self.list(now);
        }
        is_listed
    }

    /// Waits for the next guild, if there is one.
    fn list(&mut self, now: Instant) {
        self.stage = match self.pending.is_empty() {
            true => Stage::Settling(now),
            false => Stage::Listing(now.saturating_add(GUILDS_ARRIVE)),
        };
    }

    /// Looks how far it has come, if of all old shards everything is heard that they were told until an instant, and whether
    /// none of them is left.
    pub(super) fn look(&mut self, now: Instant, through: Instant, is_alone: bool) {
        self.hear_old_through(now, through);
        if is_alone && self.stage == Stage::Settled {
            self.new.clear();
            self.stage = Stage::Alone(now);
        }
    }

    fn hear_old_through(&mut self, now: Instant, through: Instant) {
        if let Stage::Settling(until) = self.stage
            && until <= through
        {
            self.told_after = now;
            self.stage = Stage::Clearing(now);
        } else if let Stage::Held(until) = self.stage
            && until <= through
        {
            self.settle(now);
        }
    }

    /// Hears that everything is heard that it was told until an instant.
    pub(super) fn hear_new_through(&mut self, now: Instant, through: Instant) {
        if let Stage::Listing(until) = self.stage
            && until <= through
        {
            // When one that is not available comes, that is news.
            self.pending.clear();
            self.list(now);
        }
        // Until then it brings how things are.
        if matches!(self.stage, Stage::Idle | Stage::Starting(_) | Stage::Listing(_)) {
            return;
        }
        self.heard_through = self.heard_through.max(through);
        self.old.forget(through, |_| true);
        self.logs.values_mut().for_each(|log| log.trim(through));
        if let Stage::Clearing(until) = self.stage
            && until <= through
        {
            self.stage = Stage::Held(now);
        } else if let Stage::Alone(until) = self.stage
            && until <= through
        {
            self.stage = Stage::Done;
        }
    }

    /// Looks how far it is behind the old shards; where that cannot be told, it is to bring more.
    fn settle(&mut self, now: Instant) {
        let through = self.heard_through;
        let is_last = self.rounds >= MOST_ROUNDS;
        let mut all_unsure = 0_u64;
        for (guild, log) in &self.logs {
            match log.ahead(through, self.told_after) {
                Ahead::Perhaps { .. } if !is_last => {
                    self.rounds += 1;
                    self.old.clear();
                    self.stage = Stage::Clearing(now);
                    return;
                }
                Ahead::Known(ahead) => self.old.put_all(*guild, ahead),
                Ahead::Perhaps { ahead, unsure } => {
                    self.old.put_all(*guild, ahead);
                    all_unsure = all_unsure.saturating_add(unsure);
                }
            }
        }
        self.unsure = self.unsure.saturating_add(all_unsure);
        self.logs.clear();
        self.stage = Stage::Settled;
    }

    /// Tells whether the consumer heard something of its guilds before that an old shard brings; notes it.
    pub(super) fn repeats_new(&mut self, print: Print, now: Instant) -> bool {
        if self.stage == Stage::Idle {
            return false;
        }
        let repeats = self.new.take(print);
        if !self.is_settled() {
            let is_told = matches!(self.stage, Stage::Clearing(_) | Stage::Held(_));
            self.logs.entry(print.guild).or_default().put_old(print.digest, now, is_told);
        } else if !repeats {
            self.old.put(print, now);
        }
        repeats
    }

    /// Tells whether the consumer has something it brings, or will have it from the old shard, unless that is over; notes
    /// it.
    pub(super) fn repeats_old(&mut self, print: Print, now: Instant, is_over: bool) -> bool {
        if self.old.take(print) {
            return true;
        }
        if is_over {
            return false;
        }
        if self.is_settled() {
            self.new.put(print, now);
            return false;
        }
        self.logs.entry(print.guild).or_default().put_new(print.digest);
        true
    }

    fn is_settled(&self) -> bool {
        matches!(self.stage, Stage::Settled | Stage::Alone(_) | Stage::Done)
    }
}
