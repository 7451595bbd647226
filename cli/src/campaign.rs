//! `gatewright simulate --campaign`: many virtual hours in which much goes wrong.

use std::fs;
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use gatewright_sim::{Figures, Outcome, Settings, Violation, run_seed};

use crate::clock::Stopwatch;

/// How often progress is shown.
const PULSE: Duration = Duration::from_millis(500);

/// Runs every seed, or up to the first that breaks a law.
pub(crate) fn run(seeds: RangeInclusive<u64>, jobs: Option<NonZeroUsize>) -> anyhow::Result<()> {
    let jobs = jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let watch = Stopwatch::start();
    let (next, over) = (AtomicU64::new(*seeds.start()), AtomicBool::new(false));
    let (tell, told) = channel();
    let (figures, violation) = thread::scope(|scope| {
        for _ in 0..jobs {
            let tell = tell.clone();
            scope.spawn(|| work(&seeds, &next, &over, tell));
        }
        drop(tell);
        let gathered = gather(&told, &seeds, watch);
        over.store(true, Ordering::Relaxed);
        gathered
    });
    report(&figures, watch.elapsed(), jobs);
    match violation {
        None => Ok(()),
        Some((outcome, violation)) => accuse(&outcome, &violation),
    }
}

/// Runs one seed after the other.
fn work(seeds: &RangeInclusive<u64>, next: &AtomicU64, over: &AtomicBool, tell: Sender<Outcome>) {
    while !over.load(Ordering::Relaxed) {
        let claim = |seed: u64| seeds.contains(&seed).then(|| seed.saturating_add(1));
        let Ok(seed) = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, claim) else {
            return;
        };
        // The last seed there is can be claimed again: nothing lies behind it.
        let last = seed == u64::MAX;
        if tell.send(run_seed(seed, &Settings::default())).is_err() || last {
            return;
        }
    }
}

/// Adds up what the workers tell, until there is no more or a law was broken.
fn gather(
    told: &Receiver<Outcome>,
    seeds: &RangeInclusive<u64>,
    watch: Stopwatch,
) -> (Figures, Option<(Outcome, Violation)>) {
    let mut figures = Figures::default();
    let (shown, mut at) = (std::io::stderr().is_terminal(), Duration::ZERO);
    for mut outcome in told {
        figures.add(&outcome.figures);
        if let Some(violation) = outcome.violation.take() {
            clear(shown);
            return (figures, Some((outcome, violation)));
        }
        if shown && watch.elapsed() >= at {
            at = watch.elapsed() + PULSE;
            let all = u128::from(*seeds.end() - *seeds.start()) + 1;
            let speed = hours(&figures) / watch.elapsed().as_secs_f64();
            anstream::eprint!("\r{} of {all} seeds, {speed:.0} virtual hours/s ", figures.seeds);
        }
    }
    clear(shown);
    (figures, None)
}

/// Takes the line of progress away.
fn clear(shown: bool) {
    if shown {
        anstream::eprint!("\r{:60}\r", "");
    }
}

fn hours(figures: &Figures) -> f64 {
    figures.time.as_secs_f64() / 3_600.0
}

fn report(figures: &Figures, spent: Duration, jobs: usize) {
    let Figures { seeds, events, resumes, identifies, struck, .. } = figures;
    let hours = hours(figures);
    say!("{seeds} seeds in {:.1} s with {jobs} jobs", spent.as_secs_f64());
    say!("{hours:.1} virtual hours, {:.1} a second", hours / spent.as_secs_f64());
    say!("{events} events delivered, {resumes} Resumes, {identifies} Identifies");
    say!("{} faults:", struck.values().sum::<u64>());
    for (name, times) in struck {
        say!("  {name:<28} {times}");
    }
}

/// Tells of a law that was broken, and writes down how it came to that.
fn accuse(outcome: &Outcome, violation: &Violation) -> anyhow::Result<()> {
    let Outcome { seed, world, .. } = outcome;
    say!("seed {seed} breaks a law: {}", violation.breach);
    say!("its world: {world}");
    say!("the fewest faults found that break it:");
    for strike in &violation.schedule {
        say!("  {strike}");
    }
    let path = format!("violation-{seed}.txt");
    let text = format!("seed {seed}: {world}\n{violation}\n\n{}", violation.transcript);
    fs::write(&path, text).with_context(|| format!("cannot write {path}"))?;
    for (shard, recording) in violation.recordings.iter().enumerate() {
        let path = format!("violation-{seed}-shard-{shard}.txt");
        fs::write(&path, recording).with_context(|| format!("cannot write {path}"))?;
    }
    bail!("seed {seed} breaks the law {}; {path} tells how", violation.breach.law)
}
