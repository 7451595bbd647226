//! The commands of a rehearsal: of every kind, of which some wait, are replaced, expire or are refused.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use gatewright_board::parts::Wire;
use gatewright_board::wire::PIECE;
use gatewright_core::{
    Activity, ChannelId, Command, Encoding, GuildId, Instant, MAX_PAYLOAD, Members,
    RequestGuildMembers, UpdatePresence, UpdateVoiceState, UserId,
};

use crate::gateway::Gateway;
use crate::rehearsal::rehearse;
use crate::session;

/// A command, when it is given, and how long it may wait.
pub(crate) struct Given<'w> {
    millis: u64,
    within: Option<Duration>,
    pub(crate) command: Command<'w>,
}

impl Given<'_> {
    pub(crate) fn at(&self) -> Instant {
        Instant::from_millis(self.millis)
    }

    pub(crate) fn expires(&self, now: Instant) -> Instant {
        self.within.map_or(Instant::MAX, |time| now.saturating_add(time))
    }
}

/// What the commands are about.
struct About {
    guild: GuildId,
    channel: ChannelId,
    users: [UserId; 1],
    /// The `d` of a request for channel info.
    info: String,
    /// The same, longer: than a piece of a message, than the queue has room for, and than any payload.
    long: [String; 3],
}

impl About {
    fn of(gateway: &Gateway) -> Result<Self> {
        let world = gateway.server().world();
        let guild = world.guilds().first().context("no guild")?;
        let channel = guild.channels.iter().find(|channel| channel.kind == 2);
        let info = |more| format!(r#"{{"guild_id":"{}","fields":["status"]{more}}}"#, guild.id.0);
        let more = |len| info(format!(r#","more":"{}""#, "x".repeat(len)));
        let (info, long) = (info(String::new()), [PIECE, 1_500, MAX_PAYLOAD].map(more));
        let channel = channel.context("no voice channel")?.id;
        Ok(Self { guild: guild.id, channel, users: [world.own_id()], info, long })
    }

    fn members<'w>(&'w self, members: Members<'w>, nonce: &'w str) -> Command<'w> {
        let nonce = Some(nonce);
        let request =
            RequestGuildMembers { guild_id: self.guild, members, presences: false, nonce };
        Command::RequestGuildMembers(request)
    }

    const fn voice(&self, channel_id: Option<ChannelId>, mute: Option<bool>) -> Command<'_> {
        let (guild_id, self_deaf) = (self.guild, Some(true));
        Command::UpdateVoiceState(UpdateVoiceState {
            guild_id,
            channel_id,
            self_mute: mute,
            self_deaf,
        })
    }

    /// Returns the commands: one in a second at most, but from second 125 on more than a limit lets go.
    fn orders(&self) -> Vec<Given<'_>> {
        let at = |seconds: u64, command| Given { millis: seconds * 1_000, within: None, command };
        let raw = |d| Command::Raw { op: 43, d };
        // The sixth waits for the limit of presences, and the seventh takes its place.
        let mut orders = vec![at(25, raw(&self.long[0]))];
        orders.extend((30..37).map(|second| at(second, presence())));
        orders.extend([
            at(40, self.voice(Some(self.channel), Some(false))),
            at(41, self.voice(None, None)),
            at(42, self.members(Members::Named { prefix: "a", limit: 2 }, "named")),
            at(43, self.members(Members::Users(&self.users), "users")),
            at(44, self.members(Members::All, "all")),
            // The limit of its guild is in the way.
            Given {
                within: Some(Duration::from_secs(2)),
                ..at(45, self.members(Members::All, "expires"))
            },
            at(46, self.members(Members::All, "waits")),
            at(53, raw(&self.info)),
            at(54, raw("no JSON")),
            at(55, Command::Raw { op: 2, d: "{}" }),
            at(56, raw(&self.long[1])),
            at(57, raw(&self.long[2])),
        ]);
        let flood = (0..140).map(|nth| Given { millis: 125_000 + nth, ..at(0, raw(&self.info)) });
        orders.extend(flood);
        // The end comes first.
        orders.extend([198, 199].map(|second| at(second, self.members(Members::All, "late"))));
        orders
    }
}

