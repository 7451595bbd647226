//! A line taken apart word by word.

use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Problem;
use crate::decode::{self, Cursor};
use crate::{Encoding, Instant, Link};

/// What is left of a line.
pub(super) struct Words<'l>(pub(super) &'l str);

impl<'l> Words<'l> {
    /// Takes the next word, which may be empty.
    pub(super) fn word(&mut self) -> &'l str {
        let (word, rest) = self.0.split_once(' ').unwrap_or((self.0, ""));
        self.0 = rest;
        word
    }

    /// Takes all that is left.
    pub(super) fn rest(&mut self) -> &'l str {
        core::mem::take(&mut self.0)
    }

    /// Takes a word that is a value of a type.
    pub(super) fn value<T: FromStr>(&mut self, expected: &'static str) -> Result<T, Problem> {
        self.word().parse().map_err(|_| Problem::Expected(expected))
    }

    pub(super) fn link(&mut self) -> Result<Link, Problem> {
        self.value("the number of a link").map(Link)
    }

    /// Takes seconds with up to six digits of a fraction.
    pub(super) fn time(&mut self) -> Result<Instant, Problem> {
        time(self.word()).ok_or(Problem::Expected("a time in seconds, as 12.345678"))
    }

    /// Takes a JSON string, which ends the line.
    pub(super) fn quoted(&mut self) -> Result<String, Problem> {
        let text = self.json("a text in quotes")?;
        let mut cursor = Cursor::trusted(Encoding::Json, text.as_bytes());
        let text = cursor.text().map_err(|_| Problem::Expected("a text in quotes"))?;
        Ok(text.to_cow().into_owned())
    }

    /// Takes a JSON value, which ends the line.
    pub(super) fn json(&mut self, expected: &'static str) -> Result<&'l str, Problem> {
        let text = self.rest();
        decode::check(text.as_bytes()).map_err(|_| Problem::Expected(expected))?;
        Ok(text)
    }

    /// Takes a payload, which ends the line; tells whether it is of a text message.
    pub(super) fn payload(&mut self) -> Result<(bool, Vec<u8>), Problem> {
        let form = self.word();
        let rest = self.rest();
        let decoded = || STANDARD.decode(rest).map_err(|_| Problem::Expected("base64"));
        match form {
            "text" => Ok((true, rest.as_bytes().to_vec())),
            "text64" => Ok((true, decoded()?)),
            "binary" => Ok((false, decoded()?)),
            _ => Err(Problem::Expected("text, text64 or binary, and a payload")),
        }
    }

    /// Checks that nothing is left.
    pub(super) const fn end(&self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::Expected("the end of the line")) }
    }
}

fn time(word: &str) -> Option<Instant> {
    let (seconds, fraction) = word.split_once('.').unwrap_or((word, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) || fraction.len() > 6 {
        return None;
    }
    let scale = (fraction.len()..6).fold(1, |scale, _| scale * 10);
    let micros = fraction.parse::<u64>().ok()? * scale;
    let seconds = seconds.parse::<u64>().ok()?;
    Some(Instant::from_micros(seconds.checked_mul(1_000_000)?.checked_add(micros)?))
}
