//! The picture: panels below each other over one axis of time.

use gatewright_core::{Counters, Phase};

use super::axis::{clock, span, tick, time_step};
use super::charts;
use super::marks::{self, pills, short, wrapped};
use super::spans::{Phases, Span};
use super::svg::{Area, Escaped, Number, Svg};
use super::{Compression, Timeline};
use crate::show::grouped;

/// The width of the picture; its texts are large for it, so that a phone shows them.
const WIDTH: f64 = 600.0;
/// The left edge of text.
const LEFT: f64 = 12.0;
/// The edges of what is drawn over time.
const PLOT: (f64, f64) = (62.0, 588.0);
/// The height of the states.
const BAND: f64 = 36.0;
/// The height of a chart.
const CHART: f64 = 88.0;
/// From one line of text to the next.
const LINE: f64 = 21.0;
/// How far above a chart its heading stands, clear of the labels of its axis.
pub(crate) const HEADING: f64 = 13.0;
/// The width of a letter, rather too much.
const LETTER: f64 = 8.4;
/// How many letters fit into a line.
const LETTERS: usize = 66;
/// The least width of a state that is not live.
const LEAST: f64 = 2.0;
/// The most connections that ended which are listed.
const LISTED: u64 = 10;
/// How many connections that ended are many.
const MANY: usize = 24;
/// The most causes told for one number when it is pointed at.
const TITLED: usize = 10;
/// The time a session of no length is drawn over.
const SECOND: u64 = 1_000_000;
/// What is short, as a part of the whole time.
const GRAIN: u64 = 400;

const STYLE: &str = include_str!("style.css");
/// Patterns, for states whose colour is not enough for everybody.
const STRIPES: &str = r#"<defs>
<pattern id="gw-several" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="stripe" width="6" height="6"/><path class="stripes" d="M0 0V6"/></pattern>
<pattern id="gw-asking" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect class="ask" width="8" height="8"/><path class="asks" d="M0 0V8"/></pattern>
</defs>"#;

/// A picture in the making.
pub(crate) struct Sheet<'t> {
    pub(crate) timeline: &'t Timeline,
    pub(crate) svg: Svg,
    /// How far down it is drawn.
    pub(crate) y: f64,
    /// The time it spans, in microseconds; never zero.
    length: u64,
}

/// Draws a session.
pub(crate) fn draw(timeline: &Timeline) -> String {
    let length = if timeline.length() == 0 { SECOND } else { timeline.length() };
    let mut sheet = Sheet { timeline, svg: Svg::default(), y: 0.0, length };
    sheet.heading();
    sheet.states();
    charts::latency(&mut sheet);
    charts::events(&mut sheet);
    charts::bytes(&mut sheet);
    sheet.times();
    sheet.list();
    sheet.finish()
}

