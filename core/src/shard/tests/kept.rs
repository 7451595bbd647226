//! The presence a shard keeps, and the limits of single commands.

use super::*;
use crate::{
    Activity, CommandError, Encoding, Fate, GuildId, Members, Presence, PresenceStatus,
    RequestGuildMembers, UpdatePresence, UpdateVoiceState,
};

const IDLE: UpdatePresence<'static> =
    UpdatePresence { since: None, activities: None, status: Some(PresenceStatus::Idle), afk: None };
const AFK: UpdatePresence<'static> =
    UpdatePresence { since: Some(Some(7)), activities: None, status: None, afk: Some(true) };

impl Rig {
    fn of_config(config: Config<'static>) -> Self {
        Self::of(Shard::new(config, 1, memory(Compression::None)).unwrap())
    }

    fn present(&mut self, presence: UpdatePresence<'_>) -> Vec<String> {
        self.order(&Command::UpdatePresence(presence)).unwrap()
    }

    fn order(&mut self, command: &Command<'_>) -> Result<Vec<String>, CommandError> {
        self.shard.command(self.now, command)?;
        Ok(self.drain())
    }

    /// Identifies, up to the frame.
    fn identify(&mut self) -> String {
        self.greet();
        let link = self.link();
        self.give(Input::MayIdentify(link)).swap_remove(0)
    }

    fn ask_all(&mut self, guild: u64) -> Vec<String> {
        let guild_id = GuildId(guild);
        let (members, presences, nonce) = (Members::All, false, None);
        let request = RequestGuildMembers { guild_id, members, presences, nonce };
        self.order(&Command::RequestGuildMembers(request)).unwrap()
    }

