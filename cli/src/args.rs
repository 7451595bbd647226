//! The command line.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use gatewright_core::{Compression, Encoding, Intents, ShardId};
use gatewright_sim::Fault;

use crate::cache::CacheArgs;
use crate::faults;
use crate::replay::Until;

/// A client for the Discord Gateway, and a simulated gateway to try it against.
#[derive(Debug, Parser)]
#[command(version, after_help = "Without a command it runs `gatewright watch`.")]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) task: Option<Task>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Shows a session as it happens: with Discord if DISCORD_TOKEN is set, else with a simulated gateway.
    Watch(WatchArgs),
    /// Watches a session and records it, to replay it or to attach it to a bug report.
    ///
    /// The file is private: it holds everything the gateway sends, but the token only if the gateway sends it back compressed.
    Record(RecordArgs),
    /// Makes a transcript fit to be shown: blanks its texts and checks that it still replays alike.
    ///
    /// Blanked at equal length: every text in messages, commands and presences, so names, contents, statuses and
    /// links; comments. Session ids become others.
    ///
    /// Kept: keys, numbers, true, false and null; ids, which are texts of digits; moments as of ISO 8601; the names of
    /// events; resume_gateway_url in READY; the reasons of closes; the header but for session and presence, so with
    /// the gateway's URL and os, browser and device; all times, lengths and sequence numbers. Of URLs that stay, the
    /// query is blanked. So the result still tells which users, channels and guilds there were, by their ids, and
    /// when something happened.
    Redact(RedactArgs),
    /// Serves a simulated gateway for any client, until Ctrl-C.
    ///
    /// A client chooses as with Discord: JSON with the compression none, zlib, zlib-stream or zstd-stream, or
    /// ETF with none, zlib-stream or zstd-stream.
    Simulate(SimulateArgs),
    /// Plays a recording through a fresh core, and tells the first difference.
    ///
    /// It ends with 0 if the core does what was recorded, line by line; with --timeline it draws the session.
    Replay(ReplayArgs),
    /// Applies payloads to a cache, and shows what it holds then.
    ///
    /// Each line is what a gateway sends, {"op":0,"t":"...","d":{...}}; other opcodes are skipped.
    Cache(CacheArgs),
}

/// The flags of `watch`.
#[derive(Debug, Parser)]
pub(crate) struct WatchArgs {
    /// Intents by name (comma-separated), `all`, `unprivileged`, or a number.
    #[arg(long, value_parser = intents)]
    pub(crate) intents: Option<Intents>,
    /// The shard, as id/count.
    #[arg(long, value_parser = shard, default_value = "0/1")]
    pub(crate) shard: ShardId,
    /// Watches all shards of a bot that has so many: a number, or `auto` for as many as the API suggests.
    #[arg(long, value_name = "N", value_parser = shards, conflicts_with_all = ["shard", "record"])]
    pub(crate) shards: Option<Count>,
    /// The encoding: json or etf.
    #[arg(long, default_value = "json")]
    pub(crate) encoding: Encoding,
    /// The compression: none, zlib (with json only), zlib-stream or zstd-stream.
    #[arg(long, default_value = "zlib-stream")]
    pub(crate) compress: Compression,
    /// The runtime under the client.
    #[arg(long, value_enum, default_value = "tokio")]
    pub(crate) runtime: Runtime,
    /// The gateway's URL, wss:// or ws://; a ws:// one needs no DISCORD_TOKEN.
    #[arg(long, value_name = "URL")]
    pub(crate) gateway: Option<String>,
    /// The API to ask for the gateway first; that of Discord if DISCORD_TOKEN is set, and none with --gateway.
    #[arg(long, value_name = "URL")]
    pub(crate) api: Option<String>,
    /// The HTTP proxy for the API and the gateway: http://user:password@host:port.
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Where the day's session starts are counted; in the folder for the state of programs where the gateway is wss://.
    #[arg(long, value_name = "FILE")]
    pub(crate) budget: Option<PathBuf>,
    /// Starts at once, also from the reserve of session starts that is kept for people.
    #[arg(long)]
    pub(crate) by_hand: bool,
    /// How long to watch; 15s with the simulated gateway, else until Ctrl-C.
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) span: Option<Duration>,
    /// Writes one JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
    /// Records the session into a new file.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) world: WorldArgs,
}

impl WatchArgs {
    /// The flags when none is given.
    pub(crate) fn defaults() -> Self {
        Self::parse_from(["watch"])
    }
}

