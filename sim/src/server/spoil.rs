//! What faults do.

use std::sync::Arc;
use std::time::Duration;

use gatewright_core::CloseCode;
use serde_json::{Value, json};

use super::link::{Answer, Phase};
use super::wire::{Break, Frame};
use super::{ACK, Conn, Server};
use crate::fault::{BrokenReady, Fault, Strikes};
use crate::journal::What;
use crate::rng::Rng;

const REASON: &str = "a fault of the simulation";
/// Stands for a close frame without a code.
///
/// Source: RFC 6455, 7.4.1.
const NO_CODE: CloseCode = CloseCode(1005);
/// How many events a low sequence comes with.
const REPEATED: usize = 3;
/// How long an old connection goes on beside the new one.
const SHADOW: Duration = Duration::from_secs(30);
const UNKNOWN_OPCODE: &str = r#"{"t":null,"s":null,"op":99,"d":{"op":7,"d":[null]}}"#;
const NULL_SEQ: &str = r#"{"t":"NO_SEQUENCE","s":null,"op":0,"d":{"id":"1"}}"#;
const UNKNOWN_EVENT: &str = r#"{"id":"1","guild_id":null,"what":[[],{},-1.5e300,"\ud83d\ude00"]}"#;
/// A message of a direct channel, so that it belongs to no guild.
const UNKNOWN_VALUES: &str = r#"{"id":"1180000000000000000","channel_id":"1180000000000000001",
"author":{"id":"1180000000000000002","username":"later","discriminator":"0","avatar":null,
"public_flags":4611686018427387904,"premium_type":250,"planet":"mars"},"type":250,
"flags":4611686018427387904,"content":"","timestamp":"2030-01-01T00:00:00.000000+00:00",
"edited_timestamp":null,"tts":false,"mention_everyone":false,"mentions":[],"mention_roles":[],
"attachments":[],"embeds":[{"type":"hologram","rays":[1,2,3]}],"pinned":false,
"components":[{"type":250,"id":1,"petals":5}],"channel_type":250,"mood":{"joy":0.5}}"#;

impl Server {
    /// Makes a fault strike a connection now, or arms it.
    pub(super) fn strike(&mut self, conn: Conn, fault: Fault) {
        if fault.info().strikes != Strikes::Now {
            return self.faults.arm(fault);
        }
        if let Fault::Outage(span) = fault {
            return self.fail_for(conn, span);
        }
        self.note(conn, What::Faulted(fault));
        if !self.ends(conn, fault) && !self.says(conn, fault) {
            self.spoil_link(conn, fault);
            self.spoil_wire(conn, fault);
        }
    }

    /// Cuts all connections and refuses new ones for so long.
    pub(super) fn fail_for(&mut self, conn: Conn, span: Duration) {
        self.note(conn, What::Faulted(Fault::Outage(span)));
        let open = self.links.keys().copied().collect::<Vec<_>>();
        open.into_iter().for_each(|conn| self.cut(conn));
        self.outage = self.outage.max(self.now.saturating_add(span));
    }

    /// Strikes with a fault that ends the connection or its session; says whether it is one.
    fn ends(&mut self, conn: Conn, fault: Fault) -> bool {
        let stream = self.out.wire(conn).is_some_and(|wire| wire.is_stream());
        if let Fault::Close(code) = fault {
            self.close(conn, code, if code == NO_CODE { "" } else { REASON });
        } else if fault == Fault::CloseWithoutCode {
            self.close(conn, NO_CODE, "");
        } else if fault == Fault::Drop || (fault == Fault::StreamEnd && !stream) {
            self.cut(conn);
        } else if matches!(fault, Fault::InvalidSession | Fault::InvalidSessionResumable) {
            let kept = fault == Fault::InvalidSessionResumable;
            self.release(conn, kept);
            self.say_invalid(conn, kept);
        } else if fault == Fault::Reconnect {
            self.ask_reconnect(conn);
        } else if fault == Fault::OldConnectionGoesOn {
            self.ask_reconnect(conn);
            if let Some(link) = self.links.get_mut(&conn) {
                link.reconnect_by = None;
                link.lingers = true;
            }
        } else {
            return false;
        }
        true
    }

