//! Finding fewer faults that break the same law.

use super::laws::Breach;
use super::plan::Plan;
use super::run::Run;
use super::{PANIC, Settings, Violation, arenas, attempt, caught, guarded};

/// How often a world that panics is run again.
const MOST_PANICS: u32 = 8;

/// Leaves out what is not needed to break the law, and writes down what is seen then.
pub(super) fn violation(mut plan: Plan, mut breach: Breach, settings: &Settings) -> Violation {
    // Each panic is printed where it happens.
    let panics = breach.law == PANIC;
    let mut left = if panics { settings.most_runs.min(MOST_PANICS) } else { settings.most_runs };
    let mut size = plan.strikes.len().div_ceil(2);
    while size > 0 && left > 0 {
        let mut at = 0;
        while at < plan.strikes.len() && left > 0 {
            left -= 1;
            let mut fewer = plan.clone();
            fewer.strikes.drain(at..(at + size).min(plan.strikes.len()));
            match attempt(&fewer, settings.span, |_| {}).1 {
                Some(same) if same.law == breach.law => (plan, breach) = (fewer, same),
                _ => at += size,
            }
        }
        size /= 2;
    }
    let (transcript, recordings) = write_down(&plan, settings);
    Violation { breach, schedule: plan.strikes, transcript, recordings }
}

fn write_down(plan: &Plan, settings: &Settings) -> (String, Vec<String>) {
    let mut arenas = arenas(plan);
    let mut run = Run::new(plan, &mut arenas);
    run.log();
    // It breaks the law again: a seed decides everything.
    let _ = guarded(&mut run, settings.span);
    caught(plan.seed, || run.take_log()).unwrap_or_default()
}
