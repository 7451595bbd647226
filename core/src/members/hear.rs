//! What each event of the shard is to requests for members.

use core::time::Duration;

use super::output::MembersFailure;
use super::payload::{Chunk, Created, Deleted};
use super::place::MembersPlace;
use super::{Chunking, MemberRequests};
use crate::model::RateLimited;
use crate::{CommandId, Dispatch, Event, EventKind, Fate, GuildId, Instant, Purpose, Skipped};

/// The opcode of requests for members.
const REQUEST_GUILD_MEMBERS: u8 = 8;
/// After how long without an event it may be that nobody listened.
const MOST_SILENCE: Duration = Duration::from_secs(1);
/// How long after READY a guild is asked for again at the latest; its GUILD_CREATE, if there is one, comes before.
const GUILDS_ARRIVE: Duration = Duration::from_secs(5);

impl MemberRequests<'_> {
    /// Hears an event of the shard; every one is to be heard, before the next is asked for.
    pub fn hear(&mut self, now: Instant, event: &Event<'_>) {
        let silence = now.saturating_since(self.heard);
        self.pass(now);
        self.heard = self.now;
        match event {
            Event::Command { id, fate } => self.on_fate(*id, *fate),
            Event::Connected(connected) => {
                self.cut = false;
                if connected.purpose == Purpose::Resume {
                    self.go_on();
                }
            }
            Event::Disconnected(over) => {
                self.cut = true;
                self.places.iter_mut().for_each(MembersPlace::on_loss);
                if over.redial_after.is_none() {
                    self.end();
                }
            }
            Event::Dispatch(dispatch) => self.on_dispatch(dispatch),
            Event::SessionLost { .. } => {
                self.places.iter_mut().for_each(MembersPlace::on_loss);
            }
            Event::Skipped(skipped) => self.on_skipped(skipped),
            Event::Duplicate(_) | Event::Gap { .. } | Event::Limit(_) => {}
        }
        self.judge_unless_late(silence);
    }

    /// Looks who has waited too long, unless nobody listened for a while: then what is heard now is old, and behind it
    /// may be what somebody waits for. As much time as went by so is granted, or until nothing more is there.
    fn judge_unless_late(&mut self, silence: Duration) {
        if silence > MOST_SILENCE {
            self.be_lenient(silence);
        }
        if self.now >= self.lenient_until {
            self.judged = self.now;
        }
    }

    /// Hears that for a moment nobody listened to the shard, as to one that is [held](crate::Input::Held): what is heard next may
    /// be old.
    ///
    /// A consumer that is slow holds the shard again and again, and events come in between all the time. For as long as an answer may
    /// take nothing counts as late then, or until [`tick`](Self::tick) says that nothing more is there.
    pub fn held(&mut self, now: Instant) {
        self.pass(now);
        self.be_lenient(self.settings.timeout);
    }

    fn be_lenient(&mut self, time: Duration) {
        self.lenient_until = self.lenient_until.max(self.now.saturating_add(time));
    }

    fn on_dispatch(&mut self, dispatch: &Dispatch<'_>) {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "no other kind tells of members asked for"
        )]
        match dispatch.kind() {
            EventKind::GuildCreate => self.on_guild_create(dispatch),
            EventKind::GuildDelete => self.on_guild_delete(dispatch),
            EventKind::GuildMembersChunk => self.on_chunk(dispatch),
            EventKind::RateLimited => self.on_rate_limited(dispatch),
            EventKind::Ready => self.on_ready(),
            EventKind::Resumed => self.go_on(),
            _ => {}
        }
    }

    fn on_fate(&mut self, id: CommandId, fate: Fate) {
        let until = (!self.cut).then(|| self.until());
        for place in self.places.iter_mut() {
            place.on_fate(id, fate, until);
        }
    }

    fn on_chunk(&mut self, dispatch: &Dispatch<'_>) {
        let Ok(chunk) = dispatch.cursor().decode::<Chunk<'_>>() else { return };
        let mut buffer = [0; 32];
        let nonce = chunk.nonce.as_ref().and_then(|nonce| nonce.copy_to(&mut buffer));
        let Some(number) = nonce.and_then(|nonce| self.nonces.number(nonce)) else { return };
        let until = self.until();
        let is =
            |place: &&mut MembersPlace| place.answers_to(number) && place.guild == chunk.guild_id;
        if let Some(place) = self.places.iter_mut().find(is) {
            place.on_chunk(until, &chunk);
        }
    }

    fn on_rate_limited(&mut self, dispatch: &Dispatch<'_>) {
        let Ok(limited) = dispatch.cursor().decode::<RateLimited<'_>>() else { return };
        let Some(meta) = limited.meta else { return };
        if limited.opcode != Some(REQUEST_GUILD_MEMBERS) {
            return;
        }
        let retry_after = limited.retry_after.map_or(Duration::ZERO, |time| time.as_seconds());
        let mut buffer = [0; 32];
        let nonce = meta.nonce.map(|nonce| nonce.copy_to(&mut buffer).unwrap_or_default());
        let number = nonce.map(|nonce| self.nonces.number(nonce));
        let now = self.now;
        for place in self.places.iter_mut() {
            let is = match number {
                Some(number) => number.is_some_and(|number| place.answers_to(number)),
                None => meta.guild_id == Some(place.guild) && place.wanted.is_all(),
            };
            if is {
                place.on_rate_limited(now, retry_after);
            }
        }
    }

    fn on_guild_create(&mut self, dispatch: &Dispatch<'_>) {
        // Guilds are large, and most who never ask need not read them.
        if self.settings.chunks() == Chunking::Off && self.open() == 0 {
            return;
        }
        let Ok(created) = dispatch.cursor().decode::<Created<'_>>() else { return };
        if created.unavailable == Some(true) {
            return;
        }
        let wants = match self.settings.chunks() {
            Chunking::All => true,
            Chunking::Large => created.large == Some(true),
            Chunking::Off => false,
        };
        self.on_guild(created.id, wants && created.is_short());
    }

    /// Hears that a guild is there, and whether its members are to be asked for.
    fn on_guild(&mut self, guild: GuildId, chunk: bool) {
        let now = self.now;
        let own = self.places.iter_mut().filter(|place| place.guild == guild && !place.by_itself);
        own.for_each(|place| place.on_guild(now));
        if !chunk {
            self.waiting.remove(guild);
            return;
        }
        let chunked = |place: &&mut MembersPlace| place.by_itself && place.is_open();
        let mut places = self.places.iter_mut().filter(chunked);
        if let Some(place) = places.find(|place| place.guild == guild) {
            return place.on_guild(now);
        }
        if !self.waiting.push(guild) {
            let more = self.overflow.map_or(0, |(_, more)| more.saturating_add(1));
            self.overflow = Some((guild, more));
        }
    }

    fn on_guild_delete(&mut self, dispatch: &Dispatch<'_>) {
        let Ok(deleted) = dispatch.cursor().decode::<Deleted>() else { return };
        // Once an outage is over, GUILD_CREATE comes.
        self.waiting.remove(deleted.id);
        if deleted.unavailable != Some(true) {
            let places = self.places.iter_mut().filter(|place| place.guild == deleted.id);
            places.for_each(|place| place.fail(MembersFailure::GuildGone));
        }
    }

    fn on_skipped(&mut self, skipped: &Skipped) {
        if skipped.kind == EventKind::Ready {
            self.on_ready();
        }
        if let (EventKind::GuildCreate, Some(guild)) = (skipped.kind, skipped.guild) {
            // What does not even fit is large, and nobody saw its members.
            self.on_guild(guild, self.settings.chunks() != Chunking::Off);
        }
        let any = skipped.more > 0;
        if skipped.kind != EventKind::GuildMembersChunk && !any {
            return;
        }
        let until = self.until();
        let may_be = |guild| any || skipped.guild.is_none_or(|skipped| skipped == guild);
        let places = self.places.iter_mut().filter(|place| may_be(place.guild));
        places.for_each(|place| place.on_skipped(until));
    }

    /// Hears that a session begins.
    fn on_ready(&mut self) {
        let from = self.now.saturating_add(GUILDS_ARRIVE);
        self.waiting.clear();
        self.places.iter_mut().for_each(|place| place.begin_anew(from));
    }

    /// Hears that a session goes on.
    fn go_on(&mut self) {
        let until = self.until();
        self.places.iter_mut().for_each(|place| place.go_on(until));
    }

    /// Hears that the shard is over.
    fn end(&mut self) {
        self.waiting.clear();
        self.places.iter_mut().for_each(|place| place.fail(MembersFailure::Over));
    }

    /// Returns how long a chunk is awaited that is due from now on.
    fn until(&self) -> Instant {
        self.now.saturating_add(self.settings.timeout)
    }
}
