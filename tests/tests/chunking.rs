//! Both adapters ask for the members of guilds by themselves, over real sockets.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;

use gatewright_core::model::GuildMembersChunk;
use gatewright_core::{Chunking, Config, Dispatch, Event, EventKind, GuildId, Intents, OwnedEvent};
use gatewright_sim::{Loopback, Options, serve};

const LIMIT: Duration = Duration::from_secs(60);
const GUILDS: usize = 3;

/// Three guilds, one of which is large.
fn gateway() -> Loopback {
    let options = Options { seed: 5, rate: 0, guilds: 3, members: 2_300, ..Options::default() };
    serve(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap()
}

fn config(gateway: &Loopback) -> Config<'static> {
    let intents = Intents::GUILDS | Intents::GUILD_MEMBERS | Intents::GUILD_MESSAGES;
    Config::new("simulated", intents).gateway(gateway.url())
}

/// The chunks that came of each guild, by index.
#[derive(Default)]
struct Chunks(BTreeMap<GuildId, BTreeMap<u32, (u32, usize)>>);

impl Chunks {
    fn hear(&mut self, dispatch: &Dispatch<'_>) {
        if dispatch.kind() != EventKind::GuildMembersChunk {
            return;
        }
        let chunk: GuildMembersChunk<'_> = dispatch.decode().unwrap();
        let guild = self.0.entry(chunk.guild_id).or_default();
        let told = (chunk.chunk_count.unwrap(), chunk.members.iter().count());
        assert_eq!(guild.insert(chunk.chunk_index.unwrap(), told), None, "a chunk came twice");
    }

    fn are_whole(&self) -> bool {
        let is_whole = |chunks: &BTreeMap<u32, (u32, usize)>| {
            chunks.values().all(|(count, _)| usize::try_from(*count) == Ok(chunks.len()))
        };
        self.0.len() == GUILDS && self.0.values().all(is_whole)
    }

    fn members(&self) -> usize {
        self.0.values().flat_map(BTreeMap::values).map(|(_, members)| members).sum()
    }
}

/// How many members the world has, as GUILD_CREATE tells.
fn member_count(event: &OwnedEvent) -> usize {
    let Event::Dispatch(dispatch) = event.event() else { return 0 };
    if dispatch.kind() != EventKind::GuildCreate {
        return 0;
    }
    let guild: gatewright_core::model::GuildCreate<'_> = dispatch.decode().unwrap();
    usize::try_from(guild.member_count.unwrap()).unwrap()
}

macro_rules! chunking {
    ($name:ident, $adapter:ident, $run:expr) => {
        mod $name {
            use super::*;
            use $adapter::ShardHandle;

            /// Takes events until all members came; returns how many, and how many there are.
            async fn chunked(sim: &Loopback) -> (usize, usize) {
                let options = $adapter::Options::default().chunking(Chunking::All);
                let shard = ShardHandle::new(config(sim), options);
                let mut events = shard.start().await.unwrap();
                let (mut chunks, mut members) = (Chunks::default(), 0);
                while !chunks.are_whole() {
                    let event = events.next().await.unwrap();
                    members += member_count(&event);
                    if let Event::Dispatch(dispatch) = event.event() {
                        chunks.hear(&dispatch);
                    }
                }
                shard.close().await;
                (chunks.members(), members)
            }

            #[test]
            fn all_members_of_all_guilds_come_by_themselves() {
                let sim = gateway();
                let (came, there) = $run(chunked(&sim));
                assert_eq!(came, there);
                assert!(there > 2_000, "{there}");
                assert_eq!(sim.stats().refused, 0);
            }
        }
    };
}

chunking!(tokio, gatewright_tokio, |task| {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let timed = async { ::tokio::time::timeout(LIMIT, task).await };
    runtime.block_on(timed).expect("it took more than a minute")
});
chunking!(smol, gatewright_smol, |task| {
    ::smol::block_on(futures_lite::future::or(task, async {
        ::smol::Timer::after(LIMIT).await;
        panic!("it took more than a minute")
    }))
});
