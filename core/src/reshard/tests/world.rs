//! Guilds in which things happen, a gateway that tells them to two sets of shards, and a consumer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::string::String;
use std::vec::Vec;
use std::{format, vec};

use super::*;
use crate::Cause;

/// A snowflake whose upper bits count.
fn guild_id(number: u64) -> u64 {
    (number + 1) << 22
}

/// Chance, apart from that of the product.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// What is to be tried.
pub(super) struct Plan {
    seed: u64,
    old: u32,
    new: u32,
    /// Whether new sessions are lost now and then.
    pub(super) losses: bool,
    /// Whether the old shards end by themselves.
    pub(super) old_ends: bool,
    /// Whether a new shard is refused for good on the way.
    pub(super) new_fails: bool,
    /// Whether sessions are answered, each by itself.
    pub(super) answers: bool,
    /// How many guilds there are, if in some of them hardly anything happens.
    pub(super) uneven: Option<u64>,
}

impl Plan {
    pub(super) fn new(seed: u64, old: u32, new: u32) -> Self {
        let (losses, old_ends, new_fails, answers) = (false, false, false, false);
        Self { seed, old, new, losses, old_ends, new_fails, answers, uneven: None }
    }

    fn guilds(&self) -> u64 {
        self.uneven.unwrap_or(40)
    }
}

/// What the gateway tells a shard.
#[derive(Clone)]
enum Told {
    /// What one session asked for.
    Answer {
        guild: u64,
    },
    Lost,
    /// How a guild is, once a session begins.
    State {
        guild: u64,
    },
    Ready(Vec<u64>),
    /// What happened: the how-manieth of the guild.
    News {
        guild: u64,
        number: usize,
    },
}

/// A shard of one side.
#[derive(Default)]
struct Link {
    is_live: bool,
    /// Guilds it is told of.
    joined: BTreeSet<u64>,
    /// When it gets a session.
    begins: Option<u64>,
    /// What is on its way, with when it arrives.
    told: VecDeque<(u64, Told)>,
    /// How long anything is on its way.
    net: u64,
    beats_at: u64,
    /// Answers on their way: when they arrive, and when the heartbeat was sent.
    answers: VecDeque<(u64, u64)>,
    is_over: bool,
}

impl Link {
    /// Something comes to it later than the answer to a heartbeat would, by less than is taken as given.
    fn tell(&mut self, now: u64, chance: &mut Chance, told: Told) {
        let at = now + self.net + chance.below(4_900);
        let last = self.told.back().map_or(0, |(last, _)| *last);
        self.told.push_back((at.max(last), told));
    }
}