/// The flags of `record`.
#[derive(Debug, Parser)]
pub(crate) struct RecordArgs {
    /// The file to write, which may not be there yet.
    #[arg(value_name = "FILE", conflicts_with_all = ["record", "shards"])]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    watch: WatchArgs,
}

impl RecordArgs {
    /// Returns the session to watch.
    pub(crate) fn watch(self) -> WatchArgs {
        WatchArgs { record: Some(self.file), ..self.watch }
    }
}

/// The flags of `redact`.
#[derive(Debug, Parser)]
pub(crate) struct RedactArgs {
    /// The transcript; `-` reads it from the standard input.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Where the redacted transcript goes; standard output unless given, and for `-`.
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
}

/// The flags of `simulate` that are about the gateway it serves.
const SERVED: [&str; 13] = [
    "listen",
    "fault",
    "list_faults",
    "token",
    "deny_privileged",
    "resume_url",
    "heartbeat",
    "max_concurrency",
    "session_starts",
    "rate",
    "guilds",
    "members",
    "seed",
];

/// The flags of `simulate`.
#[derive(Debug, Parser)]
pub(crate) struct SimulateArgs {
    /// The address to listen on; port 0 is any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8765", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// A fault that strikes once, by name, at its moment or some seconds after a session is live.
    ///
    /// Several strike in turn, each when the one before it has struck; `--list-faults` says what each does.
    #[arg(long, value_name = "NAME", value_parser = faults::read)]
    pub(crate) fault: Vec<Fault>,
    /// Lists the faults, what each does, and the regression cases it stands for, and ends.
    #[arg(long)]
    pub(crate) list_faults: bool,
    /// The token to expect; any is taken unless given.
    #[arg(long)]
    pub(crate) token: Option<String>,
    /// Refuses privileged intents, as if none was enabled in the developer portal.
    #[arg(long)]
    pub(crate) deny_privileged: bool,
    /// The URL to resume at that READY tells; the address it listens on unless given.
    #[arg(long, value_name = "URL")]
    pub(crate) resume_url: Option<String>,
    /// The heartbeat interval; clients may not take one below 5 s or above 10 min.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "41250ms")]
    pub(crate) heartbeat: Duration,
    /// How many buckets of shards there are; each takes one Identify in 5 s.
    #[arg(long, default_value = "1")]
    pub(crate) max_concurrency: u32,
    /// How many Identifies are granted in 24 hours, from its beginning on; one more resets the token.
    ///
    /// All sessions are over then, and every client with that token is closed with 4004. Resumes do not count.
    #[arg(long, value_name = "N", default_value = "1000")]
    pub(crate) session_starts: u32,
    /// Runs virtual hours in which much goes wrong, one for each seed, and judges the client; serves nothing.
    ///
    /// It ends with 0 if every law was kept, with 1 if one was broken or if a full campaign, of 10,000 seeds or more,
    /// used a fault fewer than 100 times, and with 130 after Ctrl-C.
    #[arg(long, requires = "seeds", conflicts_with_all = SERVED)]
    pub(crate) campaign: bool,
    /// The seeds of the campaign, as first..=last.
    #[arg(long, value_name = "RANGE", value_parser = seeds, requires = "campaign")]
    pub(crate) seeds: Option<RangeInclusive<u64>>,
    /// How many seeds of the campaign run at once; one for each processor unless given, and never more.
    #[arg(long, value_name = "N", requires = "campaign")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// The folder for what is written down of a seed that breaks a law.
    #[arg(long, value_name = "DIR", default_value = ".", requires = "campaign")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) world: WorldArgs,
}

/// The flags of `replay`.
#[derive(Debug, Parser)]
pub(crate) struct ReplayArgs {
    /// The recording; `-` reads it from the standard input.
    pub(crate) file: PathBuf,
    /// Stops there and tells the state: seconds as the lines have them (12.5), or a span since the first (1h 5m).
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Until>,
    /// Draws the session: states, heartbeats, reconnects, events and bytes.
    #[arg(long, value_name = "OUT.svg")]
    pub(crate) timeline: Option<PathBuf>,
    /// Shows what a cache of the events holds at the end.
    #[arg(long)]
    pub(crate) cache: bool,
    /// Writes that as one JSON object, and nothing else.
    #[arg(long, requires = "cache")]
    pub(crate) json: bool,
}

