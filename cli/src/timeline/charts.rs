//! The charts: heartbeat latency, events and bytes.

use super::axis::{bytes as size, clock, count, latency as time, span, value_step};
use super::cells::{Beats, Cell};
use super::draw::{HEADING, Sheet, fraction};
use super::svg::{Area, Number};
use crate::show::grouped;

/// The radius of a heartbeat.
const DOT: f64 = 3.2;
/// The radius where there are many.
const SMALL: f64 = 2.0;
/// How many are many.
const MANY: usize = 100;
/// How far a bar reaches into the next one, so that no seam is seen.
const SEAM: f64 = 0.3;
/// A thousandth, the unit of events a second.
const MILLI: u64 = 1_000;

/// A chart with its axis of values.
struct Chart {
    area: Area,
    top: u64,
}

impl Chart {
    /// Begins a chart that reaches a value.
    fn new(sheet: &mut Sheet<'_>, area: Area, most: u64, label: fn(u64) -> String) -> Self {
        let step = value_step(most);
        let chart = Self { area, top: most.max(1).div_ceil(step).saturating_mul(step) };
        for value in (0..=chart.top / step).map(|index| index * step) {
            let y = chart.y(value);
            let class = if value == 0 { "base" } else { "grid" };
            let line = format!("M{} {}H{}", Number(area.x), Number(y), Number(area.x + area.w));
            sheet.svg.path(class, &line, "");
            sheet.svg.text("tick end", area.x - 5.0, y + 5.0, &label(value));
        }
        chart
    }

    fn y(&self, value: u64) -> f64 {
        self.area.y + self.area.h * (1.0 - fraction(value.min(self.top), self.top))
    }

    /// Draws a bar over a cell.
    fn bar(&self, sheet: &mut Sheet<'_>, class: &str, cell: (u64, u64), value: u64, title: &str) {
        if value == 0 {
            return;
        }
        let (x, end) = (sheet.x(cell.0), sheet.x(cell.0.saturating_add(cell.1)));
        let seam = if end < self.area.x + self.area.w - SEAM { SEAM } else { 0.0 };
        let (y, least) = (self.y(value), 1.0);
        let h = (self.area.y + self.area.h - y).max(least);
        let area = Area { x, y: self.area.y + self.area.h - h, w: (end - x + seam).max(least), h };
        sheet.svg.rect(class, area, title);
    }
}

/// Draws heartbeats with their latency.
pub(crate) fn latency(sheet: &mut Sheet<'_>) {
    let beats: Vec<Beats> = sheet.timeline.cells.iter().map(|(_, cell)| cell.beats).collect();
    let mut all = Beats::default();
    beats.iter().for_each(|each| all.add(each));
    let missed =
        if all.missed > 0 { format!(", {} unanswered", all.missed) } else { String::new() };
    let summary = match all.sum.checked_div(all.count) {
        Some(0) if all.most == 0 => format!("0 ms{missed}"),
        Some(mean) if all.least == all.most => format!("{}{missed}", time(mean)),
        Some(mean) => {
            format!("{} to {}, mean {}{missed}", time(all.least), time(all.most), time(mean))
        }
        None => missed.trim_start_matches(", ").to_owned(),
    };
    let area = sheet.panel("Heartbeat latency", &summary);
    if all.count + all.missed == 0 {
        return sheet.nothing(area, "no heartbeats");
    }
    // On a connection without latency there is an axis too.
    let chart = Chart::new(sheet, area, all.most.max(MILLI), time);
    let many = beats.iter().filter(|beats| beats.count > 0).count() > MANY;
    for each in &beats {
        beat(sheet, &chart, each, if many { SMALL } else { DOT });
    }
}

fn beat(sheet: &mut Sheet<'_>, chart: &Chart, beats: &Beats, dot: f64) {
    let x = sheet.x(beats.first.midpoint(beats.last));
    let when = match beats.count + beats.missed {
        0 => return,
        1 => format!("at {}", clock(beats.first)),
        several => format!("{several} from {} to {}", clock(beats.first), clock(beats.last)),
    };
    if let Some(mean) = beats.sum.checked_div(beats.count) {
        let title = if beats.count == 1 {
            format!("{}, {when}", time(mean))
        } else {
            format!("{} to {}, mean {}, {when}", time(beats.least), time(beats.most), time(mean))
        };
        if beats.least < beats.most {
            let (top, bottom) = (Number(chart.y(beats.most)), Number(chart.y(beats.least)));
            sheet.svg.path("range", &format!("M{} {top}V{bottom}", Number(x)), &title);
        }
        sheet.svg.circle("beat", x, chart.y(mean), dot, &title);
    }
    if beats.missed > 0 {
        let (x, y) = (Number(x - 4.0), Number(chart.area.y + 3.0));
        let title = format!("{} without an ACK, {when}", beats.missed);
        sheet.svg.path("missed", &format!("M{x} {y}l8 8m0 -8l-8 8"), &title);
    }
}

