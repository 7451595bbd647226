//! The model: what a client knows, and what each input does to it. It keeps everything and forgets nothing.

use std::collections::BTreeSet;

use gatewright_core::{CommandError, Fate, Gone, Phase, Stop};

use super::chronicle::{Chronicle, Micros, SECOND};
use super::ending::Parting;
use super::telling::News;
use super::word::{Host, Word};

/// How long things may take.
pub(super) const DIAL: Micros = 10 * SECOND;
pub(super) const HELLO: Micros = 20 * SECOND;
pub(super) const READY: Micros = 120 * SECOND;
pub(super) const RESUMED: Micros = 60 * SECOND;
pub(super) const WRITE: Micros = 20 * SECOND;
const ASK_AGAIN: Micros = 300 * SECOND;

/// What the model holds a client to; others than the usual ones prove that a difference is seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Frames in a window of 61 s.
    pub(super) send_limit: usize,
    /// The code that ends a silent connection.
    pub(super) zombie_code: u16,
    /// The longest wait of a back-off.
    pub(super) back_off_cap: Micros,
}

impl Rules {
    pub(super) const USUAL: Self =
        Self { send_limit: 120, zombie_code: 4_000, back_off_cap: 60 * SECOND };
}

/// What chance decided, as seen at the client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// When the next heartbeat is due.
    pub(super) beat: Micros,
    /// Until when the client rests, if it does.
    pub(super) rest: Option<Micros>,
}

/// An input.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said<'s> {
    Tick,
    Busy,
    Held,
    DialWaits(u32),
    Opened(u32),
    Message(u32, &'s [Word]),
    Sent(u32),
    Closed(u32, Gone<'s>),
    Permit(u32),
}

/// What Hello began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Greeting {
    pub(super) interval: Micros,
    /// When the next heartbeat is due.
    pub(super) due: Micros,
    /// Whether a heartbeat is to go out as soon as one may.
    pub(super) owed: bool,
}

/// A connection or the attempt at one, with the rest behind it.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) link: u32,
    /// Whether it is for resuming.
    pub(super) resumes: bool,
    /// Where it leads, if not to the configured gateway.
    pub(super) resume_host: Option<&'static str>,
    pub(super) dialed: Micros,
    /// Since when the time of the dial is counted.
    pub(super) dial_from: Micros,
    /// Whether the client was told to connect.
    pub(super) handed: bool,
    pub(super) opened: Option<Micros>,
    pub(super) greeting: Option<Greeting>,
    /// Whether a permit is to be asked for, and whether it was.
    pub(super) asks: bool,
    pub(super) asked: bool,
    pub(super) ask_again: Micros,
    pub(super) permitted: Option<Micros>,
    /// Whether Identify or Resume was handed out.
    pub(super) introduced: bool,
    /// When a Resume brought something last.
    pub(super) replayed: Micros,
    pub(super) live: Option<Micros>,
    /// The latest number that followed the one before it, and a later one that jumped ahead of it.
    pub(super) heard: u64,
    pub(super) ahead: Option<u64>,
    pub(super) parting: Option<Parting>,
    /// When the rest behind it is over.
    pub(super) rests: Option<Micros>,
}

impl Line {
    fn new(link: u32, dialed: Micros, session: &Session) -> Self {
        Self {
            link,
            resumes: session.id.is_some(),
            resume_host: session.id.and(session.url).map(|(_, host)| host),
            dialed,
            dial_from: dialed,
            handed: false,
            opened: None,
            greeting: None,
            asks: false,
            asked: false,
            ask_again: 0,
            permitted: None,
            introduced: false,
            replayed: 0,
            live: None,
            heard: 0,
            ahead: None,
            parting: None,
            rests: None,
        }
    }

    /// Returns the line before the first one.
    fn none() -> Self {
        Self { handed: true, rests: Some(0), ..Self::new(0, 0, &Session::default()) }
    }
}

