//! Runs each side in a process of its own and prints what they say side by side.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use gatewright_bench_cache::ours::Ours;
use gatewright_bench_cache::shared::{WHAT, with_readers};
use gatewright_bench_cache::side::Table;
use gatewright_bench_cache::speed::{self, ROWS, Stage, TABLES, TIMED};
use gatewright_bench_cache::twilight::Twilight;
use gatewright_bench_harness::count;

const SIDES: [&str; 2] = ["gatewright", "twilight"];

/// How often something is timed, but for the first time; the median counts.
const ROUNDS: usize = 7;

pub fn all() -> Result<()> {
    memory()?;
    speed()?;
    shared()?;
    session()
}

/// Runs a program of this folder and splits the lines it prints.
fn run(program: &str, args: &[&str]) -> Result<Vec<Vec<String>>> {
    eprintln!("{program} {args:?}");
    let output =
        Command::new(std::env::current_exe()?.with_file_name(program)).args(args).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    Ok(text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

fn both(program: &str, command: &str) -> Result<[Vec<Vec<String>>; 2]> {
    let [ours, theirs] = SIDES.map(|side| run(program, &[command, side]));
    Ok([ours?, theirs?])
}

fn number(line: &[String], at: usize) -> Result<f64> {
    Ok(line.get(at).context("a line too short")?.parse()?)
}

const MEMORY: &str = "gatewright-bench-cache-memory";

pub fn memory() -> Result<()> {
    let [ours, theirs] = both(MEMORY, "rows")?;
    println!(
        "| a row of | rows | gatewright, bytes | of these the record | twilight, bytes | times fewer |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for at in (1..ours.len()).step_by(2) {
        let (mine, other) = (&ours[at], &theirs[at]);
        let before = if at == 1 { 0 } else { at - 2 };
        let a_row = |lines: &[Vec<String>]| -> Result<f64> {
            Ok((number(&lines[at], 2)? - number(&lines[before], 2)?) / number(&lines[at], 1)?)
        };
        let (bytes, their_bytes) = (a_row(&ours)?, a_row(&theirs)?);
        let record = (number(mine, 6)? + member_users(&ours, at)?) / number(mine, 1)?;
        let rows = if mine[1] == other[1] {
            mine[1].clone()
        } else {
            format!("{} ({})", mine[1], other[1])
        };
        println!(
            "| {} | {rows} | {bytes:.0} | {record:.0} | {their_bytes:.0} | {:.1} |",
            mine[0],
            their_bytes / bytes
        );
    }
    println!("\nUsers: {} and {}.\n", ours[ours.len() - 1][1], theirs[theirs.len() - 1][1]);
    println!(
        "| after | gatewright, MB | allocations | its own count, MB | in use, MB | twilight, MB | allocations | times fewer |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    let [ours, theirs] = both(MEMORY, "session")?;
    for (mine, other) in ours.iter().zip(&theirs).take(2) {
        let mb = |line: &[String], at| -> Result<f64> { Ok(number(line, at)? / 1e6) };
        println!(
            "| {} | {:.1} | {} | {:.1} | {:.1} | {:.1} | {} | {:.1} |",
            mine[0],
            mb(mine, 2)?,
            mine[3],
            mb(mine, 4)?,
            mb(mine, 5)?,
            mb(other, 2)?,
            other[3],
            number(other, 2)? / number(mine, 2)?
        );
    }
    println!(
        "\n| table | rows, gatewright | bytes of records | rows, twilight |\n|---|---:|---:|---:|"
    );
    for (mine, other) in ours.iter().zip(&theirs).skip(2) {
        println!("| {} | {} | {} | {} |", mine[0], mine[1], mine[2], other[1]);
    }
    println!();
    Ok(())
}

/// Returns the bytes of users that came with members.
fn member_users(lines: &[Vec<String>], at: usize) -> Result<f64> {
    if lines[at][0] == "member" { number(&lines[at + 1], 2) } else { Ok(0.0) }
}

pub fn speed() -> Result<()> {
    println!(
        "| what | of | gatewright, instructions | twilight | times fewer | gatewright, ns | twilight | times less |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|");
    for what in speed::EVENTS {
        let stages =
            [speed::of_events::<Ours>(what, TIMED), speed::of_events::<Twilight>(what, TIMED)];
        row(what, "", stages)?;
    }
    let (ours, theirs) = (speed::fill::<Ours>(TIMED), speed::fill::<Twilight>(TIMED));
    for what in ROWS {
        for table in TABLES {
            let stages = [speed::of_rows(what, table, &ours), speed::of_rows(what, table, &theirs)];
            row(what, table.name(), stages)?;
        }
    }
    println!();
    Ok(())
}

/// Counts and times one thing on both sides.
fn row(what: &str, table: &str, mut stages: [Box<dyn Stage>; 2]) -> Result<()> {
    eprintln!("{what} {table}");
    let mut times: [Vec<Duration>; 2] = Default::default();
    for _ in 0..=ROUNDS {
        for (stage, times) in stages.iter_mut().zip(&mut times) {
            stage.ready();
            let time = count::time(&mut || stage.run());
            times.push(time);
        }
    }
    let rows = stages[0].size().0 as f64;
    let [ours, theirs] = times.map(|times| count::median(times).as_nanos() as f64 / rows);
    let instructions = |side| -> Result<f64> {
        let args = ["one", side, what, table];
        let used = if table.is_empty() { 3 } else { 4 };
        let (rows, _, instructions) = count::count(&args[..used])?;
        Ok(instructions / rows)
    };
    let (counted, their_counted) = (instructions("gatewright")?, instructions("twilight")?);
    println!(
        "| {what} | {table} | {counted:.0} | {their_counted:.0} | {:.1} | {ours:.0} | {theirs:.0} | {:.1} |",
        their_counted / counted,
        theirs / ours
    );
    Ok(())
}

pub fn shared() -> Result<()> {
    println!("| what | alone, instructions | shared | times as many |");
    println!("|---|---:|---:|---:|");
    for what in WHAT {
        eprintln!("{what}");
        let instructions = |how| -> Result<f64> {
            let (rows, _, instructions) = count::count(&["one", how, what])?;
            Ok(instructions / rows)
        };
        let (alone, shared) = (instructions("alone")?, instructions("shared")?);
        println!("| {what} | {alone:.0} | {shared:.0} | {:.2} |", shared / alone);
    }
    println!("\n| readers without a pause | ns an event | look-ups an event |");
    println!("|---|---:|---:|");
    for readers in [0, 1] {
        let mut rounds: Vec<_> = (0..ROUNDS).map(|_| with_readers(readers, TIMED.events)).collect();
        rounds.sort_unstable();
        let (took, looked) = rounds[ROUNDS / 2];
        let looked = looked as f64 / TIMED.events as f64;
        println!("| {readers} | {} | {looked:.1} |", took.as_nanos());
    }
    println!();
    Ok(())
}

pub fn session() -> Result<()> {
    let [ours, theirs] = both("gatewright-bench-cache", "session")?;
    println!("| session | documents | bytes | gatewright, ns each | twilight | times less |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (mine, other) in ours.iter().zip(&theirs).take(2) {
        let each = |line: &[String]| -> Result<f64> { Ok(number(line, 3)? / number(line, 1)?) };
        let (time, their_time) = (each(mine)?, each(other)?);
        println!(
            "| {} | {} | {} | {time:.0} | {their_time:.0} | {:.1} |",
            mine[0],
            mine[1],
            mine[2],
            their_time / time
        );
    }
    println!(
        "\n| table | who | rows compared | not there | fields compared | not as told | told and not kept |"
    );
    println!("|---|---|---:|---:|---:|---|---|");
    for (at, table) in Table::ALL.into_iter().enumerate() {
        for (side, lines) in SIDES.iter().zip([&ours, &theirs]) {
            println!("| {} | {side} | {} |", table.name(), lines[at + 2][1..].join(" | "));
        }
    }
    Ok(())
}