    /// Strikes with a fault that is a message; says whether it is one.
    #[expect(clippy::wildcard_enum_match_arm, reason = "other faults are no messages")]
    fn says(&mut self, conn: Conn, fault: Fault) -> bool {
        let text = self.out.wire(conn).is_some_and(|wire| wire.is_text());
        match fault {
            Fault::Bomb(mib) => self.out.send_bomb(self.now, conn, mib),
            Fault::EmptyMessage => self.frame(conn, text, ""),
            Fault::HeartbeatRequest => self.ask_beats(conn, 1),
            Fault::HeartbeatRequestFlood(count) => self.ask_beats(conn, count),
            Fault::LargeEvent(kib) => {
                let length = usize::try_from(kib).unwrap_or(0).saturating_mul(1_024);
                let filler = Rng::new(u64::from(kib)).hex(length);
                self.answer(conn, "LARGE_EVENT", &format!(r#"{{"filler":"{filler}"}}"#));
            }
            Fault::LowSeq => self.repeat(conn),
            Fault::NullSeq => self.send(conn, NULL_SEQ),
            Fault::OddMessage => self.frame(conn, !text, ACK),
            Fault::UnknownEvent => self.answer(conn, "UNKNOWN_EVENT", UNKNOWN_EVENT),
            Fault::UnknownOpcode => self.send(conn, UNKNOWN_OPCODE),
            Fault::UnknownValues => {
                self.answer(conn, "MESSAGE_CREATE", &UNKNOWN_VALUES.replace('\n', ""));
            }
            _ => return false,
        }
        true
    }

    fn frame(&mut self, conn: Conn, text: bool, data: &str) {
        let frame = Frame { text, data: data.as_bytes().to_vec() };
        self.out.send_frame(self.now, conn, frame);
    }

    fn ask_beats(&mut self, conn: Conn, count: u16) {
        for _ in 0..count {
            self.send(conn, r#"{"t":null,"s":null,"op":1,"d":null}"#);
            self.note(conn, What::HeartbeatAsked);
            self.links.get_mut(&conn).into_iter().for_each(|link| link.asked_beats += 1);
        }
    }

    /// Sends the last events of a session again.
    fn repeat(&mut self, conn: Conn) {
        let session = self.session_of(conn).and_then(|number| self.sessions.get(&number));
        let sent = session
            .into_iter()
            .flat_map(|session| session.replay.iter().filter(|(seq, _)| *seq <= session.delivered));
        let mut last =
            sent.rev().take(REPEATED).map(|(_, json)| Arc::clone(json)).collect::<Vec<_>>();
        while let Some(json) = last.pop() {
            self.out.send(self.now, conn, json);
        }
    }

    /// Makes a fault of the answering half stick.
    fn spoil_link(&mut self, conn: Conn, fault: Fault) {
        if let Some(link) = self.links.get_mut(&conn) {
            link.swallow_acks |= fault == Fault::SwallowAcks;
            if let Fault::LateAcks(late) = fault {
                link.late_acks = Some(late);
            }
        }
    }

    /// Makes a fault of the sending half stick.
    fn spoil_wire(&mut self, conn: Conn, fault: Fault) {
        let Some(wire) = self.out.wire(conn) else {
            return;
        };
        wire.corrupt |= fault == Fault::Corrupt;
        wire.ends |= fault == Fault::StreamEnd;
        wire.joins |= fault == Fault::Join && wire.may_join();
        wire.shuffles |= fault == Fault::ShuffleKeys;
        wire.silent |= fault == Fault::Silence;
        wire.split |= fault == Fault::Split;
        if fault == Fault::CloseInMessage {
            wire.breaks = Some(Break::Close);
        } else if fault == Fault::CutMessage {
            wire.breaks = Some(Break::Drop);
        } else if let Fault::Delay(delay) = fault {
            wire.delay = Some(delay);
        }
    }

    /// Returns the code that a fault closes this Identify with.
    pub(super) fn refuses_identify(&mut self, conn: Conn) -> Option<CloseCode> {
        let fault = self.faults.take(Strikes::Identify)?;
        if let Fault::RefuseIdentify(code) = fault {
            self.note(conn, What::Faulted(fault));
            return Some(code);
        }
        // It is READY's.
        self.faults.arm_again(Some(fault));
        None
    }

    /// Returns the code that a fault closes this Resume with.
    pub(super) fn refuses_resume(&mut self, conn: Conn) -> Option<CloseCode> {
        let fault = self.faults.take(Strikes::Resume)?;
        self.note(conn, What::Faulted(fault));
        if let Fault::RefuseResume(code) = fault { Some(code) } else { None }
    }

    pub(super) fn answer_of(&self, conn: Conn) -> Answer {
        self.links.get(&conn).map_or(Answer::Usual, |link| link.answer)
    }

    /// Breaks a READY if a fault has its turn.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the list of faults says which come here")]
    pub(super) fn spoil_ready(&mut self, conn: Conn, ready: String) -> String {
        let Some(fault) = self.faults.take(Strikes::Identify) else {
            return ready;
        };
        self.note(conn, What::Faulted(fault));
        let dead = if self.resume_url().starts_with("wss:") { "wss" } else { "ws" };
        let mut d = serde_json::from_str(&ready).unwrap_or(Value::Null);
        match fault {
            Fault::BrokenReady(BrokenReady::Empty) => d = json!({}),
            Fault::BrokenReady(BrokenReady::Missing) => put(&mut d, "session_id", None),
            Fault::BrokenReady(BrokenReady::Number) => put(&mut d, "session_id", Some(json!(5))),
            Fault::BrokenReady(BrokenReady::Text) => d = json!("ready"),
            Fault::DeadResumeHost => {
                let url = format!("{dead}://127.0.0.1:1");
                put(&mut d, "resume_gateway_url", Some(Value::from(url)));
            }
            Fault::ResumeUrl(url) => {
                put(&mut d, "resume_gateway_url", url.text().map(Value::from));
            }
            _ => {}
        }
        d.to_string()
    }

    /// Lets a connection go on beside the one its session is resumed on; says whether it does.
    pub(super) fn becomes_shadow(&mut self, conn: Conn, number: u32) -> bool {
        let Some(link) = self.links.get_mut(&conn).filter(|link| link.lingers) else {
            return false;
        };
        link.phase = Phase::Shadow;
        link.cut_at = Some(self.now.saturating_add(SHADOW));
        self.sessions.get_mut(&number).into_iter().for_each(|session| session.shadow = Some(conn));
        true
    }

    /// Ends the shadow that a connection may be.
    pub(super) fn leave_shadow(&mut self, conn: Conn) {
        let shadowed = self.sessions.values_mut().filter(|session| session.shadow == Some(conn));
        shadowed.for_each(|session| session.shadow = None);
    }
}

/// Sets a member of an object, or takes it away.
fn put(object: &mut Value, key: &str, value: Option<Value>) {
    let Some(object) = object.as_object_mut() else {
        return;
    };
    match value {
        None => drop(object.remove(key)),
        Some(value) => drop(object.insert(key.to_owned(), value)),
    }
}
