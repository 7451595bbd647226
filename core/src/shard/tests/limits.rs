use super::*;

/// Traps 26 and 27: a window that bursts around its edge, a heartbeat that waits behind the limiter.
#[test]
fn commands_keep_to_the_send_limit_and_heartbeats_do_not_wait() {
    let mut rig = Rig::live();
    let mut sent: Vec<Instant> = Vec::new();
    let mut beats = 0;
    let mut queued = 0_u32;
    while rig.now < Instant::from_millis(400_000) {
        while rig.shard.status().queued_commands < 20 {
            rig.shard.command(rig.now, &Command::Raw { op: 43, d: "1" }).unwrap();
            queued += 1;
        }
        let due = rig.shard.status().next_timer.unwrap().0;
        let mut lines = rig.drain();
        if lines.is_empty() {
            rig.now = rig.wait;
            let late = rig.now.saturating_since(due);
            assert!(late <= Duration::from_millis(1), "{late:?}");
            lines = rig.give(Input::Tick);
        }
        while lines.iter().any(|line| line.starts_with("send")) {
            beats += u32::from(lines.iter().any(|line| line.starts_with(r#"send {"op":1,"#)));
            sent.push(rig.now);
            lines = rig.sent();
        }
        rig.say(ACK);
    }
    for (first, last) in sent.iter().zip(sent.iter().skip(120)) {
        assert!(last.saturating_since(*first) > Duration::from_secs(60));
    }
    assert!(queued > 600, "{queued}");
    assert!((9..=10).contains(&beats), "{beats}");
}

#[test]
fn a_wait_is_never_less_than_a_millisecond() {
    let mut rig = Rig::live();
    rig.say(&op(1, "null"));
    rig.advance(Duration::from_secs(3_600));
    for _ in 0..100 {
        rig.give(Input::Busy);
        assert!(rig.wait.saturating_since(rig.now) >= Duration::from_millis(1));
        rig.now = rig.wait;
    }
}

#[test]
fn status_tells_the_next_timer_and_why() {
    use crate::Timer;
    let why = |rig: &Rig| rig.shard.status().next_timer.unwrap().1;
    let mut rig = Rig::new();
    rig.give(Input::Tick);
    assert_eq!(why(&rig), Timer::Dial);
    let link = rig.link();
    rig.give(Input::Opened(link));
    assert_eq!(why(&rig), Timer::Hello);
    rig.say(HELLO);
    assert_eq!(why(&rig), Timer::Heartbeat);
    rig.say(&op(1, "null"));
    assert!(matches!(why(&rig), Timer::Write | Timer::Heartbeat));
    rig.say(&op(7, "null"));
    assert_eq!(why(&rig), Timer::Close);
    rig.closed(Gone::Dropped);
    assert_eq!(why(&rig), Timer::Rest);
}

#[test]
fn events_about_the_shard_that_nobody_polls_are_bounded_and_told() {
    let mut rig = Rig::new();
    for _ in 0..50 {
        rig.now = rig.now.saturating_add(Duration::from_secs(700));
        rig.shard.handle_input(rig.now, Input::Tick);
        assert!(matches!(rig.shard.poll_output(), Output::Connect(_)));
        let link = rig.link();
        rig.shard.handle_input(rig.now, Input::Closed(link, Gone::Unreachable));
    }
    let lines = rig.drain();
    let told = lines.iter().filter(|line| line.starts_with("disconnected")).count();
    assert!((1..10).contains(&told), "{told}");
    assert!(lines.contains(&"limit Events".to_string()));
}

/// Nothing a peer or a careless loop does makes the shard panic, spin or grow.
#[test]
fn random_inputs_are_survived() {
    let texts = [
        HELLO,
        READY,
        RESUMED,
        ACK,
        "",
        "{",
        "}",
        "{}",
        "[]",
        "\u{0}",
        r#"{"op":7}"#,
        r#"{"op":9,"d":true}"#,
        r#"{"op":9,"d":false}"#,
        r#"{"op":1}"#,
        r#"{"t":"X","s":99999,"op":0,"d":{"a":["#,
        r#"{"t":"X","s":18446744073709551615,"op":0,"d":{}}"#,
    ];
    for seed in 0..60 {
        let compression = Compression::ALL[usize::try_from(seed % 3).unwrap()];
        let mut rig = Rig::of(Shard::new(config(), seed, memory(compression)).unwrap());
        let mut pick = picker(seed);
        for _ in 0..600 {
            let span = [0, 1, 1_000, 41_000_000, 700_000_000][pick(5)];
            rig.advance(Duration::from_micros(span));
            let link = Link(rig.link().0.wrapping_sub(u32::from(pick(10) == 0)));
            let part = texts[pick(16)].as_bytes();
            let (text, last) = (pick(2) == 0, pick(4) != 0);
            let code = CloseCode(u16::try_from(4_000 + pick(10)).unwrap());
            let input = match pick(13) {
                0 | 1 => Input::Tick,
                2 => Input::Busy,
                12 => {
                    rig.give(Input::Held);
                    rig.give(Input::Sent(link));
                    Input::Busy
                }
                3 | 4 => Input::Opened(link),
                5 => Input::Sent(link),
                6 => Input::MayIdentify(link),
                7 if code.0 != 4004 => Input::Closed(link, Gone::Code(code, "x")),
                _ => Input::Message { link, text, part, last },
            };
            rig.give(input);
        }
    }
}

fn picker(seed: u64) -> impl FnMut(u64) -> usize {
    let mut rng = Rng::new(seed);
    move |limit| usize::try_from(rng.below(Duration::from_micros(limit)).as_micros()).unwrap()
}

/// What a loop that drains when it likes has counted.
#[derive(Default)]
struct Balance {
    asked: Option<Link>,
    connects: u32,
    disconnects: u32,
    queued: u32,
    fates: u32,
    stopped: bool,
}

impl Balance {
    /// Takes some outputs; returns whether the shard is drained.
    fn take(&mut self, rig: &mut Rig, most: usize) -> bool {
        for _ in 0..most {
            match rig.shard.poll_output() {
                Output::Connect(_) => self.connects += 1,
                Output::AskIdentify(link) => self.asked = Some(link),
                Output::ForgoIdentify(link) => assert_eq!(self.asked.take(), Some(link)),
                Output::Send(frame) if frame.bytes.starts_with(br#"{"op":2"#) => {
                    assert_eq!(self.asked.take(), Some(frame.link));
                }
                Output::Event(crate::EventKind::Disconnected) => self.disconnects += 1,
                Output::Event(crate::EventKind::Command) => self.fates += 1,
                Output::Wait(at) => {
                    assert!(at > rig.shard.now);
                    return true;
                }
                Output::Stop(_) => {
                    self.stopped = true;
                    return true;
                }
                Output::Send(_) | Output::Event(_) | Output::Close(_) => {}
            }
        }
        false
    }

    fn check(&self, rig: &Rig) {
        let phase = rig.phase();
        let asking = matches!(phase, Phase::Asking | Phase::Identifying);
        assert!(self.asked.is_none() || asking, "asked and neither used nor forgone: {phase}");
        let up = u32::from(!matches!(phase, Phase::Resting | Phase::Stopped));
        assert_eq!(self.disconnects + up, self.connects, "{phase}");
        assert_eq!(self.fates + rig.shard.status().queued_commands, self.queued, "{phase}");
        if self.stopped {
            assert_eq!((phase, self.fates), (Phase::Stopped, self.queued));
        }
    }
}

const TEXTS: [&str; 11] = [
    HELLO,
    READY,
    RESUMED,
    ACK,
    "{",
    "{}",
    r#"{"op":7}"#,
    r#"{"op":9,"d":true}"#,
    r#"{"op":9,"d":false}"#,
    r#"{"op":1}"#,
    r#"{"t":"X","s":3,"op":0,"d":{}}{"op":11}"#,
];

#[test]
fn asks_connects_and_commands_are_answered_once_each_in_any_order_of_calls() {
    for seed in 0..200 {
        let mut rig = Rig::new();
        rig.shard.inside().rng = Rng::new(seed);
        let mut pick = picker(seed);
        let mut balance = Balance::default();
        rig.shard.handle_input(rig.now, Input::Tick);
        for step in 0..300 {
            rig.advance(Duration::from_micros([0, 1, 1_000, 5_000_000, 41_000_000][pick(5)]));
            let (link, now) = (rig.link(), rig.now);
            let part = TEXTS[pick(11)].as_bytes();
            let code = CloseCode([4000, 4003, 4006, 4008, 4009, 1000][pick(6)]);
            match pick(16) {
                0 | 1 => rig.shard.handle_input(now, Input::Tick),
                2 => rig.shard.handle_input(now, Input::Busy),
                3 | 4 => rig.shard.handle_input(now, Input::Opened(link)),
                5 | 6 => rig.shard.handle_input(now, Input::Sent(link)),
                7 if balance.asked == Some(link) => {
                    rig.shard.handle_input(now, Input::MayIdentify(link));
                }
                8 => rig.shard.handle_input(now, Input::Closed(link, Gone::Code(code, "x"))),
                9 => {
                    let expires = now.saturating_add(Duration::from_secs(30));
                    let command = Command::Raw { op: 43, d: "1" };
                    let queued = rig.shard.command_until(now, &command, expires);
                    balance.queued += u32::from(queued.is_ok());
                }
                10 if step > 250 => rig.shard.leave(now, Leave::Park),
                11.. if rig.shard.drained => {
                    let message = Input::Message { link, text: true, part, last: true };
                    rig.shard.handle_input(now, message);
                }
                _ => {}
            }
            let most = if pick(3) == 0 { pick(4) } else { 1_000 };
            if balance.take(&mut rig, most) {
                balance.check(&rig);
            }
        }
    }
}
