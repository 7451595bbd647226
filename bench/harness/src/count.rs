//! Instructions by callgrind, and times that are medians.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use cpu_time::ThreadTime;

/// What is counted: callgrind collects within this function only.
#[inline(never)]
pub fn cg_roi(run: &mut dyn FnMut()) {
    run();
}

/// Measures how much time of the thread something takes.
pub fn time(run: &mut dyn FnMut()) -> Duration {
    let start = ThreadTime::now();
    cg_roi(run);
    start.elapsed()
}

/// Returns the median of times, of which the first warmed up and does not count.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.remove(0);
    times.sort();
    times[times.len() / 2]
}

/// Runs this program again with other arguments, and counts the instructions within [`cg_roi`]: two numbers that it
/// prints, and the count.
pub fn count(args: &[&str]) -> Result<(f64, f64, f64)> {
    let this = std::env::current_exe()?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*cg_roi*"])
        .arg(this)
        .args(args)
        .output()
        .context("valgrind is needed to count instructions")?;
    let (out, log) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let collected = log.split("Collected :").nth(1).and_then(|rest| rest.split_whitespace().next());
    let mut numbers = out.split_whitespace().map(str::parse::<f64>);
    let mut number = || numbers.next().context("no count").and_then(|number| Ok(number?));
    Ok((number()?, number()?, collected.context("callgrind counted nothing")?.parse()?))
}