/// A session, or the lack of one.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    pub(super) id: Option<&'static str>,
    /// The resume URL as given, and where it leads.
    pub(super) url: Option<Host>,
    /// Every sequence number up to this one was delivered by an earlier process.
    pub(super) through: u64,
    pub(super) received: Vec<u64>,
    pub(super) delivered: Vec<u64>,
    /// Whether numbers were given up, which are to be delivered again.
    pub(super) astray: bool,
}

impl Session {
    pub(super) fn latest_received(&self) -> u64 {
        self.received.iter().copied().max().unwrap_or(0)
    }

    pub(super) fn latest_delivered(&self) -> u64 {
        self.delivered.iter().copied().max().unwrap_or(0).max(self.through)
    }
}

/// A command, kept for ever.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) presence: bool,
    /// Whether a later one takes its place, should it not arrive.
    pub(super) outdone: bool,
    pub(super) expires: Option<Micros>,
    pub(super) fate: Option<Fate>,
    pub(super) told: bool,
}

/// A frame that is not with the transport yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub(super) since: Micros,
    /// The command in it.
    pub(super) command: Option<usize>,
}

/// A client.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) rules: Rules,
    /// Whether the configured gateway is plain, so that a resume URL may be plain too.
    pub(super) plain: bool,
    pub(super) now: Micros,
    heard: bool,
    /// Whether no event is wanted.
    pub(super) held: bool,
    pub(super) seen: Seen,
    pub(super) past: Chronicle,
    pub(super) line: Line,
    /// Every session, the one at hand last.
    pub(super) sessions: Vec<Session>,
    pub(super) orders: Vec<Order>,
    pub(super) flight: Option<Flight>,
    pub(super) forgoes: Option<u32>,
    /// Whether a transport that came too late is to be closed.
    pub(super) closes_late: bool,
    pub(super) news: Vec<News>,
    pub(super) limits: BTreeSet<&'static str>,
    pub(super) stop: Option<Stop>,
    /// Whether chance decided something since the latest drain.
    pub(super) drew: bool,
    /// Draws that lie outside of their bounds.
    pub(super) complaints: Vec<String>,
}

impl Client {
    pub(super) fn new(rules: Rules, plain: bool, session: Session) -> Self {
        Self {
            rules,
            plain,
            now: 0,
            heard: false,
            held: false,
            seen: Seen { beat: 0, rest: None },
            past: Chronicle::default(),
            line: Line::none(),
            sessions: vec![session],
            orders: Vec::new(),
            flight: None,
            forgoes: None,
            closes_late: false,
            news: Vec::new(),
            limits: BTreeSet::new(),
            stop: None,
            drew: false,
            complaints: Vec::new(),
        }
    }

    /// Tells where the client is in its life, by what happened to the line.
    pub(super) fn phase(&self) -> Phase {
        let line = &self.line;
        if self.stop.is_some() {
            Phase::Stopped
        } else if line.rests.is_some() {
            Phase::Resting
        } else if line.parting.is_some() {
            Phase::Closing
        } else if line.opened.is_none() {
            Phase::Dialing
        } else if line.greeting.is_none() {
            Phase::Greeting
        } else if line.live.is_some() {
            Phase::Live
        } else if line.resumes {
            Phase::Resuming
        } else if line.permitted.is_none() {
            Phase::Asking
        } else {
            Phase::Identifying
        }
    }

    /// Tells whether Hello came on a line that is not closing.
    pub(super) fn is_greeted(&self) -> bool {
        use Phase::{Asking, Identifying, Live, Resuming};
        matches!(self.phase(), Asking | Identifying | Resuming | Live)
    }

    /// Tells whether messages are taken.
    pub(super) fn is_open(&self) -> bool {
        self.phase() == Phase::Greeting || self.is_greeted()
    }

    pub(super) fn session(&mut self) -> &mut Session {
        self.sessions.last_mut().expect("there is always one, if an empty one")
    }

    /// Takes the time; it never goes back.
    fn hear(&mut self, now: Micros) {
        self.now = self.now.max(now);
        self.heard = true;
    }

