//! Identify and Resume.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_core::{CloseCode, Intents, ShardId};

use super::link::{Answer, Link, Phase};
use super::referee::{self, Identify, Refusal, Resume};
use super::session::Session;
use super::wire::Wire;
use super::{Conn, Server, ends_session};
use crate::journal::What;

/// How long a bucket is busy after an Identify.
///
/// Source: Discord documentation, *Sharding: Max Concurrency*.
const BUCKET: Duration = Duration::from_secs(5);
const TRACE: &str = r#"{"_trace":["gateway-sim"]}"#;

impl Server {
    pub(super) fn identify(&mut self, conn: Conn, identify: Identify) {
        if let Some(code) = self.refuses_identify(conn) {
            return self.close(conn, code, "a fault of the simulation");
        }
        let compress = identify.compress;
        let (shard, intents) = match self.judge(&identify) {
            Ok(judged) => judged,
            Err(refusal) => return self.refuse(conn, refusal),
        };
        if !self.may_start(conn, &identify.token) {
            return;
        }
        if self.answer_of(conn) == Answer::Invalid {
            return self.deny_identify(conn, "a fault of the simulation");
        }
        if !self.take_bucket(shard) {
            return self.deny_identify(conn, "a second Identify of one bucket within 5 s");
        }
        if self.stalls(conn) {
            return;
        }
        if compress {
            match self.links.get(&conn).and_then(Link::refuses_compress) {
                Some(about) => self.complain(conn, about),
                None => self.out.wire(conn).into_iter().for_each(Wire::compress_payloads),
            }
        }
        if identify.old_presence {
            self.complain(conn, "an Identify whose presence has no activities");
        }
        self.stats.identifies += 1;
        self.note(conn, What::Identified { shard, intents });
        self.start_session(conn, identify, shard, intents);
    }

    /// Applies the rules that need the server's settings.
    fn judge(&self, identify: &Identify) -> Result<(ShardId, Intents), Refusal> {
        let refuse = |code, why| Err(Refusal { code, why });
        if !self.knows_token(&identify.token) {
            return refuse(CloseCode::AUTHENTICATION_FAILED, "a wrong token");
        }
        let shard = identify.shard.unwrap_or_default();
        if shard.count > self.options.max_shards {
            return refuse(CloseCode::INVALID_SHARD, "more shards than allowed");
        }
        let intents = identify.intents.map(Intents::from_bits_retain);
        let Some(intents) = intents.filter(|intents| Intents::DOCUMENTED.contains(*intents)) else {
            return refuse(
                CloseCode::INVALID_INTENTS,
                "intents that are missing or have undefined bits",
            );
        };
        if !self.options.privileged.contains(intents & Intents::PRIVILEGED) {
            return refuse(
                CloseCode::DISALLOWED_INTENTS,
                "a privileged intent that is not granted",
            );
        }
        let most = usize::try_from(self.options.max_guilds_per_shard).unwrap_or(usize::MAX);
        if self.world.guilds_of(shard).count() > most {
            return refuse(CloseCode::SHARDING_REQUIRED, "more guilds than one shard may have");
        }
        Ok((shard, intents))
    }

    pub(super) fn knows_token(&self, token: &str) -> bool {
        let known = self.options.token.as_ref().map_or(!token.is_empty(), |known| known == token);
        known && !self.reset_tokens.iter().any(|reset| reset == token)
    }

    fn take_bucket(&mut self, shard: ShardId) -> bool {
        let key = shard.id % self.options.max_concurrency.max(1);
        let busy =
            self.buckets.get(&key).is_some_and(|last| self.now.saturating_since(*last) < BUCKET);
        if !busy {
            self.buckets.insert(key, self.now);
        }
        !busy
    }

    fn deny_identify(&mut self, conn: Conn, why: &'static str) {
        self.stats.identifies_refused += 1;
        self.note(conn, What::IdentifyRefused(why));
        self.say_invalid(conn, false);
    }

