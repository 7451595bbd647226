//! How costs grow, as SVG for light and dark screens.

use std::fmt::Write;

use super::Grown;

const STYLE: &str = "text{font:12px sans-serif;fill:#24292f}.h{font-size:14px;font-weight:bold}.n{text-anchor:end}.m{text-anchor:middle}\
.a{stroke:#d0d7de}.l{fill:none;stroke-width:2}.c0{stroke:#2f6fde}.c1{stroke:#1a7f37}.c2{stroke:#2f6fde;stroke-dasharray:5 4}\
.c3{stroke:#1a7f37;stroke-dasharray:5 4}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.a{stroke:#444c56}.c0,.c2{stroke:#6ea1ff}.c1,.c3{stroke:#57ab5a}}";
const NAMES: [&str; 4] =
    ["instructions, an event", "instructions, a look-up", "time, an event", "time, a look-up"];
const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 330.0;
/// The height of no growth, and how high a growth of ten is above it.
const BASE: f64 = 270.0;
const DECADE: f64 = 130.0;
/// How wide a panel is.
const PANEL: f64 = 330.0;

/// A point of a line: how many members there are, and how many times as much is taken as beside the fewest.
type Point = (f64, [f64; 4]);

/// Draws two panels, of which the first has one guild, and the second more and more.
pub fn draw(rows: &[Grown]) -> String {
    let title = "Times as much beside more rows: flat is better";
    let mut out = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{title}</title><style>{STYLE}</style>"#
    );
    let lone = |row: &&Grown| row.guilds == 1;
    let first = rows.first().map_or([1.0; 4], |row| row.costs);
    let points = |of: &dyn Fn(&&Grown) -> bool| {
        rows.iter().filter(of).map(|row| point(row, first)).collect()
    };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "\n<text class=\"h\" x=\"12\" y=\"24\">{title}</text>");
    panel(&mut out, 60.0, "members of one guild", points(&lone));
    panel(
        &mut out,
        60.0 + PANEL + 60.0,
        "members of 10 to 1,000 guilds",
        points(&|row| !lone(row)),
    );
    for (place, name) in NAMES.iter().enumerate() {
        let x = 60.0 + 200.0 * place as f64;
        let _ = writeln!(
            out,
            r#"<path class="l c{place}" d="M{x} 42H{}"/><text x="{}" y="46">{name}</text>"#,
            x + 24.0,
            x + 30.0,
        );
    }
    out.push_str("</svg>\n");
    out
}

fn point(row: &Grown, first: [f64; 4]) -> Point {
    let mut times = row.costs;
    for (cost, first) in times.iter_mut().zip(first) {
        *cost /= first;
    }
    (f64::from(row.members), times)
}

/// Draws lines over the logarithm of how many members there are.
fn panel(out: &mut String, left: f64, label: &str, points: Vec<Point>) {
    let (least, most) = (10.0_f64.log10(), 1_000_000.0_f64.log10());
    let x = |members: f64| left + PANEL * (members.log10() - least) / (most - least);
    let y = |times: f64| BASE - DECADE * times.log10();
    for times in [1.0, 2.0, 5.0, 10.0, 20.0] {
        let y = y(times);
        let _ = writeln!(
            out,
            r#"<path class="a" d="M{left} {y:.1}h{PANEL}"/><text class="n" x="{}" y="{:.1}">{times}×</text>"#,
            left - 6.0,
            y + 4.0,
        );
    }
    for (members, tick) in [(10.0, "10"), (1e3, "1,000"), (1e5, "100,000"), (1e6, "1,000,000")] {
        let _ = writeln!(
            out,
            r#"<text class="m" x="{:.1}" y="{}">{tick}</text>"#,
            x(members),
            BASE + 34.0
        );
    }
    let middle = left + PANEL / 2.0;
    let _ = writeln!(out, r#"<text class="m" x="{middle}" y="{}">{label}</text>"#, BASE + 52.0);
    for place in 0..NAMES.len() {
        let mut path = String::new();
        for (members, times) in &points {
            let step = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{step}{:.1} {:.1}", x(*members), y(times[place]));
        }
        let _ = writeln!(out, r#"<path class="l c{place}" d="{path}"/>"#);
    }
}