    pub(super) const fn has_heard(&self) -> bool {
        self.heard
    }

    /// Hears what happened.
    pub(super) fn input(&mut self, now: Micros, said: Said<'_>, seen: Seen) {
        self.hear(now);
        self.seen = seen;
        match said {
            Said::Tick | Said::Busy => {}
            Said::Held => self.held = true,
            Said::DialWaits(link) if link == self.line.link => self.line.dial_from = self.now,
            Said::Opened(link) if link == self.line.link => self.opened(),
            Said::Message(link, words) if link == self.line.link => self.message(words),
            Said::Sent(link) if link == self.line.link => self.sent(),
            Said::Closed(link, gone) if link == self.line.link => self.closed(gone),
            Said::Permit(link) if link == self.line.link => self.permit(),
            // News of another link is no news.
            _ => {}
        }
        self.look_at_the_clock(matches!(said, Said::Tick));
        if matches!(said, Said::Tick | Said::Busy) {
            self.held = false;
        }
    }

    fn opened(&mut self) {
        match self.phase() {
            Phase::Dialing => {
                self.line.opened = Some(self.now);
                self.past.note(self.now, super::chronicle::Deed::Opened);
            }
            // A transport that comes up after its dial was given up must not stay.
            Phase::Resting => self.closes_late = true,
            _ => {}
        }
    }

    fn sent(&mut self) {
        if let Some(Flight { command: Some(at), .. }) = self.flight.take() {
            self.orders[at].fate = Some(Fate::Sent);
        }
    }

    fn permit(&mut self) {
        if self.phase() == Phase::Asking {
            self.line.permitted = Some(self.now);
            self.line.asks = false;
        }
    }

    /// Begins to ask for a permit.
    pub(super) fn ask(&mut self) {
        self.line.asks = true;
        self.line.ask_again = self.now + ASK_AGAIN;
    }

    /// Dials: to resume if there is a session, at its host if it has one.
    pub(super) fn dial(&mut self) {
        let (link, now) = (self.line.link.wrapping_add(1), self.now);
        self.line = Line::new(link, now, &self.session().clone());
        self.closes_late = false;
    }

    /// Queues a command; anything but a presence or `{"op":43}` is refused for the reason given.
    pub(super) fn command(
        &mut self,
        now: Micros,
        presence: bool,
        expires: Option<Micros>,
        refused: Option<CommandError>,
    ) -> Result<usize, CommandError> {
        let mut expires = expires;
        self.hear(now);
        if self.is_leaving() {
            return Err(CommandError::Over);
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        if presence {
            let in_flight = self.flight.and_then(|flight| flight.command);
            for (at, order) in self.orders.iter_mut().enumerate() {
                if order.presence && order.fate.is_none() && !order.outdone {
                    order.outdone = true;
                    // The later one stands for it, and lives as long.
                    expires = expires.zip(order.expires).map(|(own, other)| own.max(other));
                    order.fate = (Some(at) != in_flight).then_some(Fate::Replaced);
                }
            }
        }
        self.orders.push(Order { presence, outdone: false, expires, fate: None, told: false });
        Ok(self.orders.len() - 1)
    }

    /// Loses the frame that is on its way: a presence is not sent again if there is a later one.
    pub(super) fn lose_flight(&mut self) {
        self.flight = None;
        for order in self.orders.iter_mut().filter(|order| order.outdone && order.fate.is_none()) {
            order.fate = Some(Fate::Replaced);
        }
    }

    /// Lets commands expire whose time is over, but for one that is on its way.
    pub(super) fn expire(&mut self) {
        let in_flight = self.flight.and_then(|flight| flight.command);
        for (at, order) in self.orders.iter_mut().enumerate() {
            let late = order.expires.is_some_and(|expires| expires <= self.now);
            if late && order.fate.is_none() && Some(at) != in_flight {
                order.fate = Some(Fate::Expired);
            }
        }
    }
}
