//! Requests for members, and the chunks that answer them: sans-I/O, beside the shard, which knows nothing of it.
//!
//! A request is a command, and its answer comes in chunks: dispatches of up to 1,000 members each, in any order,
//! among other events, or not at all. [`MemberRequests`] hear every event of a shard, as a cache does, and tell how
//! far each answer is; the members stay in the events, to be taken from there by whoever wants them. A request
//! whose answer is lost is asked again: when the session was lost, when RATE_LIMITED came to what the shard had
//! done with, and when nothing came although the connection was lost in between or the guild is chunked by itself,
//! so that it must be there; three times at most, each time with a nonce of its own, so that what is left of an
//! earlier answer is not taken for a part of the later one.
//!
//! # What proves that an answer is whole
//!
//! Chunks are matched by nonce and guild and counted by their index, each once. The first that is counted says how
//! many there are; one that says something else, or cannot be, is told as [`MembersOutput::Odd`] and counts for
//! nothing. Which ones came is known exactly: of up to 1,024 chunks, those of a million members, in any order, and of
//! any number of chunks as long as none is over 960 ahead of one that is missing. What is further ahead ends the
//! request as [`Incomplete`](MembersFailure::Incomplete). A request is [`Complete`](MembersOutput::Complete) only
//! when every chunk has come. Chunks that came before neither count nor keep a request alive.
//!
//! # Chunking by itself
//!
//! As [`MembersSettings::chunking`] says, all members of a guild are asked for once its GUILD_CREATE comes. Each
//! GUILD_CREATE is judged by what it lists, and by nothing that came before: it replaces the guild, in a cache too,
//! so a list that is short leaves members out that an earlier answer brought, and one that is whole needs no
//! answer. So a guild is asked for again after an outage if, and only if, its list is short again; an answer that
//! had begun is begun again. Guilds wait in line for their turn; a new session begins with an empty line, since every
//! guild comes again in it. The limits of sending are the shard's: here [`MembersSettings::at_once`] keeps its queue
//! short, and leaves it to other commands.

mod hear;
mod nonce;
mod output;
mod payload;
mod place;
mod received;
mod settings;
#[cfg(test)]
mod tests;
mod waiting;

use nonce::{Nonce, Nonces};
pub use output::{AskError, MemberRequestId, MembersFailure, MembersOutput};
pub use place::MembersPlace;
use place::{State, Wanted};
pub use settings::{Chunking, MembersSettings};
use waiting::Waiting;

use crate::lease::Lease;
use crate::{Command, CommandError, CommandId, GuildId, Instant, Members, RequestGuildMembers};

/// The requests for members of one shard, with what came of each.
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use gatewright_core::{
///     Chunking, Event, Instant, Intents, MemberRequests, MembersOutput, MembersSettings, Shard, ShardId,
/// };
///
/// let intents = Intents::GUILDS | Intents::GUILD_MEMBERS;
/// let settings = MembersSettings::new(ShardId::ONE, intents).with_chunking(Chunking::All);
/// // Room for 8 requests at once, and for 1,000 guilds that wait to be chunked.
/// let mut requests = MemberRequests::heap(settings, 7, 8, 1_000);
///
/// /// Does what they want, until the instant to call it again if no event comes before.
/// fn serve(now: Instant, requests: &mut MemberRequests<'_>, shard: &mut Shard<'_>) -> Instant {
///     loop {
///         match requests.poll_output() {
///             MembersOutput::Send { request, command } => {
///                 let queued = shard.command(now, &command);
///                 requests.queued(request, queued);
///             }
///             MembersOutput::Complete { guild, count, .. } => println!("{guild}: all {count} chunks"),
///             MembersOutput::Failed { guild, failure, .. } => println!("{guild}: {failure}"),
///             MembersOutput::Odd { .. } | MembersOutput::Progress { .. } => {}
///             MembersOutput::Overflow { guild, .. } => println!("{guild}: not chunked"),
///             MembersOutput::Wait(until) => return until,
///         }
///     }
/// }
///
/// /// In the loop around the shard, for `Output::Event`; call `tick` and `serve` when the time of `serve` has come.
/// fn on_event(now: Instant, requests: &mut MemberRequests<'_>, shard: &mut Shard<'_>) -> Instant {
///     requests.hear(now, &shard.event());
///     serve(now, requests, shard)
/// }
/// # let _ = on_event;
/// # }
/// ```
#[derive(Debug)]
pub struct MemberRequests<'m> {
    settings: MembersSettings,
    nonces: Nonces,
    places: Lease<'m, [MembersPlace]>,
    waiting: Waiting<'m>,
    now: Instant,
    /// The instant of the latest event.
    heard: Instant,
    /// Up to which instant it is known that nothing came in time.
    judged: Instant,
    /// Until when an event says nothing of what is late.
    lenient_until: Instant,
    /// The number of the next request, and of the next nonce.
    next_id: u32,
    next_number: u32,
    /// The nonce of the command that is lent.
    nonce: Nonce,
    /// Whether there is no connection: a command that was sent, was sent before.
    cut: bool,
    /// The latest guild without a place in line, and how many others there were.
    overflow: Option<(GuildId, u32)>,
}

