//! Random orders, repetitions and lies, beside a naive model.

use std::collections::BTreeSet;

use super::*;

/// A linear congruential generator (Knuth, MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(limit)).unwrap()
    }
}

/// One answer, as a set.
#[derive(Default)]
struct Naive {
    count: Option<u32>,
    received: BTreeSet<u32>,
    over: bool,
    /// How many seconds ago the latest new one came.
    idle: u32,
}

impl Naive {
    /// Lets a second pass.
    fn pass(&mut self, request: u32) -> Option<String> {
        self.idle += 1;
        let received = self.received.len();
        if self.over || received == 0 || self.idle < 15 {
            return None;
        }
        self.over = true;
        Some(format!("failed {request} Incomplete received={received}"))
    }

    fn chunk(&mut self, request: u32, index: u32, count: u32) -> Vec<String> {
        if self.over {
            return vec![];
        }
        if index >= count || self.count.is_some_and(|said| said != count) {
            return vec![format!("odd {request} Some({index}) of Some({count})")];
        }
        self.count = Some(count);
        if !self.received.insert(index) {
            return vec![];
        }
        self.idle = 0;
        let received = self.received.len();
        let mut lines = vec![format!("progress {request} {index} of {count} received={received}")];
        if received == count as usize {
            self.over = true;
            lines.push(format!("complete {request} of {count} not_found=0"));
        }
        lines
    }
}

/// Plays a random story of two requests; returns all that was told.
fn story(seed: u64) -> Vec<String> {
    let mut random = Random(seed);
    let mut rig = Rig::new();
    let mut naive = [Naive::default(), Naive::default()];
    let counts = [1 + random.below(12), 1 + random.below(900)];
    for _ in 0..2 {
        rig.ask(GUILD, Members::All).unwrap();
    }
    let mut told = rig.drain();
    let lies = random.below(4);
    for _ in 0..2_000 {
        let request = random.below(2);
        let model = &mut naive[request as usize];
        let mut count = counts[request as usize];
        let mut index = random.below(count);
        // Mostly in order, as a gateway sends them.
        if random.below(3) > 0 {
            index = (0..count).find(|index| !model.received.contains(index)).unwrap_or(index);
        }
        if random.below(20) < lies {
            (index, count) = (random.below(1_000), random.below(1_000));
        }
        let lines = rig.chunk(request, index, count);
        assert_eq!(lines, model.chunk(request, index, count), "seed {seed}");
        told.extend(lines);
        if random.below(50) == 0 {
            let failed: Vec<_> =
                naive.iter_mut().zip(0..).filter_map(|(model, at)| model.pass(at)).collect();
            assert_eq!(rig.pass(1), failed, "seed {seed}");
            told.extend(failed);
        }
    }
    assert_eq!(rig.requests.open(), naive.iter().filter(|model| !model.over).count());
    told
}

#[test]
fn random_chunks_count_as_they_do_in_a_set() {
    let mut complete = 0;
    for seed in 0..20 {
        let told = story(seed);
        complete += told.iter().filter(|line| line.starts_with("complete")).count();
    }
    assert!(complete >= 20, "{complete}");
}

#[test]
fn the_same_events_tell_the_same() {
    assert_eq!(story(7), story(7));
    assert_ne!(story(7), story(8));
}

/// Hears one thing of all there are, at random.
fn anything(rig: &mut Rig, random: &mut Random) {
    let guild = u64::from(5 + random.below(6));
    let request = random.below(rig.sent.len().try_into().unwrap_or(0).max(1));
    let (index, count) = (random.below(4), random.below(4));
    let known = rig.sent.contains_key(&request);
    let fates = [Fate::Dropped, Fate::Expired, Fate::Replaced, Fate::Sent, Fate::Sent, Fate::Sent];
    match random.below(16) {
        0 if known => rig.fate(request, fates[random.below(6) as usize]),
        1..=4 if known => rig.chunk(request, index, 3),
        5 if known => rig.chunk(request, index, count),
        6 => rig.disconnected(Some(Duration::ZERO).filter(|_| index > 0)),
        7 => rig.connected(if index > 1 { Purpose::Identify } else { Purpose::Resume }),
        8 => rig.dispatch(if index > 1 { "READY" } else { "RESUMED" }, "{}"),
        9 => rig.dispatch(
            "GUILD_DELETE",
            &format!(r#"{{"id":"{guild}","unavailable":{}}}"#, index > 1),
        ),
        10 | 11 => rig.dispatch("GUILD_CREATE", &format!(r#"{{"id":"{guild}","large":true}}"#)),
        12 => {
            let meta = format!(r#"{{"guild_id":"{guild}"}}"#);
            rig.dispatch(
                "RATE_LIMITED",
                &format!(r#"{{"opcode":8,"retry_after":{index},"meta":{meta}}}"#),
            )
        }
        13 => rig.skipped(EventKind::GuildMembersChunk, Some(GuildId(guild)), index),
        14 => {
            let refusals = [None, None, Some(CommandError::QueueFull), Some(CommandError::TooLong)];
            rig.refusal = refusals[index as usize];
            let _ = rig.ask(GuildId(guild), Members::All);
            rig.drain()
        }
        _ => rig.pass(u64::from(random.below(20))),
    };
}

#[test]
fn whatever_happens_every_request_comes_to_an_end() {
    for seed in 0..60 {
        let mut random = Random(seed);
        let mut rig = Rig::chunking(Chunking::Large);
        for _ in 0..300 {
            anything(&mut rig, &mut random);
            assert!(rig.requests.open() <= 4 && rig.requests.waiting() <= 3);
        }
        rig.refusal = None;
        rig.drops();
        let open = rig.sent.keys().copied().collect::<Vec<_>>();
        open.into_iter().for_each(|request| drop(rig.fate(request, Fate::Sent)));
        rig.connected(Purpose::Resume);
        for _ in 0..200 {
            rig.pass(20);
            let sent = rig.sent.keys().copied().collect::<Vec<_>>();
            sent.into_iter().for_each(|request| drop(rig.fate(request, Fate::Sent)));
        }
        assert_eq!((rig.requests.open(), rig.requests.waiting()), (0, 0), "seed {seed}");
        assert_eq!(rig.wait, Instant::MAX);
    }
}