    /// Says whether a fault keeps this connection waiting for READY or RESUMED.
    fn stalls(&mut self, conn: Conn) -> bool {
        let link = self.links.get_mut(&conn).filter(|link| link.answer == Answer::None);
        link.map(|link| link.phase = Phase::Stalled).is_some()
    }

    fn start_session(&mut self, conn: Conn, identify: Identify, shard: ShardId, intents: Intents) {
        let number = self.next_session;
        self.next_session += 1;
        let mut pending = VecDeque::new();
        if intents.contains(Intents::GUILDS) {
            pending.extend(self.world.guilds_of(shard));
            self.streaming.push_back(number);
        }
        let session = Session {
            id: self.rng.hex(32),
            token: identify.token,
            shard,
            intents,
            large_threshold: identify.large_threshold,
            compress: identify.compress,
            conn: Some(conn),
            last_conn: conn,
            shadow: None,
            expires: None,
            next_event: self.now.saturating_add(self.event_interval()),
            pending,
            draw: self.world.draw(shard),
            seq: 0,
            delivered: 0,
            replay: VecDeque::new(),
        };
        let ready = self.world.ready(&session.id, self.resume_url(), identify.shard);
        let ready = self.spoil_ready(conn, ready);
        self.sessions.insert(number, session);
        self.emit(number, "READY", &ready);
        self.go_live(conn, number);
    }

    pub(super) fn resume_url(&self) -> &str {
        let url = self.options.resume_url.as_str();
        if url.is_empty() { "wss://gateway-sim.invalid" } else { url }
    }

    fn go_live(&mut self, conn: Conn, number: u32) {
        if let Some(link) = self.links.get_mut(&conn) {
            link.phase = Phase::Live(number);
        }
        self.plan_fault();
    }

    pub(super) fn resume(&mut self, conn: Conn, resume: &Resume) {
        if !self.knows_token(&resume.token) {
            let why = "a wrong token";
            return self.refuse(conn, Refusal { code: CloseCode::AUTHENTICATION_FAILED, why });
        }
        if self.expired.contains(&resume.session_id) {
            let why = "a Resume of a session that timed out";
            return self.refuse_resume(conn, CloseCode::SESSION_TIMED_OUT, why);
        }
        let known = self.sessions.iter().find(|(_, session)| session.id == resume.session_id);
        let Some((&number, session)) = known.filter(|(_, session)| session.token == resume.token)
        else {
            return self.deny_resume(conn, "a session nobody knows");
        };
        if resume.seq > session.delivered {
            self.end_session(number);
            return self.refuse_resume(
                conn,
                CloseCode::INVALID_SEQ,
                "a Resume with a sequence that was never sent",
            );
        }
        if session.missed(resume.seq).is_none() {
            self.end_session(number);
            return self.deny_resume(conn, "a sequence older than what is kept for replay");
        }
        if let Some(code) = self.refuses_resume(conn) {
            if ends_session(code) {
                self.end_session(number);
            }
            return self.close(conn, code, "a fault of the simulation");
        }
        if self.answer_of(conn) == Answer::Invalid {
            self.end_session(number);
            return self.deny_resume(conn, "a fault of the simulation");
        }
        if !self.stalls(conn) {
            self.take_over(conn, number);
            self.replay(conn, number, resume.seq);
        }
    }

    fn refuse_resume(&mut self, conn: Conn, code: CloseCode, why: &'static str) {
        self.stats.resumes_refused += 1;
        self.note(conn, What::ResumeRefused(why));
        self.refuse(conn, Refusal { code, why });
    }

    fn deny_resume(&mut self, conn: Conn, why: &'static str) {
        self.stats.resumes_refused += 1;
        self.note(conn, What::ResumeRefused(why));
        self.say_invalid(conn, false);
    }

    /// Ends a session and cuts the connection that may still hold it.
    fn end_session(&mut self, number: u32) {
        if let Some(holder) = self.sessions.get(&number).and_then(|session| session.conn) {
            self.cut(holder);
        }
        self.sessions.remove(&number);
    }

