//! Requests for members between a shard and a simulated gateway: all of them arrive, and nobody complains.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gatewright_core::model::GuildMembersChunk;
use gatewright_core::{
    Chunking, Compression, Encoding, Event, EventKind, GuildId, Intents, MemberRequests, Members,
    MembersSettings, Memory, Phase, Shard, ShardId, UserId,
};
use gatewright_sim::{Fault, Options};
use gatewright_tests::{Pair, Told};

const INTENTS: Intents = Intents::GUILDS.union(Intents::GUILD_MEMBERS);

/// A client that chunks guilds by itself, and a gateway of a world of some guilds.
fn pair(encoding: Encoding, chunking: Chunking, (guilds, members): (u32, u32)) -> Pair {
    let config = Pair::config(INTENTS).encoding(encoding);
    let shard = Shard::new(config, 1, Memory::heap(Compression::ZlibStream)).unwrap();
    let options = Options { seed: 5, rate: 0, guilds, members, ..Options::default() };
    let mut pair = Pair::new(shard, options);
    let settings = MembersSettings::new(ShardId::ONE, INTENTS).with_chunking(chunking);
    pair.members = Some(MemberRequests::heap(settings, 9, 8, 100));
    pair.keep = true;
    pair
}

/// Collects the members of each guild that came in chunks.
fn chunked(pair: &Pair) -> BTreeMap<GuildId, BTreeSet<UserId>> {
    let mut guilds: BTreeMap<GuildId, BTreeSet<UserId>> = BTreeMap::new();
    for event in &pair.kept {
        if let Event::Dispatch(dispatch) = event.event()
            && dispatch.kind() == EventKind::GuildMembersChunk
        {
            let chunk: GuildMembersChunk<'_> = dispatch.decode().unwrap();
            let users = chunk.members.iter().map(|member| member.unwrap().user.unwrap().id);
            guilds.entry(chunk.guild_id).or_default().extend(users);
        }
    }
    guilds
}

/// Collects the members of each guild of the world.
fn all(pair: &Pair) -> BTreeMap<GuildId, BTreeSet<UserId>> {
    let users =
        |guild: &gatewright_sim::Guild| guild.members.iter().map(|member| member.user).collect();
    pair.server.world().guilds().iter().map(|guild| (guild.id, users(guild))).collect()
}

fn told(pair: &Pair, word: &str) -> usize {
    pair.told_of_members.iter().filter(|told| told.starts_with(word)).count()
}

fn dispatched(pair: &Pair, kind: &str) -> usize {
    let is = |told: &&Told| matches!(told, Told::Dispatch(name, _) if name == kind);
    pair.told.iter().filter(is).count()
}

#[test]
fn all_members_of_all_guilds_arrive_and_no_limit_is_hit() {
    for encoding in Encoding::ALL {
        let mut pair = pair(encoding, Chunking::All, (5, 3_500));
        pair.run_until(|pair| told(pair, "Complete") == 5);
        assert_eq!(chunked(&pair), all(&pair), "{encoding}");
        assert_eq!(told(&pair, "Progress"), 5 * 4, "{encoding}");
        assert_eq!(pair.told_of_members.len(), 5 * 5, "{encoding} {:?}", pair.told_of_members);
        assert_eq!(dispatched(&pair, "RATE_LIMITED"), 0, "{encoding}");
        let complaints = pair.server.stats().complaints;
        assert_eq!(complaints, 0, "{encoding} {:?}", pair.server.journal());
        pair.run_for(Duration::from_secs(120));
        assert_eq!(pair.told_of_members.len(), 5 * 5, "nothing is asked for again");
    }
}

