//! What a client says: heartbeats, Identify and Resume, and commands with their answers.

use std::sync::Arc;
use std::time::Duration;

use gatewright_core::{CloseCode, GuildId, Intents, UserId};
use serde_json::Value;

use super::link::Phase;
use super::referee::{self, ChannelInfo, Members, Refusal, Voice, Wanted};
use super::{ACK, Conn, Server};
use crate::journal::What;
use crate::world::{Chunk, MOST_CHUNK_MEMBERS};

/// How long all members of a guild may not be asked for again.
///
/// Source: Discord documentation, *Request Guild Members*.
const MEMBERS_PAUSE: Duration = Duration::from_secs(30);
/// The longest nonce that is echoed, in bytes.
const MOST_NONCE: usize = 32;
/// The most members a prefix or a list of ids may ask for.
const MOST_ASKED: usize = 100;

impl Server {
    pub(super) fn message(&mut self, conn: Conn, text: bool, data: &[u8]) {
        let now = self.now;
        let Some(link) = self.links.get_mut(&conn) else {
            return;
        };
        if !link.allows_payload(now) {
            let why = "more than 120 payloads in 60 s";
            return self.refuse(conn, Refusal { code: CloseCode::RATE_LIMITED, why });
        }
        let (greeted, encoding) = (link.hello_sent, link.encoding);
        let payload = match referee::open(encoding, text, data) {
            Ok(payload) => payload,
            Err(refusal) => return self.refuse(conn, refusal),
        };
        if payload.extra {
            self.complain(conn, "a payload with other keys than op and d");
        }
        if payload.binary {
            self.complain(conn, "JSON in a binary message");
        }
        if !greeted {
            self.complain(conn, "a payload before Hello");
        }
        match payload.op {
            1 => self.heartbeat(conn, &payload.d),
            op @ (2 | 6) => self.authenticate(conn, op, &payload.d),
            op => self.command(conn, op, data.len(), &payload.d),
        }
    }

    fn heartbeat(&mut self, conn: Conn, d: &Value) {
        let seq = match referee::heartbeat(d) {
            Ok(seq) => seq,
            Err(refusal) => return self.refuse(conn, refusal),
        };
        self.stats.heartbeats += 1;
        self.note(conn, What::Heartbeat { seq });
        let delivered = self.session_of(conn).and_then(|number| self.sessions.get(&number));
        if delivered.is_some_and(|session| seq > Some(session.delivered)) {
            self.complain(conn, "a heartbeat with a sequence that was never sent");
        }
        let now = self.now;
        let Some(link) = self.links.get_mut(&conn) else {
            return;
        };
        let faults = link.beat(now, seq);
        link.beat_by = now.saturating_add(link.patience);
        match link.late_acks {
            _ if link.swallow_acks => self.note(conn, What::AckSwallowed),
            Some(late) => self.out.send_at(now.saturating_add(late), conn, Arc::from(ACK)),
            None => self.out.send_first(now, conn, Arc::from(ACK)),
        }
        if faults.early {
            self.complain(conn, "a heartbeat within half an interval of the last one");
        }
        if faults.lower {
            self.complain(conn, "a heartbeat with a lower sequence than the last one");
        }
    }

    fn command(&mut self, conn: Conn, op: u64, bytes: usize, d: &Value) {
        let live = self.links.get(&conn).is_some_and(|link| matches!(link.phase, Phase::Live(_)));
        if !live {
            let why = "a command before READY or RESUMED";
            return self.refuse(conn, Refusal { code: CloseCode::NOT_AUTHENTICATED, why });
        }
        self.stats.commands += 1;
        self.note(conn, What::Command { op, bytes });
        let result = match op {
            3 => referee::presence(d).map(|()| self.presence(conn, referee::is_old(d))),
            4 => referee::voice(d).map(|voice| self.voice(conn, voice)),
            8 => referee::members(d).map(|members| self.members(conn, &members)),
            31 => referee::sounds(d).map(|guilds| self.sounds(conn, &guilds)),
            43 => referee::channel_info(d).map(|info| self.channel_info(conn, info)),
            _ => Err(Refusal {
                code: CloseCode::UNKNOWN_OPCODE,
                why: "an opcode clients do not send",
            }),
        };
        if let Err(refusal) = result {
            self.refuse(conn, refusal);
        }
    }

    fn presence(&mut self, conn: Conn, old: bool) {
        if old {
            self.complain(conn, "a presence without activities");
        }
        let now = self.now;
        let allowed = self.links.get_mut(&conn).is_none_or(|link| link.allows_presence(now));
        if !allowed {
            self.complain(conn, "more than 5 presence updates in 20 s");
        }
    }

    /// Sends a dispatch to the session of a connection alone.
    pub(super) fn answer(&mut self, conn: Conn, kind: &str, d: &str) {
        if let Some(number) = self.session_of(conn) {
            self.emit(number, kind, d);
        }
    }

    fn intents(&self, conn: Conn) -> Intents {
        let session = self.session_of(conn).and_then(|number| self.sessions.get(&number));
        session.map_or(Intents::empty(), |session| session.intents)
    }

    /// Says whether a guild is on the shard of a connection, and complains if not.
    fn owns(&mut self, conn: Conn, guild: GuildId) -> bool {
        let session = self.session_of(conn).and_then(|number| self.sessions.get(&number));
        let shard = session.map_or_else(Default::default, |session| session.shard);
        let owns = self.world.guild(guild).is_some() && guild.shard(shard.count) == shard.id;
        if !owns {
            self.complain(conn, "a command for a guild that is not on this shard");
        }
        owns
    }