    fn take_over(&mut self, conn: Conn, number: u32) {
        if let Some(holder) = self.sessions.get(&number).and_then(|session| session.conn)
            && !self.becomes_shadow(holder, number)
        {
            self.cut(holder);
        }
        let allowed = self.links.get(&conn).is_some_and(|link| link.refuses_compress().is_none());
        if let Some(session) = self.sessions.get_mut(&number) {
            session.conn = Some(conn);
            session.last_conn = conn;
            session.expires = None;
            let payloads = session.compress && allowed;
            self.out.wire(conn).filter(|_| payloads).into_iter().for_each(Wire::compress_payloads);
            if !session.pending.is_empty() {
                self.streaming.push_back(number);
            }
        }
    }

    /// Sends again what came after `seq`, each with its own sequence, and then RESUMED.
    fn replay(&mut self, conn: Conn, number: u32, seq: u64) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        let missed = session.missed(seq).unwrap_or_default();
        let replayed = missed.len() as u64;
        for (seq, json) in missed {
            if self.out.send(self.now, conn, json) {
                session.delivered = session.delivered.max(seq);
            }
        }
        self.stats.resumes += 1;
        self.stats.replayed += replayed;
        self.emit(number, "RESUMED", TRACE);
        self.note(conn, What::Resumed { from_seq: seq, replayed });
        self.go_live(conn, number);
    }

    pub(super) fn say_invalid(&mut self, conn: Conn, resumable: bool) {
        self.send(conn, &format!(r#"{{"t":null,"s":null,"op":9,"d":{resumable}}}"#));
        self.note(conn, What::InvalidSession { resumable });
        if let Some(link) = self.links.get_mut(&conn) {
            link.phase = Phase::Fresh;
            if link.answer == Answer::Invalid {
                link.answer = Answer::Usual;
            }
            if !resumable {
                link.forget_seq();
            }
        }
    }

    pub(super) fn ask_reconnect(&mut self, conn: Conn) {
        self.send(conn, r#"{"t":null,"s":null,"op":7,"d":null}"#);
        self.note(conn, What::ReconnectAsked);
        let by = self.now.saturating_add(Duration::from_secs(5));
        if let Some(link) = self.links.get_mut(&conn) {
            link.reconnect_by = Some(by);
        }
    }

    /// Reads and answers op 2 or op 6.
    pub(super) fn authenticate(&mut self, conn: Conn, op: u64, d: &serde_json::Value) {
        let fresh = self.links.get(&conn).is_some_and(|link| link.phase == Phase::Fresh);
        if !fresh {
            let why = "an Identify or Resume on an authenticated connection";
            return self.refuse(conn, Refusal { code: CloseCode::ALREADY_AUTHENTICATED, why });
        }
        if op == 2 {
            match referee::identify(d) {
                Ok(identify) => self.identify(conn, identify),
                Err(refusal) => self.refuse(conn, refusal),
            }
        } else {
            match referee::resume(d) {
                Ok(resume) => self.resume(conn, &resume),
                Err(refusal) => self.refuse(conn, refusal),
            }
        }
    }

    /// The time between two steady events of a session's guilds.
    pub(super) fn event_interval(&self) -> Duration {
        let rate = u64::from(self.options.rate);
        1_000_000_u64
            .checked_div(rate)
            .map_or(Duration::MAX, |micros| Duration::from_micros(micros.max(1)))
    }

    /// Remembers that a session timed out, for a bounded number of them.
    pub(super) fn expire(&mut self, number: u32) {
        const MOST_EXPIRED: usize = 1_000;
        let Some(session) = self.sessions.remove(&number) else {
            return;
        };
        self.note(session.last_conn, What::SessionExpired);
        self.expired.push_back(session.id);
        if self.expired.len() > MOST_EXPIRED {
            self.expired.pop_front();
        }
    }
}