pub(super) struct World {
    now: u64,
    chance: Chance,
    plan: Plan,
    reshard: Reshard,
    links: [Vec<Link>; 2],
    /// What happened in each guild: its name and data.
    news: BTreeMap<u64, Vec<(&'static str, String)>>,
    /// What the consumer heard.
    heard: BTreeMap<u64, Vec<(&'static str, String)>>,
    outage: BTreeSet<u64>,
    is_done: bool,
    /// Whether the consumer had more of the new shards than of the old ones when one of them failed.
    pub(super) was_ahead: bool,
}

const SIDES: [Side; 2] = [Side::Old, Side::New];

impl World {
    /// Goes over from one set to the other, and a little further.
    pub(super) fn run(plan: Plan) -> Self {
        let mut chance = Chance(plan.seed);
        let mut link = |is_live| Link { is_live, net: 10 + chance.below(2_000), ..Link::default() };
        let old = (0..plan.old).map(|_| link(true)).collect();
        let new = (0..plan.new).map(|_| link(false)).collect();
        let mut world = Self {
            now: 1,
            reshard: Reshard::new(plan.old, plan.new, 1 + chance.below(16) as usize),
            chance,
            links: [old, new],
            news: BTreeMap::new(),
            heard: BTreeMap::new(),
            outage: BTreeSet::new(),
            is_done: false,
            was_ahead: false,
            plan,
        };
        for guild in (0..world.plan.guilds()).map(guild_id) {
            world.news.insert(guild, vec![]);
            world.heard.insert(guild, vec![]);
            let at = GuildId(guild).shard(world.plan.old) as usize;
            world.links[0][at].joined.insert(guild);
        }
        while !world.is_done {
            world.step(true);
            assert!(world.now < 3_600_000, "seed {}: it does not come to its end", world.plan.seed);
        }
        for _ in 0..200 {
            world.step(true);
        }
        while world.links.iter().flatten().any(|link| !link.told.is_empty()) {
            world.step(false);
        }
        world
    }

    fn at(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    fn step(&mut self, busy: bool) {
        self.now += 1 + self.chance.below(400);
        for _ in 0..self.chance.below(if busy { 6 } else { 1 }) {
            self.happen();
        }
        self.live();
        self.obey();
        for _ in 0..1 + self.chance.below(30) {
            self.take();
        }
        self.obey();
        self.answer();
    }

    /// Something happens in a guild, much of it alike.
    fn happen(&mut self) {
        let guild = guild_id(self.somewhere());
        if self.plan.answers && self.chance.one_in(20) {
            return self.answer_one(guild);
        }
        let (name, d) = match self.chance.below(12) {
            0 if self.outage.insert(guild) => {
                ("GUILD_DELETE", format!(r#"{{"id":"{guild}","unavailable":true}}"#))
            }
            1..6 if self.outage.remove(&guild) => {
                ("GUILD_CREATE", format!(r#"{{"id":"{guild}"}}"#))
            }
            _ if self.outage.contains(&guild) => return,
            other => ("TYPING_START", self.typing(guild, other % 3)),
        };
        let news = self.news.get_mut(&guild).unwrap();
        let number = news.len();
        news.push((name, d));
        let now = self.now;
        for links in &mut self.links {
            let count = links.len() as u32;
            let link = &mut links[GuildId(guild).shard(count) as usize];
            if link.is_live && link.joined.contains(&guild) {
                link.tell(now, &mut self.chance, Told::News { guild, number });
            }
        }
    }

    fn somewhere(&mut self) -> u64 {
        let all = self.chance.below(self.plan.guilds());
        if self.plan.uneven.is_none() {
            return all;
        }
        let most = self.chance.below(all + 1);
        self.chance.below(most + 1)
    }

    /// Where hardly anything happens, nothing reads like what was before.
    fn typing(&self, guild: u64, user: u64) -> String {
        match self.plan.uneven {
            None => format!(r#"{{"user_id":"{user}","guild_id":"{guild}"}}"#),
            Some(_) => {
                let now = self.now;
                format!(r#"{{"user_id":"{user}","guild_id":"{guild}","timestamp":{now}}}"#)
            }
        }
    }

    /// One of the sessions has what it asked for.
    fn answer_one(&mut self, guild: u64) {
        let side = self.chance.below(2) as usize;
        let (now, count) = (self.now, self.links[side].len() as u32);
        let link = &mut self.links[side][GuildId(guild).shard(count) as usize];
        if link.is_live && link.joined.contains(&guild) {
            link.tell(now, &mut self.chance, Told::Answer { guild });
        }
    }

    /// Sessions begin and are lost, and heartbeats go out.
    fn live(&mut self) {
        let (now, count) = (self.now, self.plan.new);
        for link in self.links.iter_mut().flatten() {
            if link.is_live && link.beats_at <= now {
                link.beats_at = now + 8_000 + self.chance.below(4_000);
                link.answers.push_back((now + link.net, now));
            }
        }
        for (at, link) in self.links[1].iter_mut().enumerate() {
            if link.begins.is_some_and(|begins| begins <= now) {
                (link.is_live, link.begins) = (true, None);
                let of = |guild: &u64| GuildId(*guild).shard(count) as usize == at;
                let guilds: Vec<u64> = self.news.keys().copied().filter(of).collect();
                link.tell(now, &mut self.chance, Told::Ready(guilds.clone()));
                for guild in guilds {
                    link.joined.insert(guild);
                    if !self.outage.contains(&guild) {
                        link.tell(now, &mut self.chance, Told::State { guild });
                    }
                }
            }
            // One that is lost when the old ones are closed is lost as ever.
            let starts = |lane: &Lane| matches!(lane.stage, Stage::Idle | Stage::Starting(_));
            let is_early = self.reshard.lanes.iter().any(starts);
            if self.plan.losses && is_early && link.is_live && self.chance.one_in(2_000) {
                link.told.clear();
                link.answers.clear();
                (link.is_live, link.begins) = (false, Some(now + 1_000));
                link.tell(now, &mut self.chance, Told::Lost);
            }
        }
        let is_open = self.reshard.course == Course::Merging;
        if self.plan.new_fails && is_open && self.chance.one_in(400) {
            let at = self.chance.below(u64::from(count)) as usize;
            self.fail_new(at);
        }
        if self.plan.old_ends && self.chance.one_in(100) {
            let at = self.chance.below(u64::from(self.plan.old)) as usize;
            self.end_old(at);
        }
    }

    /// An old shard is closed: what has not arrived is lost.
    fn end_old(&mut self, at: usize) {
        let (link, now) = (&mut self.links[0][at], self.now);
        link.is_live = false;
        link.answers.clear();
        link.told.retain(|(at, _)| *at <= now);
    }

    /// A new shard is over, and then the others are closed.
    fn fail_new(&mut self, at: usize) {
        self.reshard.new_is_over(self.at(), at as u32);
        self.was_ahead = self.reshard.lanes.iter().any(|lane| !lane.new.is_empty());
        let chance = &mut self.chance;
        for link in &mut self.links[1] {
            (link.is_live, link.begins) = (false, None);
            link.answers.clear();
            link.told.truncate(chance.below(20) as usize);
        }
    }

    /// Does what the product wants.
    fn obey(&mut self) {
        self.reshard.tick(self.at());
        loop {
            match self.reshard.poll_output() {
                ReshardOutput::Start(shard) => {
                    let begins = self.now + 500 + self.chance.below(9_000);
                    self.links[1][shard as usize].begins = Some(begins);
                }
                ReshardOutput::CloseNew(shard) => panic!("shard {shard} had its READY"),
                ReshardOutput::CloseOld => (0..self.links[0].len()).for_each(|at| self.end_old(at)),
                ReshardOutput::Done => return self.is_done = true,
                ReshardOutput::Wait(at) => {
                    assert!(at > self.at());
                    return;
                }
            }
        }
    }

    /// The consumer takes what came to some shard.
    fn take(&mut self) {
        let side = self.chance.below(2) as usize;
        let at = self.chance.below(self.links[side].len() as u64) as usize;
        if SIDES[side] == Side::New && self.reshard.is_held(at as u32) {
            return;
        }
        let (now, link) = (self.at(), &mut self.links[side][at]);
        match link.told.front() {
            Some((arrives, _)) if *arrives <= self.now => {}
            Some(_) => return,
            None => {
                if side == 0 && !link.is_live && !link.is_over {
                    link.is_over = true;
                    self.reshard.old_is_over(now, at as u32);
                }
                return;
            }
        }
        let (_, told) = link.told.pop_front().unwrap();
        let (name, d) = match &told {
            Told::Answer { guild } => {
                ("GUILD_MEMBERS_CHUNK", format!(r#"{{"guild_id":"{guild}","members":[]}}"#))
            }
            Told::Lost => {
                let lost = Event::SessionLost { cause: Cause::SessionInvalid };
                let _ = self.reshard.hear(now, SIDES[side], at as u32, &lost);
                return;
            }
            Told::Ready(guilds) => {
                let guilds: Vec<_> =
                    guilds.iter().map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
                let guilds = guilds.join(",");
                (
                    "READY",
                    format!(
                        r#"{{"v":10,"user":{{"id":"1","username":"bot"}},"guilds":[{guilds}],"session_id":"s"}}"#
                    ),
                )
            }
            Told::State { guild } => ("GUILD_CREATE", format!(r#"{{"id":"{guild}"}}"#)),
            Told::News { guild, number } => self.news[guild][*number].clone(),
        };
        let dispatch = Dispatch::new(name, None, crate::Encoding::Json, d.as_bytes()).unwrap();
        let event = Event::Dispatch(dispatch);
        let verdict = self.reshard.hear(now, SIDES[side], at as u32, &event);
        if let (Side::Old, Told::Answer { .. }) = (SIDES[side], &told) {
            assert_eq!(verdict, Verdict::Pass, "seed {}: it was asked for", self.plan.seed);
        }
        if let (Verdict::Pass, Told::News { guild, .. }) = (verdict, told) {
            self.heard.get_mut(&guild).unwrap().push((name, d));
        }
    }

    /// Answers count once everything was taken that came before them.
    fn answer(&mut self) {
        let now = self.at();
        for (side, links) in SIDES.into_iter().zip(&mut self.links) {
            for (at, link) in links.iter_mut().enumerate() {
                while let Some((arrives, sent)) = link.answers.front().copied() {
                    let is_first = link.told.front().is_none_or(|(told, _)| *told > arrives);
                    if arrives > self.now || !is_first {
                        break;
                    }
                    link.answers.pop_front();
                    self.reshard.beat(now, side, at as u32, Instant::from_millis(sent));
                }
            }
        }
    }

    /// Returns how often a new shard waited once more, since it did not show how far it was.
    pub(super) fn most_rounds(&self) -> u8 {
        self.reshard.lanes.iter().map(|lane| lane.rounds).max().unwrap_or(0)
    }

    pub(super) fn assert_exact(&self) {
        for (guild, news) in &self.news {
            let heard = &self.heard[guild];
            let first = news.iter().zip(heard).position(|(told, heard)| told != heard);
            let lengths = (news.len(), heard.len());
            assert!(news == heard, "seed {}, {guild}: {first:?} of {lengths:?}", self.plan.seed);
        }
        let count: usize = self.news.values().map(Vec::len).sum();
        assert!(count > 100, "seed {}: too little happens", self.plan.seed);
    }

    /// What happened after the end of all came once.
    pub(super) fn assert_goes_on(&self) {
        for (guild, news) in &self.news {
            let heard = self.heard[guild].iter().rev();
            let same = news.iter().rev().zip(heard).take_while(|(told, heard)| told == heard);
            assert!(same.count() >= 3, "seed {}, {guild}", self.plan.seed);
        }
    }
}