/// What is put out next, without what it borrows.
enum Step {
    Send(usize),
    Told(MembersOutput<'static>),
}

impl<'m> MemberRequests<'m> {
    /// Creates it in lent memory: a place for each request at once, and for each guild that waits to be chunked.
    ///
    /// The seed makes nonces unique: draw another one for each process.
    #[must_use]
    pub fn lent(
        settings: MembersSettings,
        seed: u64,
        places: &'m mut [MembersPlace],
        waiting: &'m mut [GuildId],
    ) -> Self {
        places.fill(MembersPlace::EMPTY);
        Self::on(settings, seed, Lease::Lent(places), Lease::Lent(waiting))
    }

    /// Creates it on the heap, for so many requests at once and so many guilds that wait to be chunked.
    ///
    /// The seed makes nonces unique: draw another one for each process.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn heap(settings: MembersSettings, seed: u64, requests: usize, waiting: usize) -> Self {
        let places = alloc::vec![MembersPlace::EMPTY; requests].into_boxed_slice();
        let waiting = alloc::vec![GuildId(0); waiting].into_boxed_slice();
        Self::on(settings, seed, Lease::Owned(places), Lease::Owned(waiting))
    }

    const fn on(
        settings: MembersSettings,
        seed: u64,
        places: Lease<'m, [MembersPlace]>,
        waiting: Lease<'m, [GuildId]>,
    ) -> Self {
        Self {
            settings,
            nonces: Nonces { shard: settings.shard, seed },
            places,
            waiting: Waiting::new(waiting),
            now: Instant::ZERO,
            heard: Instant::ZERO,
            judged: Instant::ZERO,
            lenient_until: Instant::ZERO,
            next_id: 0,
            next_number: 0,
            nonce: Nonce::new(),
            cut: false,
            overflow: None,
        }
    }

    /// Asks for members of a guild, best of one that is there: the gateway leaves a request for another unanswered.
    ///
    /// # Errors
    /// [`AskError`] says why it was not taken; nothing of it is kept.
    pub fn ask(
        &mut self,
        now: Instant,
        guild: GuildId,
        members: Members<'_>,
        presences: bool,
    ) -> Result<MemberRequestId, AskError> {
        self.pass(now);
        let request = RequestGuildMembers { guild_id: guild, members, presences, nonce: None };
        let checked = Command::RequestGuildMembers(request).check(self.settings.intents);
        checked.map_err(AskError::Invalid)?;
        let wanted = Wanted::of(members)?;
        self.enter(MembersPlace::new(guild, wanted, presences)).ok_or(AskError::Full)
    }

    /// Hears what [`Shard::command`](crate::Shard::command) said of the command of a request.
    ///
    /// A full queue is tried again a second later.
    pub fn queued(&mut self, request: MemberRequestId, queued: Result<CommandId, CommandError>) {
        let now = self.now;
        if let Some(place) = self.find(request) {
            place.queued(now, queued);
        }
    }