#[test]
fn some_members_are_found_and_some_are_not() {
    let mut pair = pair(Encoding::Json, Chunking::Off, (1, 2_500));
    pair.run_until(|pair| dispatched(pair, "GUILD_CREATE") == 1);
    let guild = &pair.server.world().guilds()[0];
    let (guild, member) = (guild.id, guild.members[7].user);
    pair.ask(guild, Members::Users(&[member, UserId(1), UserId(2)]));
    pair.ask(guild, Members::All);
    pair.run_until(|pair| told(pair, "Complete") == 2);
    assert!(
        pair.told_of_members[1].contains("count: 1, not_found: 2"),
        "{:?}",
        pair.told_of_members
    );
    assert_eq!(chunked(&pair), all(&pair));
}

#[test]
fn a_guild_the_shard_does_not_know_has_no_members() {
    let mut pair = pair(Encoding::Json, Chunking::Off, (1, 10));
    pair.run_until(|pair| pair.shard.status().phase == Phase::Live);
    let before = pair.now();
    pair.ask(GuildId(1), Members::Users(&[UserId(1)]));
    pair.run_until(|pair| !pair.told_of_members.is_empty());
    assert!(pair.told_of_members[0].contains("failure: NoAnswer"), "{:?}", pair.told_of_members);
    assert_eq!(pair.now().saturating_since(before), Duration::from_secs(15));
}

#[test]
fn a_connection_lost_amid_an_answer_costs_no_member() {
    for session_lost in [false, true] {
        let mut pair = pair(Encoding::Json, Chunking::Off, (2, 4_000));
        pair.run_until(|pair| dispatched(pair, "GUILD_CREATE") == 2);
        let guild = pair.server.world().guilds()[0].id;
        pair.inject(Fault::CutMessage);
        if session_lost {
            pair.inject(Fault::InvalidSessionInAnswer);
        }
        pair.ask(guild, Members::All);
        pair.run_until(|pair| told(pair, "Complete") + told(pair, "Failed") == 1);
        assert_eq!(told(&pair, "Failed"), 0, "{session_lost} {:?}", pair.told_of_members);
        let counters = pair.shard.status().counters;
        let (lost, asked) = (u32::from(session_lost), counters.commands);
        assert_eq!((counters.resumes, counters.readies, asked), (1, 1 + lost, 1 + lost));
        assert_eq!(chunked(&pair).get(&guild), all(&pair).get(&guild), "{session_lost}");
        let complaints = pair.server.stats().complaints;
        assert_eq!(complaints, 0, "{session_lost} {:?}", pair.server.journal());
    }
}

#[test]
fn guilds_are_chunked_once_more_in_a_new_session() {
    let mut pair = pair(Encoding::Json, Chunking::All, (3, 2_500));
    pair.run_until(|pair| told(pair, "Complete") == 3);
    assert_eq!(pair.inject(Fault::InvalidSession), 1);
    pair.run_until(|pair| told(pair, "Complete") == 6);
    assert_eq!(pair.told_of_members.len(), 6 * 4, "{:?}", pair.told_of_members);
    assert_eq!(pair.server.stats().complaints, 0, "{:?}", pair.server.journal());
}

#[test]
fn a_session_lost_while_guilds_are_chunked_leaves_none_out() {
    let mut pair = pair(Encoding::Json, Chunking::All, (4, 2_500));
    pair.run_until(|pair| dispatched(pair, "GUILD_CREATE") == 1);
    assert_eq!(pair.inject(Fault::Delay(Duration::from_secs(2))), 1);
    pair.run_for(Duration::from_secs(1));
    assert_eq!(pair.inject(Fault::InvalidSession), 1);
    pair.run_for(Duration::from_secs(180));
    let failed: Vec<_> =
        pair.told_of_members.iter().filter(|told| told.starts_with("Failed")).collect();
    assert!(!failed.is_empty(), "the session was lost too late");
    assert!(failed.iter().all(|told| told.contains("failure: SessionLost")), "{failed:?}");
    assert_eq!((told(&pair, "Overflow"), chunked(&pair)), (0, all(&pair)));
    assert!(told(&pair, "Complete") >= 4, "{:?}", pair.told_of_members);
    assert_eq!(pair.server.stats().complaints, 0, "{:?}", pair.server.journal());
}
