//! A fleet on the screen: a line for each shard, drawn again and again on a terminal, once elsewhere.

use std::fmt::Write as _;
use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use gatewright_core::{Phase, ShardId, Status};
use serde_json::json;

use super::crowd::{Crowd, Row};
use crate::lines::escaped;
use crate::say;
use crate::show::{grouped, json_line};
use crate::story::{Line, Tone};

/// The most shards in the table on a terminal, which may have but 24 lines.
const MOST_ROWS: usize = 18;
/// How often it is drawn, in pulses.
const EVERY: u32 = 5;

/// Draws the table.
#[derive(Debug)]
pub(crate) struct Table {
    json: bool,
    terminal: bool,
    pulses: u32,
    /// How many lines are drawn.
    drawn: usize,
    /// Whether all sessions are about to end.
    closing: bool,
}

impl Table {
    pub(crate) fn new(json: bool) -> Self {
        let terminal = !json && std::io::stdout().is_terminal();
        Self { json, terminal, pulses: 0, drawn: 0, closing: false }
    }

    /// Tells that all sessions are about to end, of which people need not hear one by one.
    pub(crate) const fn close(&mut self) {
        self.closing = true;
    }

    /// Writes what happened to a shard; on a terminal the table shows what is well.
    pub(crate) fn line(&mut self, crowd: &Crowd, shard: ShardId, line: &Line) {
        let elapsed = crowd.elapsed().as_secs_f64();
        if self.json {
            let mut object = json!({ "event": line.name, "at_s": elapsed, "shard": shard.id });
            if let (Some(object), Some(details)) =
                (object.as_object_mut(), line.details.as_object())
            {
                object.extend(details.clone());
            }
            json_line(&object);
            return;
        }
        let is_small = matches!(line.name, "guild" | "guilds" | "connected");
        let is_well = line.tone != Tone::Bad;
        if self.closing || is_small || (self.terminal && is_well) {
            return;
        }
        self.clear();
        let style = match line.tone {
            Tone::Bad => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
            Tone::Good => Style::new().fg_color(Some(AnsiColor::Green.into())),
            Tone::Plain => Style::new(),
        };
        let text = escaped(&line.text);
        say!("{elapsed:8.3} s  shard {shard}  {style}{text}{style:#}");
    }

    /// Draws the table, on a terminal.
    pub(crate) fn live(&mut self, crowd: &mut Crowd, statuses: &[(ShardId, Status)]) {
        self.pulses += 1;
        if self.terminal && self.pulses.is_multiple_of(EVERY) {
            self.draw(crowd, statuses);
        }
    }

    /// Writes how it ended.
    pub(crate) fn end(&mut self, crowd: &mut Crowd, statuses: &[(ShardId, Status)]) {
        if !self.json {
            return self.draw(crowd, statuses);
        }
        for (row, (shard, status)) in crowd.rows().iter().zip(statuses) {
            json_line(&json!({
                "event": "shard", "shard": shard.id, "count": shard.count, "state": status.phase.name(),
                "events": row.story.events(), "guilds": row.guilds.len(), "resumes": row.story.resumes().0,
                "latency_ms": status.latency.map(|latency| latency.as_secs_f64() * 1e3),
                "last_error": row.last_error,
            }));
        }
        let (events, guilds) = (crowd.events(), crowd.guilds());
        json_line(&json!({
            "event": "end", "shards": crowd.rows().len(), "events": events, "guilds": guilds,
        }));
    }

    fn draw(&mut self, crowd: &mut Crowd, statuses: &[(ShardId, Status)]) {
        let mut text = heading();
        let mut rows: Vec<_> = crowd.rows_mut().iter_mut().zip(statuses).collect();
        // Those that are not live come first where not all have a place.
        if self.terminal && rows.len() > MOST_ROWS {
            rows.sort_by_key(|(_, (_, status))| status.phase == Phase::Live);
        }
        let most = if self.terminal { MOST_ROWS } else { rows.len() };
        let left_out = rows.len().saturating_sub(most);
        for (row, (shard, status)) in rows.into_iter().take(most) {
            line(&mut text, row, *shard, status);
        }
        if left_out > 0 {
            text += &format!("and {left_out} more\n");
        }
        let live = statuses.iter().filter(|(_, status)| status.phase == Phase::Live).count();
        let (events, guilds) = (grouped(crowd.events()), crowd.guilds());
        text += &format!(
            "{:.1} s, {live} of {} live, {events} events, {guilds} guilds\n",
            crowd.elapsed().as_secs_f64(),
            statuses.len(),
        );
        self.clear();
        if self.terminal {
            // A line that is too long is cut, so that the number of lines is known.
            self.drawn = text.lines().count();
            text = format!("\x1b[?7l{text}\x1b[?7h");
        }
        say::write(format_args!("{text}"));
    }

    /// Clears what was drawn.
    fn clear(&mut self) {
        if self.drawn > 0 {
            say::write(format_args!("\x1b[{}A\r\x1b[J", self.drawn));
            self.drawn = 0;
        }
    }
}

fn heading() -> String {
    format!(
        "{:>9}  {:<12} {:>9} {:>9} {:>11} {:>7}  last error\n",
        "shard", "state", "latency", "events/s", "events", "guilds"
    )
}

fn line(text: &mut String, row: &mut Row, shard: ShardId, status: &Status) {
    let color = if status.phase == Phase::Live { AnsiColor::Green } else { AnsiColor::Yellow };
    let style = Style::new().fg_color(Some(color.into()));
    let latency = status
        .latency
        .map_or_else(|| "-".to_owned(), |latency| format!("{:.1} ms", latency.as_secs_f64() * 1e3));
    let (rate, events) = (row.story.rate(), grouped(row.story.events()));
    let (guilds, error) = (row.guilds.len(), escaped(row.last_error.as_deref().unwrap_or("-")));
    let (shard, state) = (shard.to_string(), status.phase.name());
    // A string takes whatever is written.
    let _ = writeln!(
        text,
        "{shard:>9}  {style}{state:<12}{style:#} {latency:>9} {rate:>9.0} {events:>11} {guilds:>7}  {error}"
    );
}