    /// Forgets a request, of which nothing more is told; tells whether there was one.
    ///
    /// What the shard has of it is sent all the same.
    pub fn cancel(&mut self, request: MemberRequestId) -> bool {
        let place = self.find(request);
        place.map(|place| *place = MembersPlace::EMPTY).is_some()
    }

    /// Hears that time passed, once every event that is there was heard: a chunk that is there comes in time.
    pub fn tick(&mut self, now: Instant) {
        self.pass(now);
        self.judged = self.now;
        self.lenient_until = self.now;
    }

    fn pass(&mut self, now: Instant) {
        self.now = self.now.max(now.min(Instant::MAX));
    }

    /// Takes the next thing that is wanted or told; after each call of another method, until
    /// [`MembersOutput::Wait`].
    pub fn poll_output(&mut self) -> MembersOutput<'_> {
        match self.step() {
            Step::Send(at) => self.lend(at),
            Step::Told(output) => output,
        }
    }

    /// Returns how many requests are not over, those made by itself among them.
    #[must_use]
    pub fn open(&self) -> usize {
        self.places.iter().filter(|place| place.is_open()).count()
    }

    /// Returns how many guilds wait in line to be chunked.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Returns the settings.
    #[must_use]
    pub const fn settings(&self) -> &MembersSettings {
        &self.settings
    }

    fn step(&mut self) -> Step {
        let (now, judged) = (self.now, self.judged);
        if let Some(told) = self.places.iter_mut().find_map(|place| place.tell(judged)) {
            return Step::Told(told);
        }
        if let Some((guild, more)) = self.overflow.take() {
            return Step::Told(MembersOutput::Overflow { guild, more });
        }
        self.take_turns();
        if let Some(at) = self.places.iter().position(|place| place.is_due(now)) {
            return Step::Send(at);
        }
        let deadlines = self.places.iter().filter_map(MembersPlace::deadline);
        Step::Told(MembersOutput::Wait(deadlines.min().unwrap_or(Instant::MAX)))
    }

    /// Lends the command of a request, with a new nonce.
    fn lend(&mut self, at: usize) -> MembersOutput<'_> {
        let number = self.next_number;
        let Some(place) = self.places.get_mut(at) else {
            return MembersOutput::Wait(self.now);
        };
        self.next_number = number.wrapping_add(1);
        self.nonce = self.nonces.write(number);
        (place.number, place.state) = (number, State::Handed);
        let command = Command::RequestGuildMembers(RequestGuildMembers {
            guild_id: place.guild,
            members: place.wanted.members(),
            presences: place.presences,
            nonce: Some(&self.nonce),
        });
        MembersOutput::Send { request: place.id, command }
    }

    /// Lets guilds that wait have their turn, as many as may be chunked at once.
    fn take_turns(&mut self) {
        let chunked = self.places.iter().filter(|place| place.by_itself && place.is_open()).count();
        for _ in chunked..self.settings.at_once.max(1) {
            if !self.places.iter().any(|place| place.state == State::Free) {
                return;
            }
            let Some(guild) = self.waiting.pop() else { return };
            let presences = self.settings.intents.contains(crate::Intents::GUILD_PRESENCES);
            self.enter(MembersPlace::by_itself(guild, presences));
        }
    }

    /// Puts a request into a free place, due at once.
    fn enter(&mut self, mut request: MembersPlace) -> Option<MemberRequestId> {
        let place = self.places.iter_mut().find(|place| place.state == State::Free)?;
        let id = MemberRequestId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        (request.id, request.state) = (id, State::Due { from: self.now });
        *place = request;
        Some(id)
    }

    fn find(&mut self, request: MemberRequestId) -> Option<&mut MembersPlace> {
        let is = |place: &&mut MembersPlace| place.id == request && place.state != State::Free;
        self.places.iter_mut().find(is)
    }
}
