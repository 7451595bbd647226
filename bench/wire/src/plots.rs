//! Bars as SVG, for light and dark screens.

use std::fmt::Write;

use crate::measure::{Measured, Row};
use crate::report::Spread;

const WIDTH: f64 = 860.0;
/// Where bars begin, and how long the longest is.
const LEFT: f64 = 340.0;
const LONGEST: f64 = 420.0;
const TOP: f64 = 46.0;
const STEP: f64 = 22.0;
const STYLE: &str = "text{font:12px sans-serif;fill:#24292f}.h{font-size:14px;font-weight:bold}.n{text-anchor:end}\
.o{fill:#2f6fde}.p{fill:#9aa4af}.w{stroke:#24292f;stroke-width:1}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.o{fill:#6ea1ff}.p{fill:#6e7781}.w{stroke:#e6edf3}}";

/// A bar: what it is of, its figure, and whether it is ours.
struct Bar {
    label: String,
    spread: Spread,
    ours: bool,
}

/// Draws how many events a second of CPU time is good for.
pub fn events(measured: &Measured) -> String {
    let title = "Events of the steady mix in a second of CPU time: more is better";
    draw(title, &bars(measured, |row| measured.events_a_cpu_second(row)), 0)
}

/// Draws by how much processes grew.
pub fn memory(measured: &Measured) -> String {
    let guilds = measured.size.guilds();
    let title = format!("MB a process grew by, {guilds} guilds: less is better");
    draw(&title, &bars(measured, Row::grown), 1)
}

fn bars(measured: &Measured, figure: impl Fn(&Row) -> Option<Spread>) -> Vec<Bar> {
    let bar = |row: &Row| {
        let does = row.client.does.to_string();
        let label =
            format!("{}, {}, {}", row.client.who, row.how(), does.trim_end_matches(" read"));
        Some(Bar { label, spread: figure(row)?, ours: row.client.who.starts_with("gatewright") })
    };
    measured.rows.iter().filter_map(bar).collect()
}

fn draw(title: &str, bars: &[Bar], digits: usize) -> String {
    let most = bars.iter().map(|bar| bar.spread.max).fold(1.0, f64::max);
    let height = TOP + STEP * bars.len() as f64 + 12.0;
    let mut out = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"><title>{title}</title><style>{STYLE}</style>"#
    );
    // Writing to a String cannot fail.
    let _ = writeln!(out, "\n<text class=\"h\" x=\"12\" y=\"24\">{title}</text>");
    for (place, bar) in bars.iter().enumerate() {
        let y = TOP + STEP * place as f64;
        let length = |value: f64| LONGEST * value / most;
        let Spread { median, min, max } = bar.spread;
        let class = if bar.ours { "o" } else { "p" };
        let (middle, label) = (y + 8.0, escaped(&bar.label));
        let _ = writeln!(
            out,
            r#"<text class="n" x="{:.0}" y="{:.0}">{label}</text><rect class="{class}" x="{LEFT:.0}" y="{y:.0}" width="{:.1}" height="16"/><path class="w" d="M{:.1} {middle:.0}H{:.1}"/><text x="{:.1}" y="{:.0}">{}</text>"#,
            LEFT - 8.0,
            y + 12.0,
            length(median),
            LEFT + length(min),
            LEFT + length(max),
            LEFT + length(max) + 6.0,
            y + 12.0,
            grouped(median, digits),
        );
    }
    out.push_str("</svg>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Writes a number with its thousands apart.
fn grouped(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_once('.').map_or((&text[..], None), |(w, r)| (w, Some(r)));
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    rest.map_or(out.clone(), |rest| format!("{out}.{rest}"))
}