fn presence() -> Command<'static> {
    let playing = &[Activity { name: "a rehearsal", kind: 0, state: None, url: None }];
    let presence = UpdatePresence { activities: Some(playing), ..UpdatePresence::default() };
    Command::UpdatePresence(presence)
}

/// Runs the session of a board with commands, and returns its transcript.
pub(crate) fn rehearse_commands(wire: Wire) -> Result<Vec<u8>> {
    let mut gateway = session::gateway();
    let about = About::of(&gateway)?;
    let transcript = rehearse(&mut gateway, wire, &about.orders())?;
    let complaints = gateway.complaints();
    ensure!(complaints.is_empty(), "the gateway complains: {complaints:?}");
    let text = std::str::from_utf8(&transcript)?;
    check(text, wire.encoding, about.guild).context(wire.encoding)?;
    Ok(transcript)
}

/// Checks that a transcript has commands of every kind, with every fate, and some that waited for a limit.
fn check(transcript: &str, encoding: Encoding, GuildId(guild): GuildId) -> Result<()> {
    let of = if encoding == Encoding::Json { "text" } else { "binary" };
    let given = ["plain", "presence", &format!("members:{guild}"), &format!("voice:{guild}:deaf")]
        .map(|kind| format!(" command {kind} - {of} "));
    let told = [
        format!(" command voice:{guild}:mute:deaf - {of} "),
        " command plain - none ReservedOp\n".to_owned(),
        " command plain - none NotJson\n".to_owned(),
        " refused QueueFull\n".to_owned(),
        " command plain - none TooLong\n".to_owned(),
    ];
    for line in given.iter().chain(&told) {
        ensure!(transcript.contains(line), "nothing like {line:?}");
    }
    for fate in ["Dropped", "Expired", "Replaced", "Sent"] {
        ensure!(transcript.lines().any(|line| line.ends_with(fate)), "no command is {fate}");
    }
    let lines = transcript.lines().collect::<Vec<_>>();
    let long = |pair: &[&str]| {
        pair[0].contains(&given[0]) && pair[0].len() > PIECE && pair[1].contains(" queued ")
    };
    ensure!(lines.windows(2).any(long), "no long command is queued");
    let waits = waits(transcript)?;
    for kind in &given[..3] {
        let kind = kind.split(' ').nth(2).unwrap_or_default();
        ensure!(waits.get(kind).is_some_and(|wait| *wait > 10.), "{kind} waits: {waits:?}");
    }
    Ok(())
}

/// Returns for how many seconds a command of each class waited at most until it was sent.
fn waits(transcript: &str) -> Result<BTreeMap<&str, f64>> {
    let (mut latest, mut queued, mut longest) = ((0., ""), BTreeMap::new(), BTreeMap::new());
    for line in transcript.lines() {
        let words = line.split(' ').collect::<Vec<_>>();
        match words[..] {
            ["<", at, "command", kind, ..] => latest = (at.parse::<f64>()?, kind),
            [">", _, "queued", id] => drop(queued.insert(id, latest)),
            [">", at, "event", "command", id, "Sent"] => {
                let (since, kind) = queued.remove(id).context("an id nobody was told")?;
                let wait = longest.entry(kind).or_insert(0.);
                *wait = at.parse::<f64>()?.max(since + *wait) - since;
            }
            _ => {}
        }
    }
    Ok(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replays::at_home;

    #[test]
    fn a_transcript_with_commands_plays_as_a_script_in_both_encodings() {
        for encoding in Encoding::ALL {
            let wire = Wire { encoding, ..Wire::SESSION };
            let transcript = rehearse_commands(wire).unwrap();
            let (outcome, _) = at_home(&transcript, wire).unwrap();
            assert_eq!(outcome.transcript.len, u64::try_from(transcript.len()).unwrap());
        }
    }
}
