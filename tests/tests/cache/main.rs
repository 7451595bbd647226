//! The cache from outside.

#[expect(dead_code, reason = "more tests are to come")]
mod support;

mod regressions;
