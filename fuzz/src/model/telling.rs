//! What a drain brings: everything that is to go out, in order, and when to come back.

use gatewright_core::{Cause, Fate, Instant, Phase, Stop};

use super::chronicle::Deed::{Beat, Identify, Presence, Resume, Sent};
use super::chronicle::{MILLI, Micros};
use super::client::{Client, Flight, Order, WRITE};

/// An output, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Out {
    AskIdentify(u32),
    Close(u16),
    /// The URL without its query.
    Connect {
        link: u32,
        resumes: bool,
        url: String,
    },
    ForgoIdentify(u32),
    SendBeat {
        link: u32,
        seq: Option<u64>,
    },
    SendCommand {
        link: u32,
        presence: bool,
        id: usize,
    },
    SendIdentify(u32),
    SendResume {
        link: u32,
        id: String,
        seq: u64,
    },
    Stop(Stop),
    Wait(Micros),
    Command {
        id: usize,
        fate: Fate,
    },
    Connected {
        link: u32,
        resumes: bool,
        interval: Micros,
    },
    Disconnected(Over),
    Dispatch {
        name: String,
        seq: Option<u64>,
    },
    Duplicate {
        name: String,
        seq: Option<u64>,
    },
    Gap {
        expected: u64,
        found: u64,
    },
    Limit(String),
    SessionLost(Cause),
    /// Something the model never expects.
    Odd(String),
}

/// What is told of a connection that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Over {
    pub(super) link: u32,
    pub(super) cause: Cause,
    pub(super) code: Option<u16>,
    pub(super) reason: String,
    pub(super) status: Option<u16>,
    pub(super) resumes: bool,
    pub(super) redial_after: Option<Micros>,
}

/// Something to tell, in the order it came about.
#[derive(Clone, Debug)]
pub(super) enum News {
    Connected {
        link: u32,
        resumes: bool,
        interval: Micros,
    },
    Disconnected(Over),
    Dispatch {
        /// The session it belongs to.
        session: usize,
        name: &'static str,
        seq: Option<u64>,
        /// Whether it begins its session and, if so, whether it replaces one.
        begins: Option<bool>,
    },
    SessionLost(Cause),
}

impl Client {
    /// Returns all outputs; with them the client is at rest again.
    pub(super) fn drain(&mut self) -> Vec<Out> {
        let mut out = Vec::new();
        self.drew = false;
        out.extend(self.forgoes.take().map(Out::ForgoIdentify));
        out.extend(self.close());
        out.extend(self.connect());
        if self.stop.is_none() && std::mem::take(&mut self.line.asks) {
            // A line that is over or closing asks no more.
            if self.phase() == Phase::Asking {
                self.line.asked = true;
                out.push(Out::AskIdentify(self.line.link));
            }
        }
        out.extend(self.frame());
        if self.held {
            out.push(Out::Wait(self.wait()));
            return out;
        }
        self.tell(&mut out);
        out.push(self.stop.map_or_else(|| Out::Wait(self.wait()), Out::Stop));
        out
    }

    fn close(&mut self) -> Option<Out> {
        if std::mem::take(&mut self.closes_late) {
            return Some(Out::Close(4_000));
        }
        let parting = self.line.parting.as_mut().filter(|parting| !parting.handed)?;
        parting.handed = true;
        Some(Out::Close(parting.code))
    }

    fn connect(&mut self) -> Option<Out> {
        let over = self.stop.is_some() || self.line.rests.is_some();
        if over || std::mem::replace(&mut self.line.handed, true) {
            return None;
        }
        let configured = super::gateway(self.plain).1;
        let url = self.line.resume_host.unwrap_or(configured).to_owned();
        Some(Out::Connect { link: self.line.link, resumes: self.line.resumes, url })
    }

    /// Returns the next frame, if one may go: one at a time, Identify or Resume first, then a heartbeat.
    fn frame(&mut self) -> Option<Out> {
        if self.flight.is_some() || !self.is_greeted() {
            return None;
        }
        let (command, out) =
            self.introduction().or_else(|| self.beat()).or_else(|| self.order())?;
        self.past.note(self.now, Sent);
        self.flight = Some(Flight { since: self.now, command });
        Some(out)
    }

    fn beat(&mut self) -> Option<(Option<usize>, Out)> {
        let greeting = self.line.greeting.as_mut().filter(|greeting| greeting.owed)?;
        greeting.owed = false;
        self.past.note(self.now, Beat);
        // On a connection for a new session no sequence number came before READY.
        let begun = self.line.resumes || self.line.live.is_some();
        let latest = self.session().latest_received();
        let seq = Some(latest).filter(|seq| begun && *seq > 0);
        Some((None, Out::SendBeat { link: self.line.link, seq }))
    }

