//! `gatewright simulate --campaign`: many virtual hours in which much goes wrong.

use std::fmt;
use std::fs;
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use gatewright_sim::{Figures, Outcome, Settings, Violation, run_seed};

use crate::clock::Stopwatch;
use crate::lines;

/// How often progress is shown.
const PULSE: Duration = Duration::from_millis(500);

/// The user ended the command before it was done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted before all seeds were run")
    }
}

impl std::error::Error for Interrupted {}

/// What a worker, or the user, tells.
#[derive(Debug)]
enum Told {
    Interrupt,
    Outcome(Box<Outcome>),
    /// A worker has no more to do.
    Over,
}

/// How a campaign ended.
#[derive(Debug)]
enum Ending {
    Broken(Box<Outcome>, Box<Violation>),
    Interrupted,
    Whole,
}

/// Runs every seed, or up to the first that breaks a law, which is written down in a folder.
pub(crate) fn run(
    seeds: &RangeInclusive<u64>,
    jobs: Option<NonZeroUsize>,
    out: &Path,
) -> anyhow::Result<()> {
    fs::create_dir_all(out).with_context(|| format!("cannot write to {}", lines::shown(out)))?;
    let jobs = jobs_for(seeds, jobs);
    let (tell, told) = channel();
    let interrupt = tell.clone();
    // Nobody listens any more when the campaign is over.
    let interrupt = move || drop(interrupt.send(Told::Interrupt));
    ctrlc::set_handler(interrupt).context("cannot listen for Ctrl-C")?;
    say!("seeds {} to {}, {jobs} at once; Ctrl-C ends them", seeds.start(), seeds.end());
    let watch = Stopwatch::start();
    let team = Team::start(seeds.clone(), jobs, &tell)?;
    let (figures, ending) = gather(&told, seeds, jobs, watch);
    report(&figures, seeds, watch.elapsed());
    match ending {
        Ending::Broken(outcome, violation) => accuse(&outcome, &violation, out),
        Ending::Interrupted => bail!(Interrupted),
        Ending::Whole => {
            team.join()?;
            say!("no law was broken");
            ensure_variety(&figures)
        }
    }
}

/// Makes sure that a full campaign used every fault often enough to mean something.
fn ensure_variety(figures: &Figures) -> anyhow::Result<()> {
    /// From how many seeds on a campaign is a full one.
    const FULL: u64 = 10_000;
    const OFTEN: u64 = 100;
    let seldom = if figures.seeds < FULL { Vec::new() } else { figures.seldom(OFTEN) };
    if !seldom.is_empty() {
        bail!("these faults struck fewer than {OFTEN} times: {}", seldom.join(", "));
    }
    Ok(())
}

/// Returns how many seeds run at once: no more than there are, and than there are processors.
fn jobs_for(seeds: &RangeInclusive<u64>, jobs: Option<NonZeroUsize>) -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let seeds = usize::try_from(count(seeds)).unwrap_or(usize::MAX);
    jobs.map_or(processors, NonZeroUsize::get).min(processors).min(seeds)
}

fn count(seeds: &RangeInclusive<u64>) -> u128 {
    u128::from(*seeds.end() - *seeds.start()) + 1
}

/// Threads that run seeds; they end with the process, or after the last seed.
struct Team(Vec<thread::JoinHandle<()>>);

impl Team {
    fn start(seeds: RangeInclusive<u64>, jobs: usize, tell: &Sender<Told>) -> anyhow::Result<Self> {
        let next = Arc::new((AtomicU64::new(*seeds.start()), AtomicBool::new(false)));
        let worker = |_| {
            let (seeds, next, tell) = (seeds.clone(), Arc::clone(&next), tell.clone());
            thread::Builder::new().spawn(move || {
                let told = Last(tell);
                work(&seeds, &next.0, &next.1, &told.0);
            })
        };
        let workers: Result<_, _> = (0..jobs).map(worker).collect();
        Ok(Self(workers.context("cannot start a thread")?))
    }

    /// Waits for all, whose work is done.
    fn join(self) -> anyhow::Result<()> {
        let joined = self.0.into_iter().try_for_each(thread::JoinHandle::join);
        joined.map_err(|_| anyhow!("a seed panicked, as told above: not all seeds were run"))
    }
}

