//! Scalable vector graphics, written by hand.

use std::fmt::{self, Display, Formatter, Write};

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) w: f64,
    pub(crate) h: f64,
}

/// A drawing in the making.
#[derive(Debug, Default)]
pub(crate) struct Svg(String);

impl Svg {
    /// Returns what was drawn.
    pub(crate) fn body(&self) -> &str {
        &self.0
    }

    /// Draws a rectangle; a title is shown when it is pointed at.
    pub(crate) fn rect(&mut self, class: &str, area: Area, title: &str) {
        let Area { x, y, w, h } = area;
        let (x, y, w, h) = (Number(x), Number(y), Number(w), Number(h));
        self.write(format_args!(
            r#"<rect class="{class}" x="{x}" y="{y}" width="{w}" height="{h}""#
        ));
        self.end("rect", title);
    }

    /// Draws a rectangle with round ends.
    pub(crate) fn pill(&mut self, class: &str, area: Area, title: &str) {
        let Area { x, y, w, h } = area;
        let (x, y, w, r, h) = (Number(x), Number(y), Number(w), Number(h / 2.0), Number(h));
        self.write(format_args!(
            r#"<rect class="{class}" x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}""#
        ));
        self.end("rect", title);
    }

    pub(crate) fn circle(&mut self, class: &str, x: f64, y: f64, r: f64, title: &str) {
        let (x, y, r) = (Number(x), Number(y), Number(r));
        self.write(format_args!(r#"<circle class="{class}" cx="{x}" cy="{y}" r="{r}""#));
        self.end("circle", title);
    }

    /// Draws a path.
    pub(crate) fn path(&mut self, class: &str, path: &str, title: &str) {
        self.write(format_args!(r#"<path class="{class}" d="{path}""#));
        self.end("path", title);
    }

    pub(crate) fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        let (x, y, text) = (Number(x), Number(y), Escaped(text));
        self.write(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>\n"));
    }

    fn end(&mut self, name: &str, title: &str) {
        if title.is_empty() {
            self.write(format_args!("/>\n"));
        } else {
            self.write(format_args!("><title>{}</title></{name}>\n", Escaped(title)));
        }
    }

    fn write(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(text);
    }
}

/// A number with at most one digit of a fraction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number(pub(crate) f64);

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = format!("{:.1}", self.0);
        f.write_str(text.strip_suffix(".0").unwrap_or(&text))
    }
}

/// Any text, as text of XML: without what XML has no place for, and without what turns its direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Escaped<'t>(pub(crate) &'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\u{061C}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}' => f.write_char('\u{FFFD}'),
            '\u{FFFE}' | '\u{FFFF}' => f.write_char('\u{FFFD}'),
            _ if letter.is_control() => f.write_char('\u{FFFD}'),
            _ => f.write_char(letter),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_any_kind_is_text() {
        let escaped = Escaped("</title><script>\"&\0\u{1b}\u{202E}é").to_string();
        let expected = "&lt;/title&gt;&lt;script&gt;&quot;&amp;\u{FFFD}\u{FFFD}\u{FFFD}é";
        assert_eq!(escaped, expected);
        for letter in "\u{061C}\u{200E}\u{200F}\u{202A}\u{2066}\u{2069}\u{FFFE}".chars() {
            assert_eq!(Escaped(&letter.to_string()).to_string(), "\u{FFFD}", "{letter:?}");
        }
    }

    #[test]
    fn numbers_are_short() {
        for (number, text) in [(1.0, "1"), (1.25, "1.2"), (0.04, "0"), (-3.5, "-3.5")] {
            assert_eq!(Number(number).to_string(), text);
        }
    }
}