    fn introduction(&mut self) -> Option<(Option<usize>, Out)> {
        let introduces = matches!(self.phase(), Phase::Identifying | Phase::Resuming);
        if !introduces || std::mem::replace(&mut self.line.introduced, true) {
            return None;
        }
        let link = self.line.link;
        if !self.line.resumes {
            self.past.note(self.now, Identify);
            if self.orders.iter().any(|order| order.presence) {
                // It brings the presence along.
                self.past.note(self.now, Presence);
            }
            return Some((None, Out::SendIdentify(link)));
        }
        self.past.note(self.now, Resume);
        let session = self.session();
        let (id, seq) = (session.id.unwrap_or_default().to_owned(), session.latest_delivered());
        Some((None, Out::SendResume { link, id, seq }))
    }

    fn order(&mut self) -> Option<(Option<usize>, Out)> {
        if self.phase() != Phase::Live {
            return None;
        }
        self.expire();
        let may_go =
            |order: &Order| order.fate.is_none() && self.order_free_at(order.presence) <= self.now;
        let id = self.orders.iter().position(may_go)?;
        let presence = self.orders[id].presence;
        if presence {
            self.past.note(self.now, Presence);
        }
        Some((Some(id), Out::SendCommand { link: self.line.link, presence, id }))
    }

    /// Tells what came about, in that order, and what became of commands last.
    ///
    /// The requirements are silent on where limits go: like the client, before the first dispatch.
    fn tell(&mut self, out: &mut Vec<Out>) {
        let news = std::mem::take(&mut self.news);
        let is_dispatch = |news: &News| matches!(news, News::Dispatch { .. });
        let first = news.iter().position(is_dispatch).unwrap_or(news.len());
        let (before, behind) = news.split_at(first);
        before.iter().for_each(|news| self.tell_one(news, out));
        out.extend(self.take_limits());
        behind.iter().for_each(|news| self.tell_one(news, out));
        for (id, order) in self.orders.iter_mut().enumerate() {
            if let Order { fate: Some(fate), told: told @ false, .. } = order {
                *told = true;
                out.push(Out::Command { id, fate: *fate });
            }
        }
    }

    fn take_limits(&mut self) -> Vec<Out> {
        let limits = std::mem::take(&mut self.limits);
        let order = ["HelloInterval", "HeartbeatRequests", "ResumeUrl", "SessionId"];
        let told = order.into_iter().filter(|limit| limits.contains(limit));
        told.map(|limit| Out::Limit(limit.to_owned())).collect()
    }

    fn tell_one(&mut self, news: &News, out: &mut Vec<Out>) {
        match news {
            News::Connected { link, resumes, interval } => {
                let (link, resumes, interval) = (*link, *resumes, *interval);
                out.push(Out::Connected { link, resumes, interval });
            }
            News::Disconnected(over) => out.push(Out::Disconnected(over.clone())),
            News::SessionLost(cause) => out.push(Out::SessionLost(*cause)),
            News::Dispatch { session, name, seq, begins } => {
                let name = (*name).to_owned();
                self.tell_dispatch(*session, name, *seq, *begins, out);
            }
        }
    }

    fn tell_dispatch(
        &mut self,
        session: usize,
        name: String,
        seq: Option<u64>,
        begins: Option<bool>,
        out: &mut Vec<Out>,
    ) {
        if begins == Some(true) {
            out.push(Out::SessionLost(Cause::SessionInvalid));
        }
        let session = &mut self.sessions[session];
        let latest = session.latest_delivered();
        if let Some(seq) = seq {
            if seq <= latest {
                out.push(Out::Duplicate { name, seq: Some(seq) });
                return;
            }
            if begins.is_none() && seq > latest + 1 {
                out.push(Out::Gap { expected: latest + 1, found: seq });
            }
            session.delivered.push(seq);
        }
        out.push(Out::Dispatch { name, seq });
    }

    /// Returns when to come back at the latest: with the next deadline, but not within a millisecond.
    fn wait(&self) -> Micros {
        let mut deadlines: Vec<Micros> = self.deadline().into_iter().collect();
        if self.is_greeted() {
            deadlines.extend(self.line.greeting.map(|greeting| greeting.due));
            deadlines.extend(self.flight.map(|flight| flight.since + WRITE));
        }
        let in_flight = self.flight.and_then(|flight| flight.command);
        let open = || self.orders.iter().enumerate().filter(|(_, order)| order.fate.is_none());
        if self.phase() == Phase::Live && self.flight.is_none() {
            deadlines.extend(open().map(|(_, order)| self.order_free_at(order.presence)));
        }
        let waiting = open().filter(|(at, _)| Some(*at) != in_flight);
        deadlines.extend(waiting.filter_map(|(_, order)| order.expires));
        if !self.has_heard() {
            return 0;
        }
        let rests = self.held && self.phase() == Phase::Resting && deadlines.is_empty();
        if self.stop.is_some() || rests {
            return Instant::MAX.as_micros();
        }
        let least = self.now + MILLI;
        deadlines.into_iter().min().map_or(least, |next| next.max(least))
    }
}