/// The most guilds of a simulated world, members of each, and members in all: more would not fit into memory.
const MOST_GUILDS: i64 = 10_000;
const MOST_MEMBERS: i64 = 1_000_000;
pub(crate) const MOST_IN_ALL: u64 = 2_000_000;

/// The simulated world.
#[derive(Clone, Copy, Debug, Parser)]
pub(crate) struct WorldArgs {
    /// Events a second of the simulated gateway.
    #[arg(long, default_value = "200")]
    pub(crate) rate: u32,
    /// Guilds of the simulated world.
    #[arg(long, default_value = "25", value_parser = clap::value_parser!(u32).range(..=MOST_GUILDS))]
    pub(crate) guilds: u32,
    /// Members of each simulated guild.
    #[arg(long, default_value = "100", value_parser = clap::value_parser!(u32).range(..=MOST_MEMBERS))]
    pub(crate) members: u32,
    /// The seed of the simulated world.
    #[arg(long, default_value = "1")]
    pub(crate) seed: u64,
}

/// How many shards a bot has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// So many.
    Given(u32),
    /// As many as the API suggests.
    Suggested,
}

/// The runtime under the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runtime {
    /// smol, through gatewright-smol.
    Smol,
    /// tokio, through gatewright-tokio.
    Tokio,
}

impl Runtime {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Smol => "smol",
            Self::Tokio => "tokio",
        }
    }
}

fn intents(text: &str) -> Result<Intents, String> {
    if let Ok(bits) = text.parse() {
        return Ok(Intents::from_bits_retain(bits));
    }
    text.split(',').try_fold(Intents::empty(), |sum, name| {
        let name = name.trim().to_uppercase().replace('-', "_");
        let known = match name.as_str() {
            "ALL" => Some(Intents::DOCUMENTED),
            "UNPRIVILEGED" => Some(Intents::unprivileged()),
            _ => Intents::from_name(&name),
        };
        known.map(|intent| sum | intent).ok_or_else(|| {
            let names: Vec<_> = Intents::all().iter_names().map(|(name, _)| name).collect();
            format!("no intent is called {name}; there are ALL, UNPRIVILEGED, {}", names.join(", "))
        })
    })
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected an address and a port, such as 127.0.0.1:8765".to_owned())
}

fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let range = text
        .split_once("..=")
        .and_then(|(first, last)| Some(first.trim().parse().ok()?..=last.trim().parse().ok()?));
    let holds = range.filter(|range: &RangeInclusive<u64>| !range.is_empty());
    holds.ok_or_else(|| "expected the first and the last seed, such as 1..=1000".to_owned())
}

fn shards(text: &str) -> Result<Count, String> {
    if text == "auto" {
        return Ok(Count::Suggested);
    }
    let count = text.parse().ok().filter(|count| *count > 0);
    count.map(Count::Given).ok_or_else(|| "expected a number of shards, or auto".to_owned())
}

fn shard(text: &str) -> Result<ShardId, String> {
    let parsed = text.split_once('/').and_then(|(id, count)| {
        Some(ShardId::new(id.trim().parse().ok()?, count.trim().parse().ok()?))
    });
    let fits = parsed.filter(|shard| shard.id < shard.count);
    fits.ok_or_else(|| "expected id/count with an id below the count, such as 0/1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Args::command().debug_assert();
        assert_eq!(WatchArgs::defaults().shard, ShardId::ONE);
    }

    #[test]
    fn intents_come_by_name_or_as_a_number() {
        assert_eq!(intents("513"), Ok(Intents::GUILDS | Intents::GUILD_MESSAGES));
        assert_eq!(intents("guilds,guild-messages"), intents("513"));
        assert_eq!(intents("all"), Ok(Intents::DOCUMENTED));
        assert!(intents("guilds,nonsense").unwrap_err().contains("NONSENSE"));
    }

    #[test]
    fn seeds_are_a_range_that_is_not_empty() {
        assert_eq!(seeds("1..=10"), Ok(1..=10));
        assert_eq!(seeds("7..=7"), Ok(7..=7));
        for bad in ["", "1", "1..5", "5..=1", "-1..=1", "1..=", "a..=b"] {
            assert!(seeds(bad).unwrap_err().contains("1..=1000"), "{bad}");
        }
    }

    #[test]
    fn a_shard_is_an_id_below_a_count() {
        assert_eq!(shard("3/16"), Ok(ShardId::new(3, 16)));
        for bad in ["", "1", "1/1", "2/1", "a/b", "-1/2"] {
            assert!(shard(bad).is_err(), "{bad}");
        }
    }
}