/// Tells that a worker is over, however it ends.
struct Last(Sender<Told>);

impl Drop for Last {
    fn drop(&mut self) {
        // Nobody listens any more when the campaign is over.
        let _ = self.0.send(Told::Over);
    }
}

/// Runs one seed after the other.
fn work(seeds: &RangeInclusive<u64>, next: &AtomicU64, last: &AtomicBool, tell: &Sender<Told>) {
    let claim = |seed: u64| seeds.contains(&seed).then(|| seed.saturating_add(1));
    while let Ok(seed) = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, claim) {
        // The last seed there is could be claimed again: nothing lies behind it.
        if seed == u64::MAX && last.swap(true, Ordering::Relaxed) {
            return;
        }
        let outcome = Told::Outcome(Box::new(run_seed(seed, &Settings::default())));
        if tell.send(outcome).is_err() {
            return;
        }
    }
}

/// Adds up what the workers tell, until there is no more, a law was broken or the user ends it.
fn gather(
    told: &Receiver<Told>,
    seeds: &RangeInclusive<u64>,
    jobs: usize,
    watch: Stopwatch,
) -> (Figures, Ending) {
    let (mut figures, mut over) = (Figures::default(), 0);
    let (shown, mut at) = (std::io::stderr().is_terminal(), Duration::ZERO);
    let ending = loop {
        match told.recv() {
            Ok(Told::Outcome(mut outcome)) => {
                figures.add(&outcome.figures);
                if let Some(violation) = outcome.violation.take() {
                    break Ending::Broken(outcome, Box::new(violation));
                }
            }
            Ok(Told::Interrupt) => break Ending::Interrupted,
            Ok(Told::Over) => over += 1,
            Err(_) => break Ending::Whole,
        }
        if over == jobs {
            break Ending::Whole;
        }
        if shown && watch.elapsed() >= at {
            at = watch.elapsed() + PULSE;
            let speed = hours(&figures) / watch.elapsed().as_secs_f64();
            let all = count(seeds);
            anstream::eprint!("\r{} of {all} seeds, {speed:.0} virtual hours/s ", figures.seeds);
        }
    };
    if shown {
        // The line of progress goes.
        anstream::eprint!("\r{:60}\r", "");
    }
    (figures, ending)
}

fn hours(figures: &Figures) -> f64 {
    figures.time.as_secs_f64() / 3_600.0
}

fn report(figures: &Figures, seeds: &RangeInclusive<u64>, spent: Duration) {
    let Figures { seeds: run, events, resumes, identifies, struck, .. } = figures;
    let (hours, spent) = (hours(figures), spent.as_secs_f64());
    say!("{run} of {} seeds in {spent:.1} s", count(seeds));
    say!("{hours:.1} virtual hours, {:.1} a second", hours / spent);
    say!("{events} events delivered, {resumes} Resumes, {identifies} Identifies");
    let waived = figures.waived_share() * 100.0;
    say!("a law waived for damaged bytes in {waived:.2} % of the time at most");
    say!("{} transports cut at the end for damage nobody could see", figures.resets);
    let restored = figures.restored;
    say!("{} caches compared with the world, and {restored} restored in between", figures.caches);
    let refusals = figures.refusals;
    say!("{refusals} Identifies put off by a budget of {} processes", figures.processes);
    say!("all well again at most {:.0} s after the hour", figures.recovery.as_secs_f64());
    say!("{} faults{}", struck.values().sum::<u64>(), if struck.is_empty() { "" } else { ":" });
    for (name, times) in struck {
        say!("  {name:<28} {times}");
    }
}

/// Tells of a law that was broken, and writes down how it came to that.
fn accuse(outcome: &Outcome, violation: &Violation, out: &Path) -> anyhow::Result<()> {
    let (seed, again) = (outcome.seed, command(outcome.seed));
    say!("{}", accusation(outcome, violation));
    let path = out.join(format!("violation-{seed}.txt"));
    let text = format!(
        "{}\nseed {seed}: {}\n{violation}\n\n{}",
        command(seed),
        outcome.world,
        violation.transcript
    );
    write(&path, &text)?;
    for (shard, recording) in violation.recordings.iter().enumerate() {
        write(&out.join(format!("violation-{seed}-shard-{shard}.txt")), recording)?;
    }
    let (law, path) = (violation.breach.law, lines::shown(&path));
    bail!("seed {seed} breaks the law {law}; {path} tells how, and {again} runs it again")
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", lines::shown(path)))
}

