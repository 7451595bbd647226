//! `gatewright watch --shards`: a fleet as it happens.

mod crew;
mod crowd;
mod table;

use std::time::Duration;

use anyhow::bail;
use async_channel::Receiver;
use futures_lite::future;
use gatewright_core::{OwnedEvent, ShardId, Shards, Stop};
use gatewright_sim::{Fault, Loopback};

use self::crew::{Crew, Errand};
pub(crate) use self::crew::{Setup, run};
use self::crowd::Crowd;
use self::table::Table;
use crate::pulse::Pulse;

/// How many shards the simulated gateway lets identify at once.
pub(crate) const AT_ONCE: u32 = 16;
/// How many guilds of the simulated gateway a shard has at the least, on the average.
pub(crate) const GUILDS: u32 = 4;
/// The guilds up to which that is so: they take memory.
pub(crate) const MOST_GUILDS: u32 = 2_000;
/// How much longer than the span simulated sessions may take to be live and resumed.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many dials may fail before the first connection.
const DIALS: u32 = 3;

/// A fleet to watch, and how.
pub(crate) struct Watch {
    pub(crate) simulated: Option<Loopback>,
    pub(crate) span: Option<Duration>,
    pub(crate) json: bool,
    pub(crate) pulse: Receiver<Pulse>,
    pub(crate) place: String,
    pub(crate) shards: Shards,
}

/// What the loop hears.
enum Heard {
    Shard(Option<(ShardId, Result<OwnedEvent, Stop>)>),
    Pulse(Pulse),
}

impl Errand for Watch {
    async fn run(self, mut crew: impl Crew) -> anyhow::Result<()> {
        let (mut crowd, mut table) = (Crowd::new(&self.shards), Table::new(self.json));
        let mut interrupted = false;
        loop {
            let pulse = async { Heard::Pulse(self.pulse.recv().await.unwrap_or(Pulse::Beat)) };
            let shard = async { Heard::Shard(crew.next().await) };
            match future::or(pulse, shard).await {
                Heard::Shard(Some(heard)) => tell(&mut crowd, &mut table, &heard),
                Heard::Shard(None) => break,
                Heard::Pulse(Pulse::Interrupt) => {
                    interrupted = true;
                    break;
                }
                Heard::Pulse(Pulse::Beat) => {
                    table.live(&mut crowd, &crew.statuses());
                    if self.is_over(&mut crowd) {
                        break;
                    }
                }
            }
            if crowd.failed_dials() >= DIALS {
                bail!("cannot connect to {}; check the network or --gateway", self.place);
            }
        }
        // How they stood before they were ended.
        let (statuses, closing) = (crew.statuses(), crew.close());
        table.close();
        let taking = async {
            while let Some(heard) = crew.next().await {
                tell(&mut crowd, &mut table, &heard);
            }
        };
        future::zip(closing, taking).await;
        table.end(&mut crowd, &statuses);
        crowd.check(interrupted)?;
        if self.simulated.is_some() && !interrupted {
            crowd.check_simulated()?;
        }
        Ok(())
    }
}

impl Watch {
    /// Drops the simulated connections once, and tells whether the time is up.
    ///
    /// With the simulated gateway the time counts from the last READY, and the end waits until all were resumed.
    fn is_over(&self, crowd: &mut Crowd) -> bool {
        let Some(span) = self.span else { return false };
        let Some(simulated) = &self.simulated else { return crowd.elapsed() >= span };
        let watched = crowd.since_begun();
        if watched >= span * 2 / 5 && crowd.may_drop() && simulated.inject(Fault::Drop) > 0 {
            crowd.drop_connections();
        }
        // Each bucket lets one shard identify in 5 s.
        let rounds = self.shards.count() / AT_ONCE;
        let patience = PATIENCE + Duration::from_secs(6) * rounds;
        (watched >= span && crowd.have_resumed()) || crowd.elapsed() >= span + patience
    }
}

fn tell(crowd: &mut Crowd, table: &mut Table, heard: &(ShardId, Result<OwnedEvent, Stop>)) {
    let (shard, heard) = heard;
    for line in crowd.hear(*shard, heard) {
        table.line(crowd, *shard, &line);
    }
}