impl Sheet<'_> {
    /// Returns where a time is.
    pub(crate) fn x(&self, at: u64) -> f64 {
        PLOT.0 + fraction(at.min(self.length), self.length) * (PLOT.1 - PLOT.0)
    }

    /// Begins a chart below its heading; returns where it is drawn.
    pub(crate) fn panel(&mut self, title: &str, summary: &str) -> Area {
        self.y += 20.0 + LINE;
        self.svg.text("h2", LEFT, self.y - HEADING, title);
        self.svg.text("dim end", PLOT.1, self.y - HEADING, summary);
        let area = Area { x: PLOT.0, y: self.y, w: PLOT.1 - PLOT.0, h: CHART };
        self.svg.rect("plot", area, "");
        self.y += CHART;
        self.grid(area);
        area
    }

    /// Writes in the middle of a chart that there is nothing to see.
    pub(crate) fn nothing(&mut self, area: Area, text: &str) {
        self.svg.text("dim mid", area.x + area.w / 2.0, area.y + area.h / 2.0 + 5.0, text);
    }

    /// Draws the steps of time, and where connections ended, through a chart.
    fn grid(&mut self, area: Area) {
        let (top, bottom) = (Number(area.y), Number(area.y + area.h));
        let line = |x: f64| format!("M{} {top}V{bottom}", Number(x));
        let steps: String = self.steps().map(|at| line(self.x(at))).collect();
        self.svg.path("grid", &steps, "");
        let losses = self.losses();
        if !losses.is_empty() {
            let class = if losses.len() > MANY { "loss faint" } else { "loss" };
            let lines: String = losses.iter().map(|at| line(self.x(*at))).collect();
            self.svg.path(class, &lines, "");
        }
    }

    fn steps(&self) -> impl Iterator<Item = u64> + use<> {
        let (step, length) = (time_step(self.length), self.length);
        (0..=length / step).map(move |index| index * step)
    }

    /// Returns when connections ended: each, or if they are many, by cells.
    fn losses(&self) -> Vec<u64> {
        let Timeline { marks, causes, cells, .. } = self.timeline;
        if causes.values().sum::<u64>() <= u64::try_from(marks.len()).unwrap_or(0) {
            return marks.iter().map(|mark| mark.at).collect();
        }
        let lost = cells.iter().filter(|(_, cell)| cell.losses > 0);
        lost.map(|(at, _)| at.saturating_add(cells.width() / 2)).collect()
    }

    /// Writes the axis of time.
    fn times(&mut self) {
        self.y += 18.0;
        let step = time_step(self.length);
        for at in self.steps() {
            let (x, text) = (self.x(at), tick(at, step));
            let half = LETTER * letters(&text) / 2.0;
            let (class, x) = if x + half > WIDTH { ("tick end", PLOT.1) } else { ("tick mid", x) };
            self.svg.text(class, x, self.y, &text);
        }
    }

    fn heading(&mut self) {
        let Timeline { shard, encoding, compression, .. } = self.timeline;
        self.y = 32.0;
        self.svg.text("h1", LEFT, self.y, &format!("Gateway session, shard {shard}"));
        let packed = match compression {
            Compression::None => "not compressed".to_owned(),
            other => other.to_string(),
        };
        let time = span(self.timeline.length());
        let live = fraction(self.timeline.live, self.timeline.length().max(1)) * 100.0;
        let first = format!("{encoding}, {packed}, {time}, live {live:.1} % of it");
        let notes = self.timeline.notes.join(" ");
        for text in [first, counts(&self.timeline.counters), notes] {
            if !text.is_empty() {
                self.y += LINE;
                self.svg.text("dim", LEFT, self.y, &short(&text, LETTERS));
            }
        }
    }

    /// Draws the states, the numbers of connections that ended above them, and the legend below.
    fn states(&mut self) {
        self.y += 14.0;
        self.numbers();
        let area = Area { x: PLOT.0, y: self.y, w: PLOT.1 - PLOT.0, h: BAND };
        self.svg.text("h2", LEFT, self.y + 23.0, "State");
        self.y += BAND;
        let spans = self.timeline.spans.folded((self.length / GRAIN).max(1));
        for span in &spans {
            self.state(area, span);
        }
        self.times();
        let mut seen = spans.iter().map(|span| span.phases).filter(|it| it.single().is_some());
        let several = spans.iter().any(|span| span.phases.single().is_none());
        let phases = seen.by_ref().fold(Phases::default(), Phases::with);
        let mut names: Vec<_> = phases.iter().map(|phase| (phase.name(), phase.name())).collect();
        if several {
            names.push(("several", "several in a short time"));
        }
        self.legend(&names);
    }

    /// Draws a state, with its name if there is room.
    fn state(&mut self, area: Area, span: &Span) {
        let (from, to) = (self.x(span.from), self.x(span.to));
        let phase = span.phases.single();
        let least = if phase == Some(Phase::Live) { 0.0 } else { LEAST };
        let w = (to - from).max(least);
        if w <= 0.0 {
            return;
        }
        let x = from.min(PLOT.1 - w);
        let names: Vec<_> = span.phases.iter().map(Phase::name).collect();
        let title = format!("{} for {}", names.join(", "), super::axis::span(span.to - span.from));
        let class = phase.map_or("several", Phase::name);
        let edge = if w > 6.0 { " edge" } else { "" };
        self.svg.rect(&format!("{class}{edge}"), Area { x, w, ..area }, &title);
        let name = phase.map_or("", Phase::name);
        if !name.is_empty() && w > LETTER * letters(name) + 8.0 {
            let dark = matches!(phase, Some(Phase::Resuming | Phase::Stopped));
            let class = if dark { "name mid light" } else { "name mid" };
            self.svg.text(class, x + w / 2.0, area.y + BAND / 2.0 + 5.0, name);
        }
    }

    /// Draws the numbers of connections that ended.
    fn numbers(&mut self) {
        let timeline = self.timeline;
        if timeline.marks.is_empty() {
            return;
        }
        let places: Vec<_> = timeline.marks.iter().map(|mark| self.x(mark.at)).collect();
        for pill in pills(places.iter().copied(), PLOT) {
            let of = timeline.marks.get(pill.first..=pill.last).unwrap_or_default();
            let titles: Vec<_> = of.iter().take(TITLED).map(marks::when).collect();
            let area = Area { x: pill.x, y: self.y, w: pill.w, h: marks::HEIGHT };
            self.svg.pill("pill", area, &titles.join("; "));
            self.svg.text("num mid", pill.x + pill.w / 2.0, self.y + 15.0, &pill.label());
        }
        self.y += marks::HEIGHT;
        let line = |at: &u64| format!("M{} {}v7", Number(self.x(*at)), Number(self.y));
        let lines: String = self.losses().iter().map(line).collect();
        self.svg.path("loss", &lines, "");
        self.y += 7.0;
    }

    /// Writes what the colours mean.
    fn legend(&mut self, names: &[(&str, &str)]) {
        self.y += 10.0;
        let mut x = PLOT.0;
        self.y += LINE;
        for (class, name) in names {
            let w = 24.0 + LETTER * letters(name);
            if x + w > WIDTH {
                (x, self.y) = (PLOT.0, self.y + LINE);
            }
            self.key(class, x, name);
            x += w + 6.0;
        }
        self.y += 2.0;
    }

    /// Writes what one colour means, on the line at hand.
    pub(crate) fn key(&mut self, class: &str, x: f64, name: &str) {
        let swatch = Area { x, y: self.y - 13.0, w: 15.0, h: 15.0 };
        self.svg.rect(&format!("{class} edge"), swatch, "");
        self.svg.text("dim", x + 20.0, self.y, name);
    }

    /// Lists the connections that ended.
    fn list(&mut self) {
        let timeline = self.timeline;
        if timeline.marks.is_empty() {
            return;
        }
        self.y += 20.0 + LINE;
        self.svg.text("h2", LEFT, self.y, "Connections that ended");
        let all: u64 = timeline.causes.values().sum();
        // Two more take no more room than to say that there are more.
        let listed = if all <= LISTED + 2 { all } else { LISTED };
        let shown = usize::try_from(listed).unwrap_or(0);
        for (index, mark) in timeline.marks.iter().take(shown).enumerate() {
            self.y += LINE + 7.0;
            let number = (index + 1).to_string();
            let area = Area { x: LEFT, y: self.y - 15.0, w: 26.0, h: marks::HEIGHT };
            self.svg.pill("pill", area, "");
            self.svg.text("num mid", LEFT + 13.0, self.y, &number);
            self.svg.text("", LEFT + 36.0, self.y, &short(&marks::cause(mark), LETTERS - 12));
            self.svg.text("dim end", PLOT.1, self.y, &clock(mark.at));
            for line in wrapped(&marks::outcome(mark), LETTERS - 5, 3) {
                self.y += LINE - 1.0;
                self.svg.text("dim", LEFT + 36.0, self.y, &line);
            }
        }
        if all > listed {
            self.y += 8.0;
            let text =
                format!("and {} more; in all {}", grouped(all - listed), marks::totals(timeline));
            for line in wrapped(&text, LETTERS, 4) {
                self.y += LINE;
                self.svg.text("dim", LEFT, self.y, &line);
            }
        }
    }

    fn finish(self) -> String {
        let height = Number(self.y + 18.0);
        let timeline = self.timeline;
        let title = Escaped(&format!("Gateway session of shard {}", timeline.shard)).to_string();
        let text = format!(
            "States, heartbeat latency, events and bytes over {}. {}.",
            span(timeline.length()),
            counts(&timeline.counters)
        );
        let (about, body) = (Escaped(&text), self.svg.body());
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"100%\" \
             style=\"max-width:760px\" role=\"img\" aria-labelledby=\"gw-title gw-about\">\n\
             <title id=\"gw-title\">{title}</title>\n<desc id=\"gw-about\">{about}</desc>\n\
             <style>\n{STYLE}</style>\n{STRIPES}\n\
             <rect class=\"page\" width=\"100%\" height=\"100%\"/>\n{body}</svg>\n"
        )
    }
}

/// Says how much happened.
fn counts(counters: &Counters) -> String {
    let Counters { dispatches, heartbeats, dials, resumed, .. } = *counters;
    let plural = |count: u64, name: &str| {
        format!("{} {name}{}", grouped(count), if count == 1 { "" } else { "s" })
    };
    format!(
        "{}, {}, {}, {}",
        plural(dispatches, "event"),
        plural(heartbeats.into(), "heartbeat"),
        plural(dials.into(), "dial"),
        plural(resumed.into(), "resume")
    )
}

/// Returns the number of letters.
fn letters(text: &str) -> f64 {
    text.chars().map(|_| 1.0).sum()
}

/// Returns a part of a whole.
#[expect(clippy::cast_precision_loss, reason = "a picture needs four digits")]
pub(crate) fn fraction(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