/// Returns what runs a seed again.
fn command(seed: u64) -> String {
    format!("gatewright simulate --campaign --seeds {seed}..={seed}")
}

/// Says which law was broken, in what world, and by which faults.
fn accusation(outcome: &Outcome, violation: &Violation) -> String {
    let Outcome { seed, world, .. } = outcome;
    let mut text = format!("seed {seed} breaks a law: {}\nits world: {world}", violation.breach);
    if violation.schedule.is_empty() {
        return text + "\nno fault is needed to break it";
    }
    text += "\nthe fewest faults found that break it:";
    for strike in &violation.schedule {
        text += &format!("\n  {strike}");
    }
    text
}

#[cfg(test)]
mod tests {
    use gatewright_core::Instant;
    use gatewright_sim::Breach;

    use super::*;

    #[test]
    fn a_broken_law_is_told_and_written_down() {
        let how = "it sent 121 frames in a minute".to_owned();
        let breach = Breach { law: "send limit", shard: 1, at: Instant::from_millis(1_500), how };
        let violation = Violation {
            breach,
            schedule: Vec::new(),
            transcript: "1.5 what was seen".to_owned(),
            recordings: vec!["shard 0".to_owned(), "shard 1".to_owned()],
        };
        let world = "2 shards, json".to_owned();
        let outcome = Outcome { seed: 42, world, figures: Figures::default(), violation: None };
        let out = std::env::temp_dir().join(format!("gatewright-campaign-{}", std::process::id()));
        fs::create_dir_all(&out).unwrap();
        let error = accuse(&outcome, &violation, &out).unwrap_err().to_string();
        let path = out.join("violation-42.txt");
        let again = "gatewright simulate --campaign --seeds 42..=42";
        for part in ["seed 42", "the law send limit", again, path.to_str().unwrap()] {
            assert!(error.contains(part), "{part} in {error}");
        }
        let text = fs::read_to_string(&path).unwrap();
        for part in [again, "2 shards, json", "send limit: shard 1", "121 frames", "what was seen"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        for shard in 0..2 {
            let recording = fs::read_to_string(out.join(format!("violation-42-shard-{shard}.txt")));
            assert_eq!(recording.unwrap(), format!("shard {shard}"));
        }
        fs::remove_dir_all(&out).unwrap();
        let said = accusation(&outcome, &violation);
        assert!(said.ends_with("no fault is needed to break it"), "{said}");
    }

    #[test]
    fn a_full_campaign_needs_every_fault() {
        let few = Figures { seeds: 9_999, ..Figures::default() };
        assert!(ensure_variety(&few).is_ok());
        let mut full = Figures { seeds: 10_000, ..few };
        let error = ensure_variety(&full).unwrap_err().to_string();
        assert!(error.contains("fewer than 100 times") && error.contains("net-reset"), "{error}");
        full.struck = full.seldom(1).into_iter().map(|name| (name, 100)).collect();
        assert!(ensure_variety(&full).is_ok());
    }

    #[test]
    fn there_are_no_more_jobs_than_seeds_and_processors() {
        let most = NonZeroUsize::new(1_000_000);
        let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        assert_eq!(jobs_for(&(7..=7), most), 1);
        assert_eq!(jobs_for(&(0..=u64::MAX), most), processors);
        assert_eq!(jobs_for(&(0..=u64::MAX), None), processors);
        assert_eq!(jobs_for(&(0..=99), NonZeroUsize::new(1)), 1);
    }

    #[test]
    fn the_last_seed_there_is_runs_once() {
        let (tell, told) = channel();
        let next = (AtomicU64::new(u64::MAX), AtomicBool::new(false));
        for _ in 0..2 {
            work(&(u64::MAX..=u64::MAX), &next.0, &next.1, &tell);
        }
        drop(tell);
        assert_eq!(told.iter().count(), 1);
    }
}
