//! Who asks for the members of guilds by itself, beside the shard.

use gatewright_core::{
    Chunking, Event, Instant, Intents, MemberRequests, MembersOutput, MembersSettings,
};

use crate::recording::Shard;
use crate::trace::{Teller, tell};
use crate::usual::Traits;

/// How many requests are open at once, at the most.
const REQUESTS: usize = 8;
/// How many guilds wait for their turn, at the most. Source: Discord documentation, *Sharding*: 2,500 a shard.
const GUILDS: usize = 2_500;

/// Requests for members, and when they want to be called.
pub(crate) struct Chunker {
    requests: MemberRequests<'static>,
    deadline: Instant,
}

impl Chunker {
    /// Creates one if anybody's members are to be asked for.
    pub(crate) fn new(
        traits: &Traits,
        teller: &Teller,
        chunking: Chunking,
        seed: u64,
    ) -> Option<Self> {
        if chunking != Chunking::Off && !traits.intents.contains(Intents::GUILD_MEMBERS) {
            tell!(warn, teller, "no members are asked for: the intent GUILD_MEMBERS is missing");
            return None;
        }
        let settings = MembersSettings::new(traits.shard, traits.intents).with_chunking(chunking);
        let requests = || MemberRequests::heap(settings, seed, REQUESTS, GUILDS);
        let deadline = Instant::MAX;
        (chunking != Chunking::Off).then(|| Self { requests: requests(), deadline })
    }

    /// Returns when to call [`tick`](Self::tick), if nothing comes before.
    pub(crate) const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Hears an event.
    pub(crate) fn hear(&mut self, now: Instant, event: &Event<'_>) {
        self.requests.hear(now, event);
    }

    /// Hears that the shard is held.
    pub(crate) fn held(&mut self, now: Instant) {
        self.requests.held(now);
    }

    /// Hears that nothing came.
    pub(crate) fn tick(&mut self, now: Instant) {
        self.requests.tick(now);
    }

    /// Queues what is to be asked for, and tells what came of it.
    pub(crate) fn serve(&mut self, now: Instant, shard: &mut Shard, teller: &Teller) {
        loop {
            match self.requests.poll_output() {
                MembersOutput::Send { request, command } => {
                    let queued = shard.command(now, &command);
                    self.requests.queued(request, queued);
                }
                MembersOutput::Complete { guild, count, .. } => {
                    tell!(debug, teller, guild = guild.0, count, "all members came");
                }
                MembersOutput::Failed { guild, failure, .. } => {
                    tell!(warn, teller, guild = guild.0, "no members: {failure}");
                }
                MembersOutput::Overflow { guild, .. } => {
                    tell!(warn, teller, guild = guild.0, "no members: too many guilds wait");
                }
                MembersOutput::Odd { .. } | MembersOutput::Progress { .. } => {}
                MembersOutput::Wait(at) => {
                    self.deadline = at;
                    return;
                }
            }
        }
    }
}
