//! A process that ends without a word, and one that takes up what was stored.

use std::time::Duration;

use gatewright_core::cache::{Cache, Heap, Settings, SnapshotError};
use gatewright_core::transcript::Recorded;
use gatewright_core::{Dispatch, EventKind, Instant, Link, Session, Shard};

use super::client::{Client, Hold};
use super::line::Line;
use super::present::Present;
use super::{Seen, Simulation};

/// The transport of what the gateway says of connections of a process before.
const FORMER: Link = Link(u32::MAX);

/// What the events of a shard told.
#[derive(Debug)]
pub(super) struct Kept {
    /// By a cache that hears each event once, whatever becomes of processes; until it cannot know which those are.
    pub(super) steady: Option<Box<Cache<Heap>>>,
    /// The latest number of the session that it heard.
    through: u64,
    /// By a cache that was restored from a snapshot.
    pub(super) restored: Option<Box<Cache<Heap>>>,
}

impl Kept {
    fn new(settings: Settings) -> Self {
        Self { steady: Some(Box::new(Cache::new(settings))), through: 0, restored: None }
    }

    /// Begins anew with empty caches, as a process does that restores nothing.
    pub(super) fn empty(&mut self) {
        let cache = self.steady.as_deref().or(self.restored.as_deref());
        *self = Self::new(cache.map_or_else(Settings::default, |cache| *cache.settings()));
    }

    /// Hears an event, which may come again after a restart.
    pub(super) fn hear(&mut self, event: &Dispatch<'_>) {
        if event.kind() == EventKind::Ready {
            self.through = 0;
        }
        let is_new = event.seq().is_none_or(|seq| seq > self.through);
        self.through = self.through.max(event.seq().unwrap_or(0));
        if let Some(cache) = self.steady.as_mut().filter(|_| is_new) {
            cache.apply(event, &mut ());
        }
        if let Some(cache) = &mut self.restored {
            cache.apply(event, &mut ());
        }
    }
}

impl<'m> Simulation<'m> {
    /// Keeps what the events of every shard tell, from now on.
    pub fn keep(&mut self, settings: Settings) {
        for client in &mut self.clients {
            client.kept = Some(Kept::new(settings));
        }
    }

    /// Returns what the events of a shard told, if that is kept; nothing after a [restart](Self::restart) with a
    /// session that was over by then.
    #[must_use]
    pub fn cache(&self, shard: u32) -> Option<&Cache<Heap>> {
        self.kept(shard)?.steady.as_deref()
    }

    /// Returns the cache of a shard that was restored from a snapshot, if one was.
    #[must_use]
    pub fn restored(&self, shard: u32) -> Option<&Cache<Heap>> {
        self.kept(shard)?.restored.as_deref()
    }

    /// Takes a snapshot of what is kept of a shard, with its session; nothing while its consumer holds an event.
    pub fn save(&mut self, shard: u32) -> Option<Vec<u8>> {
        let client = self.client(shard).filter(|client| !client.is_held())?;
        let Kept { steady, restored, .. } = client.kept.as_ref()?;
        let mut snapshot = Vec::new();
        let session = client.shard.session();
        let cache = restored.as_deref().or(steady.as_deref())?;
        cache.snapshot(session.as_ref(), &mut |part| snapshot.extend_from_slice(part));
        self.see(shard, Seen::Saved);
        Some(snapshot)
    }

    /// Ends the process of a shard without a word. Another one begins `after` that; it restores a cache from the
    /// snapshot, and `make` makes its shard of the session in it.
    ///
    /// # Errors
    /// If the snapshot cannot be restored; nothing happens then.
    pub fn restart(
        &mut self,
        shard: u32,
        snapshot: &[u8],
        after: Duration,
        make: impl FnOnce(Option<Session>) -> Option<Shard<'m>>,
    ) -> Result<(), SnapshotError> {
        let now = self.now;
        let at = usize::try_from(shard).unwrap_or(usize::MAX);
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        let Some(kept) = &mut client.kept else { return Ok(()) };
        let settings =
            kept.steady.as_ref().map_or_else(Settings::default, |cache| *cache.settings());
        let mut cache = Box::new(Cache::new(settings));
        let mut session = cache.restore(snapshot)?;
        let id = |session: Option<&Session>| session.map(|session| session.id.clone());
        let latest = client.shard.session();
        let goes_on = session.is_some() && id(session.as_ref()) == id(latest.as_ref());
        client.sabotage.restart(&mut cache, &mut session, latest);
        let Some(new) = make(session) else { return Ok(()) };
        kept.restored = Some(cache);
        if !goes_on {
            kept.steady = None;
        }
        self.replace(shard, new, now.saturating_add(after));
        self.see(shard, Seen::Restarted { goes_on });
        Ok(())
    }

    /// Ends the process of a shard; nothing of what is on its way arrives.
    pub(super) fn replace(&mut self, id: u32, shard: Shard<'m>, begins: Instant) {
        let (now, net) = (self.now, self.network);
        let at = usize::try_from(id).unwrap_or(usize::MAX);
        let Some(client) = self.clients.get_mut(at) else { return };
        client.begin_anew(shard, begins);
        for line in client.line.iter_mut().chain(&mut client.old) {
            line.abandon(now, &net, &mut self.rng);
        }
        client.old.extend(client.line.take());
        client.old.retain(Line::is_of_use);
        self.gate.lost(now, id, client.link);
        self.gate_wait = now;
        client.link = Link(0);
        let former = self.owners.iter_mut().filter(|(owner, _)| *owner == id);
        former.for_each(|(_, link)| *link = FORMER);
    }

    fn kept(&self, shard: u32) -> Option<&Kept> {
        self.clients.get(usize::try_from(shard).ok()?)?.kept.as_ref()
    }
}

impl<'m> Client<'m> {
    /// Puts the shard of another process in the place of the one at hand.
    fn begin_anew(&mut self, shard: Shard<'m>, at: Instant) {
        let mut shard = Recorded::new(shard);
        if let Some(recording) = self.shard.finish() {
            self.recordings.push(self.sabotage.recording(recording));
            // It was recorded before, so it can be.
            let _ = shard.record(String::new());
        }
        self.shard = shard;
        self.present = Present::default();
        self.hold = Hold::None;
        self.grant = None;
        self.stopped = None;
        self.wait = at;
    }
}
