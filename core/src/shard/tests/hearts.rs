use super::*;

const INTERVAL: Duration = Duration::from_secs(40);

fn beat(seq: &str) -> String {
    format!(r#"send {{"op":1,"d":{seq}}}"#)
}

impl Rig {
    /// Lets time pass up to the next heartbeat, which the transport takes; says whether `judge` looked.
    fn next_beat(&mut self, judge: bool) -> Vec<String> {
        while self.shard.status().next_timer.unwrap().0 > self.wait {
            self.wait_and_tick();
        }
        self.now = self.wait;
        let lines = self.give(if judge { Input::Tick } else { Input::Busy });
        self.sent();
        lines
    }
}

#[test]
fn the_first_beat_comes_within_an_interval_and_then_one_an_interval() {
    let mut rig = Rig::new();
    rig.greet();
    let hello = rig.now;
    assert_eq!(rig.next_beat(true), [beat("null")]);
    let first = rig.now;
    assert!(first.saturating_since(hello) < INTERVAL);
    rig.say(ACK);
    rig.next_beat(true);
    assert_eq!(rig.now.saturating_since(first), INTERVAL);
}

#[test]
fn first_beats_are_spread_by_the_seed() {
    let first = |seed| {
        let mut rig = Rig::of(Shard::new(config(), seed, memory(Compression::None)).unwrap());
        rig.greet();
        rig.wait
    };
    let mut firsts: Vec<_> = (0..20).map(first).collect();
    firsts.sort();
    firsts.dedup();
    assert_eq!(firsts.len(), 20);
}

#[test]
fn beats_carry_the_latest_sequence_and_measure_latency() {
    let mut rig = Rig::live();
    rig.say(&dispatch(7, "GUILD_CREATE"));
    assert_eq!(rig.next_beat(true), [beat("7")]);
    rig.advance(Duration::from_millis(80));
    rig.say(ACK);
    let status = rig.shard.status();
    assert_eq!(status.latency, Some(Duration::from_millis(80)));
    assert_eq!(status.last_ack, Some(rig.now));
}

/// Traps 16, 17, 18: a zombie closed with 1000, not resumed, or found in the wrong unit.
#[test]
fn a_missed_ack_closes_with_4000_and_resumes() {
    let mut rig = Rig::live();
    rig.next_beat(true);
    let sent = rig.now;
    assert_eq!(rig.next_beat(true), ["close 4000"]);
    assert_eq!(rig.now.saturating_since(sent), INTERVAL);
    assert_eq!(rig.closed(Gone::Dropped), ["disconnected Zombie 4000 resumes=true"]);
    let rest = rig.wait.saturating_since(rig.now);
    assert!(rest >= Duration::from_millis(250) && rest < Duration::from_secs(1), "{rest:?}");
    assert!(rig.wait_and_tick()[0].starts_with("connect Resume"));
}

/// Trap 19: a long burst delays the ACK.
#[test]
fn any_frame_since_the_beat_buys_one_more_beat() {
    let mut rig = Rig::live();
    rig.next_beat(true);
    rig.say(&dispatch(2, "GUILD_CREATE"));
    assert_eq!(rig.next_beat(true), [beat("2")]);
    rig.say(&dispatch(3, "GUILD_CREATE"));
    assert_eq!(rig.next_beat(true), ["close 4000"]);
    let lines = rig.closed(Gone::Dropped);
    assert_eq!(lines, ["disconnected MissedAcks 4000 resumes=true"]);
}

#[test]
fn a_busy_consumer_keeps_the_link_and_a_real_zombie_is_still_found() {
    let mut rig = Rig::live();
    for _ in 0..10 {
        assert_eq!(rig.next_beat(false), [beat("1")]);
    }
    rig.say(ACK);
    assert_eq!(rig.next_beat(true), [beat("1")]);
    for _ in 0..5 {
        assert_eq!(rig.next_beat(false), [beat("1")]);
    }
    assert_eq!(rig.next_beat(true), ["close 4000"]);
}

/// Trap 13: an op 1 from the server is not answered, or its null `d` throws.
#[test]
fn a_request_for_a_heartbeat_is_answered_in_the_same_drain() {
    let mut rig = Rig::live();
    for d in ["null", "251", "{}"] {
        assert_eq!(rig.say(&op(1, d)), [beat("1")], "{d}");
        rig.sent();
    }
    assert_eq!(rig.say(r#"{"op":1}"#), [beat("1")]);
}

#[test]
fn an_answer_goes_out_before_the_events_of_the_same_message() {
    let mut rig = Rig::live();
    let both = format!("{}{}", dispatch(2, "GUILD_CREATE"), op(1, "null"));
    assert_eq!(rig.say(&both), [beat("2"), "event GUILD_CREATE s=2".to_string()]);
}

#[test]
fn requests_beyond_ten_a_minute_are_counted_and_told() {
    let mut rig = Rig::live();
    for _ in 0..10 {
        assert_eq!(rig.say(&op(1, "null")), [beat("1")]);
        rig.sent();
    }
    assert_eq!(rig.say(&op(1, "null")), ["limit HeartbeatRequests"]);
    assert_eq!(rig.shard.status().counters.unanswered, 1);
}

#[test]
fn answers_to_requests_never_make_a_zombie() {
    let mut rig = Rig::live();
    rig.next_beat(true);
    rig.say(ACK);
    rig.advance(INTERVAL - Duration::from_millis(1));
    rig.say(&op(1, "null"));
    rig.sent();
    assert_eq!(rig.next_beat(true), [beat("1")]);
    rig.say(ACK);
    assert_eq!(rig.next_beat(true), [beat("1")]);
}

#[test]
fn a_beat_that_went_out_late_is_given_time_for_its_ack() {
    let mut rig = Rig::live();
    rig.next_beat(true);
    rig.say(ACK);
    rig.advance(INTERVAL * 2 - Duration::from_millis(50));
    assert_eq!(rig.give(Input::Busy), [beat("1")]);
    rig.sent();
    rig.advance(Duration::from_millis(100));
    assert_eq!(rig.give(Input::Tick), [""; 0]);
    assert_eq!(rig.next_beat(true), ["close 4000"]);
}

/// Fault S-F9: the heartbeats of a connection that never got to READY went on beside those of the next ones.
#[test]
fn a_connection_closed_before_ready_leaves_no_heartbeats_behind() {
    let mut rig = Rig::new();
    for _ in 0..3 {
        rig.greet();
        rig.closed(Gone::Dropped);
    }
    rig.go_live();
    let begin = rig.now;
    for beats in 1..=10 {
        assert_eq!(rig.next_beat(true), [beat("1")]);
        rig.say(ACK);
        let passed = rig.now.saturating_since(begin);
        assert!(passed <= INTERVAL * beats && passed > INTERVAL * (beats - 1), "{passed:?}");
    }
}

#[test]
fn a_beat_waits_for_the_frame_before_it() {
    let mut rig = Rig::live();
    rig.say(&op(1, "null"));
    assert_eq!(rig.say(&op(1, "null")), [""; 0]);
    assert_eq!(rig.sent(), [beat("1")]);
}

/// Trap 1: Hello with an interval that is zero, huge, of another type or missing.
#[test]
fn odd_hello_intervals_are_replaced_and_told() {
    for (interval, seconds) in [
        ("0", 5.0),
        ("1", 5.0),
        ("-41250", 41.25),
        ("18446744073709551615", 41.25),
        ("99999999999999999999999", 41.25),
        ("41250.5", 41.25),
        ("1e9", 41.25),
        ("\"41250\"", 41.25),
        ("null", 41.25),
        ("{}", 41.25),
    ] {
        let mut rig = Rig::new();
        rig.open();
        let hello = op(10, &format!(r#"{{"heartbeat_interval":{interval}}}"#));
        assert_eq!(rig.say(&hello), ["ask", "connected Identify", "limit HelloInterval"]);
        let sent = |rig: &mut Rig| {
            rig.next_beat(true);
            rig.say(ACK);
            rig.now
        };
        let first = sent(&mut rig);
        let gap = sent(&mut rig).saturating_since(first);
        assert_eq!(gap, Duration::from_secs_f64(seconds), "{interval}");
    }
    let mut rig = Rig::new();
    rig.open();
    assert_eq!(rig.say(r#"{"op":10}"#), ["ask", "connected Identify", "limit HelloInterval"]);
}

#[test]
fn a_second_hello_does_not_put_off_the_beat() {
    let mut rig = Rig::live();
    let due = rig.wait;
    rig.advance(Duration::from_millis(10));
    rig.say(HELLO);
    assert_eq!(rig.wait, due);
    assert_eq!(rig.shard.status().counters.unexpected, 1);
}

/// G32: Identify waits behind a heartbeat, and the next shard's comes too soon after it.
#[test]
fn identify_goes_before_a_heartbeat_that_is_due_with_its_permit() {
    let mut rig = Rig::new();
    rig.greet();
    rig.now = rig.wait;
    let link = rig.link();
    let lines = rig.give(Input::MayIdentify(link));
    assert!(lines.len() == 1 && lines[0].contains("\"op\":2"), "{lines:?}");
    assert_eq!(rig.sent(), [beat("null")]);
}

#[test]
fn heartbeat_traffic_before_hello_is_counted_and_means_nothing() {
    let mut rig = Rig::live();
    rig.next_beat(true);
    rig.closed(Gone::Dropped);
    rig.open();
    assert_eq!(rig.say(ACK), [""; 0]);
    assert_eq!(rig.say(&op(1, "null")), [""; 0]);
    let status = rig.shard.status();
    assert_eq!((status.counters.unexpected, status.last_ack), (2, None));
}