    fn voice(&mut self, conn: Conn, voice: Voice) {
        if !self.owns(conn, voice.guild) {
            return;
        }
        let flags = (voice.self_mute, voice.self_deaf);
        if let Some(event) = self.world.move_bot(voice.guild, voice.channel, flags) {
            self.broadcast(&event);
            if voice.channel.is_some() {
                let d = self.world.voice_server(voice.guild);
                self.answer(conn, "VOICE_SERVER_UPDATE", &d);
            }
        }
    }

    fn sounds(&mut self, conn: Conn, guilds: &[GuildId]) {
        for guild in guilds {
            if self.owns(conn, *guild) {
                let d = self.world.soundboard(*guild).unwrap_or_default();
                self.answer(conn, "SOUNDBOARD_SOUNDS", &d);
            }
        }
    }

    fn channel_info(&mut self, conn: Conn, info: ChannelInfo) {
        if info.unknown {
            self.complain(conn, "a channel info request for a field nobody knows");
        }
        if self.owns(conn, info.guild) {
            let d =
                self.world.channel_info(info.guild, info.status, info.start).unwrap_or_default();
            self.answer(conn, "CHANNEL_INFO", &d);
        }
    }

    fn members(&mut self, conn: Conn, request: &Members) {
        if !self.owns(conn, request.guild) {
            return;
        }
        let nonce = request.nonce.as_deref().filter(|nonce| nonce.len() <= MOST_NONCE);
        if nonce != request.nonce.as_deref() {
            self.complain(conn, "a member request with a nonce over 32 bytes");
        }
        let intents = self.intents(conn);
        let presences = request.presences && intents.contains(Intents::GUILD_PRESENCES);
        if presences != request.presences {
            self.complain(conn, "a member request for presences without the intent");
        }
        let (users, not_found) = match &request.wanted {
            Wanted::Users(ids) => self.users_asked(conn, request.guild, ids),
            Wanted::Prefix { query, limit } => {
                let Some(users) = self.prefix_asked(conn, request.guild, query, *limit, nonce)
                else {
                    return;
                };
                (users, Vec::new())
            }
        };
        self.send_chunks(conn, request.guild, &users, &not_found, presences, nonce);
    }

    fn users_asked(
        &mut self,
        conn: Conn,
        guild: GuildId,
        ids: &[u64],
    ) -> (Vec<UserId>, Vec<String>) {
        if ids.len() > MOST_ASKED {
            self.complain(conn, "a member request for more than 100 users");
        }
        let asked = ids.iter().take(MOST_ASKED).map(|id| UserId(*id));
        let member = |user: &UserId| {
            self.world.guild(guild).is_some_and(|guild| guild.member(*user).is_some())
        };
        let (found, missing) = asked.partition::<Vec<_>, _>(member);
        (found, missing.iter().map(ToString::to_string).collect())
    }

    /// Returns the members a query finds; `None` if it gets no chunks.
    fn prefix_asked(
        &mut self,
        conn: Conn,
        guild: GuildId,
        query: &str,
        limit: u64,
        nonce: Option<&str>,
    ) -> Option<Vec<UserId>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if !query.is_empty() {
            if limit == 0 || limit > MOST_ASKED {
                self.complain(conn, "a member request by prefix with a limit not from 1 to 100");
            }
            let limit = if limit == 0 { MOST_ASKED } else { limit.min(MOST_ASKED) };
            return Some(self.world.members_with_prefix(guild, query, limit));
        }
        if !self.intents(conn).contains(Intents::GUILD_MEMBERS) {
            self.complain(conn, "a request for all members without the intent");
            return None;
        }
        if limit == 0 && !self.may_ask_all(conn, guild, nonce) {
            return None;
        }
        let most = if limit == 0 { usize::MAX } else { limit };
        let members = self.world.guild(guild).map_or(&[][..], |guild| &guild.members);
        Some(members.iter().map(|member| member.user).take(most).collect())
    }

    fn may_ask_all(&mut self, conn: Conn, guild: GuildId, nonce: Option<&str>) -> bool {
        let since = self.asked_members.get(&guild).map(|last| self.now.saturating_since(*last));
        let Some(since) = since.filter(|since| *since < MEMBERS_PAUSE) else {
            self.asked_members.insert(guild, self.now);
            return true;
        };
        let left = (MEMBERS_PAUSE.saturating_sub(since)).as_secs_f64();
        let nonce =
            nonce.map(|nonce| format!(r#","nonce":{}"#, Value::from(nonce))).unwrap_or_default();
        let meta = format!(r#"{{"guild_id":"{guild}"{nonce}}}"#);
        self.answer(
            conn,
            "RATE_LIMITED",
            &format!(r#"{{"retry_after":{left:.3},"opcode":8,"meta":{meta}}}"#),
        );
        false
    }

    fn send_chunks(
        &mut self,
        conn: Conn,
        guild: GuildId,
        users: &[UserId],
        not_found: &[String],
        presences: bool,
        nonce: Option<&str>,
    ) {
        let count = users.len().div_ceil(MOST_CHUNK_MEMBERS).max(1);
        for index in 0..count {
            let start = index * MOST_CHUNK_MEMBERS;
            let end = users.len().min(start + MOST_CHUNK_MEMBERS);
            let not_found = if index == 0 { not_found } else { &[] };
            let users = users.get(start..end).unwrap_or_default();
            let chunk = Chunk { guild, users, index, count, not_found, presences, nonce };
            if let Some(d) = self.world.members_chunk(&chunk) {
                self.answer(conn, "GUILD_MEMBERS_CHUNK", &d);
            }
        }
    }
}
