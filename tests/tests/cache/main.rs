//! The cache from outside: its interface row by row, the traps others fell into, limits, policies and bad input.

mod support;

mod complete;
mod corners;
mod edits;
#[expect(clippy::too_many_lines, reason = "one row of the table after the other")]
mod interface;
mod news;
mod regressions;
mod settings;
mod traps;
mod trouble;
