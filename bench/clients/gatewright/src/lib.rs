//! gatewright as a client: one shard, on tokio or smol, and something that takes its events.
//!
//! Its words are `tokio|smol ENCODING COMPRESSION cache|every-field|needs|nothing`.

use std::hint::black_box;

use anyhow::{Context, Result, bail};
use gatewright_bench_harness::meter::{Count, Fate, Meter, Plan};
use gatewright_bench_read::{eager, lean};
use gatewright_core::cache::{Cache, Heap, Kind, Limit, Settings};
use gatewright_core::{Compression, Config, Dispatch, Encoding, Event, EventKind, Intents};

const TOKEN: &str = "MTIz.bench.token";
/// What twilight keeps unless told otherwise.
const MESSAGES_PER_CHANNEL: u32 = 100;

/// Connects as the command line says, and tells what all events took.
pub fn run(heap: Count) -> Result<()> {
    let plan = Plan::from_args()?;
    let words: Vec<&str> = plan.words.iter().map(String::as_str).collect();
    let [runtime, encoding, compression, does] = words[..] else { bail!("expected four words") };
    let encoding: Encoding = encoding.parse().context("an encoding")?;
    let compression: Compression = compression.parse().context("a compression")?;
    let config =
        Config::new(TOKEN, Intents::DOCUMENTED).gateway(plan.url.clone()).encoding(encoding);
    let client = Client { plan: &plan, meter: Meter::new(&plan, heap), taker: Taker::new(does)? };
    match runtime {
        "smol" => on_smol(client, config, compression),
        "tokio" => on_tokio(client, config, compression),
        _ => bail!("expected tokio or smol"),
    }
}

fn on_tokio(mut client: Client<'_>, config: Config<'static>, how: Compression) -> Result<()> {
    let options = gatewright_tokio::Options::default().compression(how);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut gateway = gatewright_tokio::Gateway::connect(config, options)?;
        while !client.hear(&gateway.next().await?)? {}
        client.tell("gatewright-tokio")
    })
}

fn on_smol(mut client: Client<'_>, config: Config<'static>, how: Compression) -> Result<()> {
    let options = gatewright_smol::Options::default().compression(how);
    smol::block_on(async {
        let mut gateway = gatewright_smol::Gateway::connect(config, options)?;
        while !client.hear(&gateway.next().await?)? {}
        client.tell("gatewright-smol")
    })
}

struct Client<'p> {
    plan: &'p Plan,
    meter: Meter<'p>,
    taker: Taker,
}

impl Client<'_> {
    /// Takes an event; tells whether that was all.
    fn hear(&mut self, event: &Event<'_>) -> Result<bool> {
        match event {
            Event::Dispatch(dispatch) if dispatch.kind() == EventKind::Ready => {
                if matches!(self.taker, Taker::Cache(_)) {
                    self.taker.take(dispatch);
                }
                self.meter.ready();
                Ok(false)
            }
            Event::Dispatch(dispatch) => Ok(self.meter.event(self.taker.take(dispatch))),
            Event::Disconnected(lost) => {
                eprintln!("disconnected: {}", lost.cause);
                Ok(true)
            }
            Event::Connected(_) => Ok(false),
            other => bail!("no such event was to come: {other:?}"),
        }
    }

    fn tell(&self, name: &str) -> Result<()> {
        let cached = match &self.taker {
            Taker::Cache(cache) => Some(u64::try_from(cache.guilds().len())?),
            _ => None,
        };
        debug_assert!(cached.is_none_or(|guilds| guilds <= self.plan.guilds));
        self.meter.tell(&format!("{name} {}", env!("CARGO_PKG_VERSION")), cached)?;
        // What a process gives back at its end is not measured.
        std::process::exit(0)
    }
}

/// What becomes of events.
enum Taker {
    /// They go into a cache.
    Cache(Box<Cache<Heap>>),
    /// All is read.
    EveryField,
    /// What a cache needs is read.
    Needs,
    /// Nothing: they are known by name and number.
    Nothing,
}

impl Taker {
    fn new(does: &str) -> Result<Self> {
        Ok(match does {
            "cache" => {
                let settings = Settings::default()
                    .with_limit(Kind::Message, Limit::refuse(u32::MAX))
                    .with_max_messages_per_channel(MESSAGES_PER_CHANNEL);
                Self::Cache(Box::new(Cache::new(settings)))
            }
            "every-field" => Self::EveryField,
            "needs" => Self::Needs,
            "nothing" => Self::Nothing,
            _ => bail!("expected cache, every-field, needs or nothing"),
        })
    }

    fn take(&mut self, dispatch: &Dispatch<'_>) -> Fate {
        let read = match self {
            Self::Cache(cache) => {
                let applied = cache.apply(dispatch, &mut ());
                applied.broken == 0 && applied.refused == 0
            }
            Self::EveryField => eager::read(dispatch).is_ok(),
            Self::Needs => {
                let mut sink = lean::Sink::default();
                let read = lean::read(dispatch, &mut sink).is_ok();
                black_box(sink.0);
                read
            }
            Self::Nothing => !black_box(dispatch.name()).is_empty(),
        };
        match (read, dispatch.kind()) {
            (false, _) => Fate::Failed,
            (true, EventKind::Unknown) => Fate::Unknown,
            (true, _) => Fate::Taken,
        }
    }
}
