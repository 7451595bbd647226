//! The table in Markdown, and everything in JSON.

use std::fmt::Write;

use anyhow::Result;
use gatewright_bench_harness::meter::Told;
use gatewright_core::{Compression, Encoding};
use serde::Serialize;

use crate::clients::{Does, shown};
use crate::measure::{Measured, Row};

/// A median with what lies around it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    pub fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let half = values.len() / 2;
        let upper = *values.get(half)?;
        let lower = if values.len().is_multiple_of(2) { *values.get(half - 1)? } else { upper };
        Some(Self { median: f64::midpoint(lower, upper), min, max })
    }

    fn show(self, digits: usize) -> String {
        let Self { median, min, max } = self;
        format!("{median:.digits$} ({min:.digits$}..{max:.digits$})")
    }
}

impl Row {
    /// Returns who it is, with the version it told.
    pub fn name(&self) -> &str {
        self.told.first().map_or(self.client.who, |told| &told.name)
    }

    /// Returns how its events come and where they go.
    pub fn how(&self) -> String {
        let format = self.client.format;
        let encoding = if format.encoding == Encoding::Etf { "ETF, " } else { "" };
        format!("{encoding}{}", shown(format.compression))
    }

    fn of(&self, figure: impl Fn(&Told) -> f64) -> Option<Spread> {
        Spread::of(self.told.iter().map(figure))
    }

    /// Returns how many MB the process grew by.
    pub fn grown(&self) -> Option<Spread> {
        self.of(|told| told.resident_peak.saturating_sub(told.resident_before) as f64 / 1e3)
    }
}

impl Measured {
    /// Returns the CPU time of an event, in microseconds.
    fn event(&self, row: &Row) -> Option<Spread> {
        row.of(|told| self.event_of(told))
    }

    fn event_of(&self, told: &Told) -> f64 {
        told.steady_cpu * 1e6 / self.size.events as f64
    }

    /// Returns how many events a second of CPU time is good for.
    pub fn events_a_cpu_second(&self, row: &Row) -> Option<Spread> {
        row.of(|told| self.size.events as f64 / told.steady_cpu)
    }

    fn events_a_second(&self, row: &Row) -> Option<Spread> {
        row.of(|told| (self.size.events - 1) as f64 / told.steady_wall)
    }

    /// Returns the CPU time of a guild of 1,000 members, in milliseconds.
    fn large(&self, row: &Row) -> Option<Spread> {
        row.of(|told| told.large_cpu * 1e3 / f64::from(self.size.large))
    }

    /// Returns twilight's row beside another: that reads or keeps, in the same format or else as zlib-stream.
    fn beside(&self, row: &Row) -> Option<&Row> {
        let does = if row.client.does == Does::Cache { Does::Cache } else { Does::EveryField };
        let of = |compression| {
            self.rows.iter().find(|peer| {
                let same = peer.client.does == does;
                same && peer.client.who == "twilight"
                    && peer.client.format.compression == compression
                    && !peer.told.is_empty()
            })
        };
        of(row.client.format.compression).or_else(|| of(Compression::ZlibStream))
    }

    /// Returns how many times as much twilight took in the same round.
    fn times_less(&self, row: &Row, figure: impl Fn(&Told) -> f64) -> Option<Spread> {
        let twilight = self.beside(row)?;
        let pairs = twilight.told.iter().zip(&row.told);
        Spread::of(pairs.map(|(theirs, its)| figure(theirs) / figure(its)))
    }

    /// Says what a row lacks: events that never came, or could not be read.
    fn lacks(&self, row: &Row) -> Option<String> {
        let sent = self.size.guilds() + self.size.events;
        let odd =
            row.told.iter().chain(&row.counted).find(|told| told.seen != sent || told.failed > 0);
        let cached =
            row.told.iter().find(|told| told.cached.is_some_and(|n| n != self.size.guilds()));
        let mut lacks = Vec::new();
        if let Some(Told { seen, failed, .. }) = odd {
            lacks.push(format!("{seen} of {sent} events were seen, {failed} could not be read"));
        }
        if let Some(guilds) = cached.and_then(|told| told.cached) {
            lacks.push(format!("{guilds} of {} guilds are in its cache", self.size.guilds()));
        }
        (!lacks.is_empty()).then(|| format!("{}: {}", row.client, lacks.join("; ")))
    }

    /// Says how many events are of kinds that clients do not know, and pass over.
    fn unknown(&self) -> Vec<String> {
        let mut all: Vec<(u64, Vec<&str>)> = Vec::new();
        for row in &self.rows {
            let Some(unknown) = row.told.first().map(|told| told.unknown).filter(|n| *n > 0) else {
                continue;
            };
            match all.iter_mut().find(|(count, _)| *count == unknown) {
                Some((_, who)) if who.contains(&row.client.who) => {}
                Some((_, who)) => who.push(row.client.who),
                None => all.push((unknown, vec![row.client.who])),
            }
        }
        let say = |(count, who): (u64, Vec<&str>)| {
            format!("{count} events are of kinds that are not known to {}", who.join(", "))
        };
        all.into_iter().map(say).collect()
    }