    /// Lets time pass, with a gateway that answers heartbeats; they are left out.
    fn ticks_until(&mut self, at: Instant) -> Vec<String> {
        let mut lines = Vec::new();
        while self.wait <= at {
            lines.extend(self.wait_and_tick());
            lines.extend(self.send_all());
            lines.extend(self.say(ACK));
        }
        self.now = at;
        lines.extend(self.give(Input::Tick));
        lines.extend(self.send_all());
        lines.retain(|line| !line.contains(r#""op":1,"#));
        lines
    }

    /// Says that frames are sent until none is.
    fn send_all(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let more = self.sent();
            if more.is_empty() {
                return lines;
            }
            lines.extend(more);
        }
    }
}

fn presence(since: &str, status: &str, afk: bool) -> String {
    let d = format!(r#"{{"since":{since},"activities":[],"status":"{status}","afk":{afk}}}"#);
    format!(r#"send {{"op":3,"d":{d}}}"#)
}

fn all_of(guild: u64) -> String {
    let d = format!(r#"{{"guild_id":"{guild}","query":"","limit":0,"presences":false}}"#);
    format!(r#"send {{"op":8,"d":{d}}}"#)
}

fn limited(seq: u64, guild: u64, seconds: &str) -> String {
    let d = format!(r#"{{"opcode":8,"retry_after":{seconds},"meta":{{"guild_id":"{guild}"}}}}"#);
    format!(r#"{{"t":"RATE_LIMITED","s":{seq},"op":0,"d":{d}}}"#)
}

#[test]
fn what_is_left_out_of_a_presence_stays_as_it_was() {
    let mut rig = Rig::live();
    assert_eq!(rig.present(IDLE), [presence("null", "idle", false)]);
    rig.sent();
    assert_eq!(rig.present(AFK), [presence("7", "idle", true)]);
    rig.sent();
    let active = UpdatePresence { since: Some(None), ..UpdatePresence::default() };
    assert_eq!(rig.present(active), [presence("null", "idle", true)]);
}

#[test]
fn activities_are_kept_in_every_encoding() {
    let texts = ["a \"b\" \\ \n\u{1}", "é😀"];
    let activities = texts.map(|name| Activity { name, kind: 0, state: Some(name), url: None });
    let playing = UpdatePresence { activities: Some(&activities), ..UpdatePresence::default() };
    for encoding in [Encoding::Json, Encoding::Etf] {
        let whole = Presence { activities: &activities, ..Presence::default() };
        let whole = Presence { status: PresenceStatus::Idle, ..whole };
        let mut expected = [0; MAX_PAYLOAD];
        let len = Command::UpdatePresence(whole.into()).encode(encoding, &mut expected).unwrap();
        let config = config().encoding(encoding);
        let mut shard = Shard::new(config, 1, memory(Compression::None)).unwrap();
        let now = Instant::from_millis(1);
        shard.command(now, &Command::UpdatePresence(playing)).unwrap();
        let id = shard.command(now, &Command::UpdatePresence(IDLE)).unwrap();
        assert_eq!(
            shard.outbox.payload(id).escape_ascii().to_string(),
            expected[..len].escape_ascii().to_string()
        );
    }
}

/// Fault S-F3: a presence set while not connected was forgotten.
#[test]
fn identify_brings_the_presence_as_it_is_by_then() {
    let mut rig = Rig::of_config(config().presence(Presence { afk: true, ..Presence::default() }));
    rig.present(IDLE);
    let identify = rig.identify();
    let told = r#""presence":{"since":null,"activities":[],"status":"idle","afk":true}"#;
    assert!(identify.contains(told), "{identify}");
    rig.sent();
    assert_eq!(rig.say(READY)[0], presence("null", "idle", true));
    rig.sent();
    // The next session begins with it too.
    rig.say(&op(9, "false"));
    rig.closed(Gone::Dropped);
    let identify = rig.identify();
    assert!(identify.contains(told), "{identify}");
}

#[test]
fn a_presence_that_was_never_set_is_not_told() {
    let mut rig = Rig::new();
    assert!(!rig.identify().contains("presence"));
}

#[test]
fn a_presence_with_which_identify_would_be_too_long_is_refused() {
    let name = "x".repeat(128);
    let activities = [Activity { name: &name, kind: 0, state: None, url: None }; 30];
    let playing = |count: usize| {
        let activities = Some(&activities[..count]);
        Command::UpdatePresence(UpdatePresence { activities, ..UpdatePresence::default() })
    };
    let most = (0..30).rev().find(|count| Rig::new().order(&playing(*count)).is_ok()).unwrap();
    let mut rig = Rig::new();
    rig.present(IDLE);
    assert_eq!(rig.order(&playing(most + 1)), Err(CommandError::TooLong));
    rig.order(&playing(most)).unwrap();
    let identify = rig.identify();
    assert!(identify.len() <= MAX_PAYLOAD && identify.len() > MAX_PAYLOAD - 170);
    assert_eq!(identify.matches(&name).count(), most);
    assert!(identify.contains(r#""status":"idle""#));
}

#[test]
fn a_presence_in_flight_that_is_superseded_is_not_sent_again() {
    let mut rig = Rig::live();
    rig.present(IDLE);
    assert_eq!(rig.present(AFK), [""; 0], "the first one is on its way");
    let lines = rig.closed(Gone::Dropped);
    assert!(lines.contains(&"command 0 Replaced".into()), "{lines:?}");
    rig.greet();
    rig.sent();
    assert_eq!(rig.say(RESUMED)[0], presence("7", "idle", true));
    assert_eq!(rig.sent(), ["command 1 Sent"]);
}

#[test]
fn five_presences_go_in_twenty_seconds_and_others_pass_them_by() {
    let mut rig = Rig::live();
    for nth in 0..5 {
        assert_eq!(rig.shard.status().free_presences, 5 - nth);
        assert_eq!(rig.present(IDLE), [presence("null", "idle", false)]);
        rig.sent();
    }
    let free = rig.shard.status().free_commands;
    assert_eq!(rig.present(AFK), [""; 0]);
    assert_eq!(rig.order(&Command::Raw { op: 43, d: "1" }).unwrap(), [r#"send {"op":43,"d":1}"#]);
    rig.sent();
    let status = rig.shard.status();
    assert_eq!((status.free_presences, status.free_commands), (0, free - 1));
    assert_eq!(rig.ticks_until(rig.now.saturating_add(Duration::from_secs(20))), [""; 0]);
    assert_eq!(
        rig.ticks_until(rig.now.saturating_add(Duration::from_secs(1))),
        [presence("7", "idle", true), "command 5 Sent".into()]
    );
}

#[test]
fn the_limit_of_presences_outlives_a_connection() {
    let mut rig = Rig::live();
    for _ in 0..5 {
        rig.present(IDLE);
        rig.sent();
    }
    rig.closed(Gone::Dropped);
    rig.resume();
    assert_eq!(rig.present(AFK), [""; 0]);
}

#[test]
fn a_later_voice_state_of_a_guild_takes_the_place_of_one_that_waits() {
    let mut rig = Rig::new();
    let mut voice = |guild, channel, self_mute| {
        let channel_id = Some(crate::ChannelId(channel));
        let guild_id = GuildId(guild);
        let voice = UpdateVoiceState { guild_id, channel_id, self_mute, self_deaf: None };
        rig.order(&Command::UpdateVoiceState(voice)).unwrap()
    };
    voice(1, 1, Some(true));
    assert_eq!(voice(2, 2, None), [""; 0]);
    assert_eq!(voice(1, 3, None), [""; 0], "it would unsay that the bot is muted");
    assert_eq!(voice(1, 4, Some(false)), ["command 0 Replaced", "command 2 Replaced"]);
}

#[test]
fn all_members_of_a_guild_are_asked_for_once_in_thirty_seconds() {
    let mut rig = Rig::of_config(Config::new("secret", Intents::GUILD_MEMBERS));
    rig.go_live();
    assert_eq!(rig.ask_all(5), [all_of(5)]);
    assert_eq!(rig.sent(), [""; 0], "whether it is turned down is not known yet");
    assert_eq!(rig.ask_all(5), [""; 0]);
    assert_eq!(rig.ask_all(6), [all_of(6)]);
    rig.sent();
    // A connection of its own does not change that.
    let lost = rig.closed(Gone::Dropped);
    assert!(lost.ends_with(&["command 0 Sent".into(), "command 2 Sent".into()]), "{lost:?}");
    rig.resume();
    let start = Instant::from_millis(1_000);
    let lines = rig.ticks_until(start.saturating_add(Duration::from_secs(30)));
    assert!(!lines.contains(&all_of(5)), "{lines:?}");
    let lines = rig.ticks_until(rig.now.saturating_add(Duration::from_secs(10)));
    assert!(lines.contains(&all_of(5)), "{lines:?}");
}

#[test]
fn a_request_that_is_turned_down_is_sent_again_when_it_may() {
    let mut rig = Rig::of_config(Config::new("secret", Intents::GUILD_MEMBERS));
    rig.go_live();
    rig.ask_all(5);
    rig.sent();
    // Of two members of a name the last counts, as it does for who decodes the event.
    assert_eq!(rig.say(&limited(2, 5, r#"1,"retry_after":12.5"#)), ["event RATE_LIMITED s=2"]);
    let status = rig.shard.status();
    assert_eq!((status.counters.rate_limited, status.queued_commands), (1, 1));
    let start = rig.now;
    assert_eq!(rig.ticks_until(start.saturating_add(Duration::from_secs(12))), [""; 0]);
    assert_eq!(rig.ticks_until(start.saturating_add(Duration::from_secs(13))), [all_of(5)]);
    assert_eq!(rig.sent(), [""; 0]);
    let chunk = r#"{"t":"GUILD_MEMBERS_CHUNK","s":3,"op":0,"d":{"guild_id":"5","members":[],"chunk_index":0,"chunk_count":2}}"#;
    assert_eq!(rig.say(chunk), ["event GUILD_MEMBERS_CHUNK s=3", "command 0 Sent"]);
    assert_eq!(rig.say(&limited(4, 5, "1")), ["event RATE_LIMITED s=4"], "of another request");
}

#[test]
fn a_request_nobody_answers_counts_as_sent_after_a_while() {
    let mut rig = Rig::of_config(Config::new("secret", Intents::GUILD_MEMBERS));
    rig.go_live();
    rig.ask_all(5);
    rig.sent();
    let start = rig.now;
    assert_eq!(rig.ticks_until(start.saturating_add(Duration::from_secs(30))), [""; 0]);
    assert_eq!(rig.ticks_until(start.saturating_add(Duration::from_secs(31))), ["command 0 Sent"]);
}

#[test]
fn odd_answers_pause_nothing_for_ever() {
    let mut rig = Rig::of_config(Config::new("secret", Intents::GUILD_MEMBERS));
    rig.go_live();
    for (seq, seconds) in (2..).zip(["1e308", "-1", "null", "\"x\"", "0"]) {
        rig.say(&limited(seq, seq, seconds));
    }
    rig.say(r#"{"t":"RATE_LIMITED","s":7,"op":0,"d":[]}"#);
    rig.say(r#"{"t":"RATE_LIMITED","s":8,"op":0,"d":{"opcode":3,"retry_after":9,"meta":{"guild_id":"7"}}}"#);
    for guild in 3..8 {
        assert_eq!(rig.ask_all(guild), [all_of(guild)]);
        rig.sent();
    }
    assert_eq!(rig.ask_all(2), [""; 0]);
    let lines = rig.ticks_until(rig.now.saturating_add(Duration::from_secs(600)));
    assert!(lines.contains(&all_of(2)), "{lines:?}");
}

#[test]
fn more_requests_than_can_be_told_apart_wait() {
    let mut rig = Rig::of_config(Config::new("secret", Intents::GUILD_MEMBERS));
    rig.go_live();
    let mut sent = 0;
    for guild in 0..80 {
        sent += rig.ask_all(guild).len();
        rig.sent();
    }
    assert_eq!(sent, 64);
    let lines = rig.ticks_until(rig.now.saturating_add(Duration::from_secs(32)));
    assert_eq!(lines.iter().filter(|line| line.contains("query")).count(), 16);
}

#[test]
fn requests_that_may_be_turned_down_make_room_for_others() {
    let mut rig = Rig::of_config(Config::new("secret", Intents::GUILD_MEMBERS));
    rig.go_live();
    rig.ask_all(5);
    rig.sent();
    let half = "1".repeat(2_000);
    let mut fates = Vec::new();
    let mut full = false;
    for _ in 0..10 {
        match rig.order(&Command::Raw { op: 43, d: &half }) {
            Ok(lines) => fates.extend(lines.into_iter().filter(|line| line.contains("command"))),
            Err(error) => {
                assert_eq!(error, CommandError::QueueFull);
                full = true;
                fates.extend(rig.drain());
            }
        }
    }
    assert!(full && fates == [format!("command 0 {:?}", Fate::Sent)], "{fates:?}");
}

#[test]
fn an_answer_counts_for_the_request_whose_nonce_it_has() {
    let mut rig = Rig::of_config(Config::new("secret", Intents::GUILD_MEMBERS));
    rig.go_live();
    let (guild_id, members, nonce) = (GuildId(5), Members::All, Some("mine"));
    let request = RequestGuildMembers { guild_id, members, presences: false, nonce };
    rig.order(&Command::RequestGuildMembers(request)).unwrap();
    rig.sent();
    let answer = |seq: u64, name: &str, nonce: &str| {
        let d = match name {
            "RATE_LIMITED" => {
                format!(r#"{{"opcode":8,"retry_after":1,"meta":{{"guild_id":"5"{nonce}}}}}"#)
            }
            _ => {
                format!(r#"{{"guild_id":"5","members":[],"chunk_index":0,"chunk_count":1{nonce}}}"#)
            }
        };
        format!(r#"{{"t":"{name}","s":{seq},"op":0,"d":{d}}}"#)
    };
    for (seq, name) in [(2, "GUILD_MEMBERS_CHUNK"), (3, "RATE_LIMITED")] {
        assert_eq!(rig.say(&answer(seq, name, "")).len(), 1, "it is of another request");
    }
    assert_eq!(rig.shard.status().queued_commands, 0);
    rig.say(&answer(4, "RATE_LIMITED", r#","nonce":"mine""#));
    assert_eq!(rig.shard.status().queued_commands, 1);
    assert!(rig.ticks_until(rig.now.saturating_add(Duration::from_secs(2)))[0].contains("mine"));
    let last = rig.say(&answer(5, "GUILD_MEMBERS_CHUNK", r#","nonce":"mine""#));
    assert_eq!(last, ["event GUILD_MEMBERS_CHUNK s=5", "command 0 Sent"]);
}

#[test]
fn a_presence_lives_as_long_as_those_whose_place_it_takes() {
    let mut rig = Rig::new();
    rig.present(IDLE);
    let soon = rig.now.saturating_add(Duration::from_secs(1));
    rig.shard.command_until(rig.now, &Command::UpdatePresence(AFK), soon).unwrap();
    assert_eq!(rig.drain(), ["command 0 Replaced"]);
    rig.advance(Duration::from_secs(2));
    rig.greet();
    let link = rig.link();
    rig.give(Input::MayIdentify(link));
    rig.sent();
    assert_eq!(rig.say(READY)[0], presence("7", "idle", true));
}

#[test]
fn a_presence_takes_the_place_of_one_in_a_small_buffer() {
    let memory = Memory::lent(
        vec![0; Memory::MIN_PAYLOAD].leak(),
        vec![0; Memory::MIN_COMMANDS].leak(),
        Box::leak(Box::new(SendLog::new())),
        Inflater::none(),
    );
    let mut rig = Rig::of(Shard::new(config(), 1, memory).unwrap());
    let name = "x".repeat(100);
    let activities = [Activity { name: &name, kind: 0, state: Some(&name), url: None }];
    let playing = UpdatePresence { activities: Some(&activities), ..UpdatePresence::default() };
    for id in 0..5 {
        assert_eq!(
            rig.shard.command(rig.now, &Command::UpdatePresence(playing)),
            Ok(CommandId(id))
        );
        rig.drain();
    }
}