/// Draws events a second.
pub(crate) fn events(sheet: &mut Sheet<'_>) {
    let cells = rates(sheet, |cell| cell.events.saturating_mul(MILLI));
    let most = cells.iter().map(|(_, rate)| *rate).max().unwrap_or(0);
    let (total, width) = (sheet.timeline.counters.dispatches, sheet.timeline.cells.width());
    let over = if width > 1_000_000 { format!(" over {}", span(width)) } else { String::new() };
    let all = if total < 1_000_000 { grouped(total) } else { count(total) };
    let summary = format!("{all} in all, at most {} a second{over}", thousandths(most));
    let area = sheet.panel("Events a second", if total > 0 { &summary } else { "" });
    if sheet.timeline.counters.dispatches == 0 {
        return sheet.nothing(area, "no events");
    }
    let chart = Chart::new(sheet, area, most, thousandths);
    for (at, rate) in cells {
        let title = format!("{} a second, {}", thousandths(rate), stretch(at, width));
        chart.bar(sheet, "events", (at, width), rate, &title);
    }
}

/// Draws bytes a second: on the wire, and inflated if that is more.
pub(crate) fn bytes(sheet: &mut Sheet<'_>) {
    let (wire, inflated) = (rates(sheet, |cell| cell.wire), rates(sheet, |cell| cell.inflated));
    let counters = sheet.timeline.counters;
    let packed = counters.inflated_bytes != counters.wire_bytes;
    let area = sheet.panel("Bytes a second", "");
    keys(sheet, area, packed);
    if counters.wire_bytes == 0 {
        return sheet.nothing(area, "no bytes");
    }
    let most = wire.iter().chain(&inflated).map(|(_, rate)| *rate).max().unwrap_or(0);
    let chart = Chart::new(sheet, area, most, size);
    let width = sheet.timeline.cells.width();
    for ((at, wire), (_, inflated)) in wire.into_iter().zip(inflated) {
        let title = format!(
            "{} a second on the wire, {} inflated, {}",
            size(wire),
            size(inflated),
            stretch(at, width)
        );
        let mut bars = [("inflated", inflated), ("wire", wire)];
        // The larger one stands behind.
        bars.sort_by_key(|(_, rate)| std::cmp::Reverse(*rate));
        for (class, rate) in bars {
            if packed || class == "wire" {
                chart.bar(sheet, class, (at, width), rate, &title);
            }
        }
    }
}

/// Writes which bytes are which, right of the heading of a chart.
fn keys(sheet: &mut Sheet<'_>, area: Area, packed: bool) {
    let counters = sheet.timeline.counters;
    let wire = format!("{} on the wire", size(counters.wire_bytes));
    let inflated = format!("{} inflated", size(counters.inflated_bytes));
    let y = std::mem::replace(&mut sheet.y, area.y - HEADING);
    if packed {
        sheet.key("inflated", area.x + area.w - 176.0, &inflated);
        sheet.key("wire", area.x + area.w - 364.0, &wire);
    } else {
        sheet.svg.text("dim end", area.x + area.w, sheet.y, &wire);
    }
    sheet.y = y;
}

/// Returns a number a second for each cell.
fn rates(sheet: &Sheet<'_>, number: fn(&Cell) -> u64) -> Vec<(u64, u64)> {
    let cells = &sheet.timeline.cells;
    let seconds = (cells.width() / 1_000_000).max(1);
    cells.iter().map(|(at, cell)| (at, number(cell).div_ceil(seconds))).collect()
}

/// Writes thousandths: as a whole number from ten on, with a tenth from one on.
fn thousandths(number: u64) -> String {
    match number {
        10_000.. => count(number / MILLI),
        MILLI.. => format!("{}", fraction(number / 100, 10)),
        _ => format!("{}", fraction(number, MILLI)),
    }
}

/// Says which time a bar is for.
fn stretch(at: u64, width: u64) -> String {
    format!("{} from {}", span(width), clock(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_events_have_a_fraction() {
        for (number, text) in [
            (0, "0"),
            (50, "0.05"),
            (1_500, "1.5"),
            (2_000, "2"),
            (43_219, "43"),
            (12_345_678, "12 k"),
        ] {
            assert_eq!(thousandths(number), text);
        }
    }
}