    fn notes(&self) -> Vec<String> {
        let skipped = self.skipped.iter().map(|(who, why)| format!("{who} was skipped: {why}"));
        let lacking = self.rows.iter().filter_map(|row| self.lacks(row));
        let faults = self.faults.iter().cloned();
        skipped.chain(faults).chain(lacking).chain(self.unknown()).collect()
    }
}

/// Returns the report as it is read.
pub fn markdown(measured: &Measured) -> String {
    let mut out = String::new();
    let size = measured.size;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{}; {} rounds. {} guilds of 1,000 members and {} of 20, {:.1} MB of JSON; then {} events of {} bytes. Seed {}.\n",
        machine(),
        measured.rounds,
        size.large,
        size.small,
        measured.guild_bytes as f64 / 1e6,
        size.events,
        measured.event_bytes,
        size.seed,
    );
    for does in [Does::Cache, Does::EveryField, Does::Needs, Does::Nothing] {
        let rows: Vec<&Row> = measured
            .rows
            .iter()
            .filter(|row| row.client.does == does && !row.told.is_empty())
            .collect();
        if !rows.is_empty() {
            table(measured, does, &rows, &mut out);
        }
    }
    for note in measured.notes() {
        let _ = writeln!(out, "* {note}");
    }
    out
}

fn table(measured: &Measured, does: Does, rows: &[&Row], out: &mut String) {
    let _ = writeln!(
        out,
        "| {does} | messages | CPU an event, µs | times less than twilight | events a second | CPU a guild of 1,000 members, ms | times less than twilight | CPU of all guilds, s | grew by, MB | heap at the end, MB | allocations an event |"
    );
    out.push_str("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    let show = |spread: Option<Spread>, digits| spread.map_or("".to_owned(), |s| s.show(digits));
    for row in rows {
        let event = measured.times_less(row, |told| told.steady_cpu);
        let large = measured.times_less(row, |told| told.large_cpu);
        let counted = row.counted.as_ref();
        let show_if = |figure: Option<f64>| figure.map_or("".to_owned(), |f| format!("{f:.1}"));
        let heap = show_if(counted.and_then(|told| Some(told.heap_end? as f64 / 1e6)));
        let events = measured.size.events as f64;
        let asked = show_if(counted.and_then(|told| Some(told.allocations? as f64 / events)));
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {:.0} | {} | {} | {:.2} | {:.1} | {heap} | {asked} |",
            row.name(),
            row.how(),
            show(measured.event(row), 2),
            show(event, 2),
            measured.events_a_second(row).map_or(0.0, |s| s.median),
            show(measured.large(row), 2),
            show(large, 2),
            row.of(|told| told.guilds_cpu).map_or(0.0, |s| s.median),
            row.grown().map_or(0.0, |s| s.median),
        );
    }
    out.push('\n');
}

/// Returns all that was measured, round by round.
pub fn json(measured: &Measured) -> Result<String> {
    let row = |row: &Row| {
        serde_json::json!({
            "client": row.client.who,
            "name": row.name(),
            "encoding": row.client.format.encoding.to_string(),
            "compression": row.client.format.compression.to_string(),
            "does": row.client.does.word(),
            "cpu_us_an_event": measured.event(row),
            "events_a_cpu_second": measured.events_a_cpu_second(row),
            "events_a_second": measured.events_a_second(row),
            "cpu_ms_a_large_guild": measured.large(row),
            "times_less_cpu_an_event_than_twilight": measured.times_less(row, |told| told.steady_cpu),
            "times_less_cpu_a_large_guild_than_twilight": measured.times_less(row, |told| told.large_cpu),
            "grown_mb": row.grown(),
            "rounds": row.told,
            "heap_counted": row.counted,
        })
    };
    let all = serde_json::json!({
        "machine": machine(),
        "seed": measured.size.seed,
        "large_guilds": measured.size.large,
        "small_guilds": measured.size.small,
        "events": measured.size.events,
        "event_bytes": measured.event_bytes,
        "guild_bytes": measured.guild_bytes,
        "rounds": measured.rounds,
        "clients": measured.rows.iter().map(row).collect::<Vec<_>>(),
        "notes": measured.notes(),
    });
    Ok(serde_json::to_string_pretty(&all)?)
}

/// Says which processor this is, how many cores it has, and how busy it is.
fn machine() -> String {
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = processor.lines().find_map(|line| line.strip_prefix("model name"));
    let name = name.and_then(|line| line.split_once(": ")).map_or("a processor", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').nth(1).unwrap_or("?");
    format!("{cores} cores of {name}, load {load}")
}
