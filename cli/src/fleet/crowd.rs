//! What happened so far to the shards of a fleet.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, bail};
use gatewright_core::model::UnavailableGuild;
use gatewright_core::{Dispatch, Event, EventKind, GuildId, OwnedEvent, ShardId, Shards, Stop};
use serde_json::json;

use crate::clock::Stopwatch;
use crate::story::{Line, Story, Tone};

/// A shard so far.
#[derive(Debug)]
pub(crate) struct Row {
    shard: ShardId,
    pub(crate) story: Story,
    pub(crate) guilds: BTreeSet<GuildId>,
    pub(crate) last_error: Option<String>,
    over: Option<Stop>,
}

/// All shards so far, by ascending ids.
#[derive(Debug)]
pub(crate) struct Crowd {
    clock: Stopwatch,
    rows: Vec<Row>,
    /// When the last shard began its session.
    begun_at: Option<Duration>,
    dropped: bool,
}

impl Crowd {
    pub(crate) fn new(shards: &Shards) -> Self {
        let row = |shard| Row {
            shard,
            story: Story::new(),
            guilds: BTreeSet::new(),
            last_error: None,
            over: None,
        };
        let rows = shards.iter().map(row).collect();
        Self { clock: Stopwatch::start(), rows, begun_at: None, dropped: false }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn rows_mut(&mut self) -> &mut [Row] {
        &mut self.rows
    }

    pub(crate) fn events(&self) -> u64 {
        self.rows.iter().map(|row| row.story.events()).sum()
    }

    pub(crate) fn guilds(&self) -> usize {
        self.rows.iter().map(|row| row.guilds.len()).sum()
    }

    /// Hears of a shard, and returns what of it is worth telling.
    pub(crate) fn hear(&mut self, shard: ShardId, heard: &Result<OwnedEvent, Stop>) -> Vec<Line> {
        let Some(row) = self.rows.iter_mut().find(|row| row.shard == shard) else {
            return Vec::new();
        };
        let lines = row.hear(heard);
        if self.begun_at.is_none() && self.rows.iter().all(|row| row.story.has_begun()) {
            self.begun_at = Some(self.clock.elapsed());
        }
        lines
    }

    /// Returns how long ago the last shard began its session.
    pub(crate) fn since_begun(&self) -> Duration {
        self.begun_at.map_or(Duration::ZERO, |begun| self.elapsed().saturating_sub(begun))
    }

    /// Tells whether it is time to cut the connections, once.
    pub(crate) fn may_drop(&self) -> bool {
        !self.dropped && self.rows.iter().all(|row| row.story.is_live())
    }

    pub(crate) fn drop_connections(&mut self) {
        self.dropped = true;
        self.rows.iter_mut().for_each(|row| row.story.drop_connection());
    }

    pub(crate) fn have_resumed(&self) -> bool {
        self.rows.iter().all(|row| row.story.has_resumed())
    }

    /// Returns the most dials of a shard that failed, if none was ever connected; some may wait for their turn still.
    pub(crate) fn failed_dials(&self) -> u32 {
        let stories = || self.rows.iter().map(|row| &row.story);
        if stories().any(Story::was_connected) {
            return 0;
        }
        stories().map(Story::failed_dials).max().unwrap_or(0)
    }

    /// Checks that each shard had a session, and none was refused.
    pub(crate) fn check(&self, interrupted: bool) -> anyhow::Result<()> {
        let refused = |row: &&Row| row.over.is_some_and(|stop| !stop.is_requested());
        let all = self.rows.len();
        if let Some(row) = self.rows.iter().find(refused) {
            let many = self.rows.iter().filter(refused).count();
            let stop = row.over.map_or_else(String::new, |stop| stop.to_string());
            bail!("{many} of {all} shards were refused, shard {} first: {stop}", row.shard);
        }
        let idle = self.rows.iter().filter(|row| !row.story.has_begun()).count();
        if idle > 0 && !interrupted {
            bail!("no session was begun in the time given on {idle} of {all} shards");
        }
        Ok(())
    }

    /// Checks what the sessions with a simulated gateway have to show.
    pub(crate) fn check_simulated(&self) -> anyhow::Result<()> {
        for row in &self.rows {
            row.story.check().with_context(|| format!("shard {}", row.shard))?;
        }
        Ok(())
    }
}

impl Row {
    fn hear(&mut self, heard: &Result<OwnedEvent, Stop>) -> Vec<Line> {
        let event = match heard {
            Ok(event) => event.event(),
            Err(stop) => return vec![self.end(*stop)],
        };
        if let Event::Dispatch(dispatch) = event {
            self.count_guild(&dispatch);
        }
        let lines = self.story.hear(&event);
        if let Some(error) = lines.iter().rfind(|line| line.tone == Tone::Bad) {
            self.last_error = Some(error.text.clone());
        }
        lines
    }

    fn end(&mut self, stop: Stop) -> Line {
        self.over = Some(stop);
        let (text, details) = (stop.to_string(), json!({ "stop": stop.to_string() }));
        if stop.is_requested() {
            return Line { name: "over", text, details, tone: Tone::Plain };
        }
        self.last_error = Some(text.clone());
        Line { name: "over", text, details, tone: Tone::Bad }
    }

    fn count_guild(&mut self, dispatch: &Dispatch<'_>) {
        match dispatch.kind() {
            EventKind::Ready => self.guilds.clear(),
            EventKind::GuildCreate => self.guilds.extend(dispatch.guild_id()),
            EventKind::GuildDelete => {
                // One that is only not available is still the bot's.
                let gone = dispatch.decode::<UnavailableGuild>();
                if let Some(guild) = gone.ok().filter(|guild| guild.unavailable != Some(true)) {
                    self.guilds.remove(&guild.id);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use gatewright_core::{
        Compression, Config, Gone, Input, Instant, Intents, Memory, Output, Shard,
    };

    use super::*;

    /// What a shard tells when it cannot connect.
    fn failed_dial() -> OwnedEvent {
        let memory = Memory::heap(Compression::None);
        let mut shard = Shard::new(Config::new("token", Intents::GUILDS), 1, memory).unwrap();
        let mut input = Input::Tick;
        for _ in 0..3 {
            shard.handle_input(Instant::ZERO, input);
            input = match shard.poll_output() {
                Output::Connect(target) => Input::Closed(target.link, Gone::Unreachable),
                Output::Event(_) => return shard.event().into_owned(),
                other => panic!("{other:?}"),
            };
        }
        panic!("nothing is told")
    }

    #[test]
    fn one_that_cannot_connect_tells_it_while_others_wait_for_their_turn() {
        let shards = Shards::all(40).unwrap();
        let mut crowd = Crowd::new(&shards);
        for failed in 1..4 {
            crowd.hear(ShardId::new(7, 40), &Ok(failed_dial()));
            assert_eq!(crowd.failed_dials(), failed);
        }
    }
}
