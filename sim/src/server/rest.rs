//! What the HTTP API beside the gateway says: where it is, and what is left of the day's Identifies.

use std::time::Duration;

use gatewright_core::{CloseCode, Instant, SessionStartLimit};

use super::referee::Refusal;
use super::{Conn, Server};
use crate::journal::What;
use crate::options::DAY;

/// How many guilds a shard is suggested for.
const GUILDS_A_SHARD: u32 = 1_000;
/// How many tokens that were reset are remembered.
const MOST_RESET: usize = 1_000;

/// The Identifies taken in one window, which follow each other without a gap.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Starts {
    /// How long before the beginning of time the first window began.
    offset: Duration,
    window: u64,
    taken: u32,
}

impl Starts {
    /// Begins with the window that ends so long after the beginning of time.
    pub(super) fn new(first_reset: Duration) -> Self {
        Self { offset: DAY.saturating_sub(first_reset), ..Self::default() }
    }

    /// Counts an Identify, and returns how many there are in its window.
    fn take(&mut self, now: Instant) -> u32 {
        self.taken = self.taken(now).saturating_add(1);
        self.window = self.into_windows(now) / micros(DAY);
        self.taken
    }

    fn taken(self, now: Instant) -> u32 {
        if self.window == self.into_windows(now) / micros(DAY) { self.taken } else { 0 }
    }

    /// Returns the time until the next window.
    fn left(self, now: Instant) -> Duration {
        Duration::from_micros(micros(DAY) - self.into_windows(now) % micros(DAY))
    }

    const fn into_windows(self, now: Instant) -> u64 {
        now.as_micros().saturating_add(micros(self.offset))
    }
}

const fn micros(span: Duration) -> u64 {
    span.as_secs() * 1_000_000 + span.subsec_micros() as u64
}

impl Server {
    /// Answers a GET of the HTTP API with a status and JSON; `url` is where the gateway itself is.
    ///
    /// It knows `/api/v10/gateway` and, for `Authorization: Bot TOKEN`, `/api/v10/gateway/bot`.
    pub fn get(
        &mut self,
        now: Instant,
        path: &str,
        authorization: Option<&str>,
        url: &str,
    ) -> (u16, String) {
        self.advance(now);
        let path = path.split('?').next().unwrap_or_default();
        match path {
            "/api/v10/gateway" => (200, serde_json::json!({ "url": url }).to_string()),
            "/api/v10/gateway/bot" => {
                let token = authorization.and_then(|value| value.strip_prefix("Bot "));
                if token.is_some_and(|token| self.knows_token(token)) {
                    (200, self.gateway_bot(url))
                } else {
                    (401, r#"{"message":"401: Unauthorized","code":0}"#.to_owned())
                }
            }
            _ => (404, r#"{"message":"404: Not Found","code":0}"#.to_owned()),
        }
    }

    fn gateway_bot(&self, url: &str) -> String {
        let guilds = self.options.guilds.saturating_add(self.options.large_guilds);
        let shards = guilds.div_ceil(GUILDS_A_SHARD).clamp(1, self.options.max_shards.max(1));
        let SessionStartLimit { total, remaining, reset_after, max_concurrency } =
            self.start_limit();
        let answer = serde_json::json!({
            "url": url,
            "shards": shards,
            "session_start_limit": {
                "total": total,
                "remaining": remaining,
                "reset_after": micros(reset_after).div_ceil(1_000),
                "max_concurrency": max_concurrency,
            },
        });
        answer.to_string()
    }

    /// Returns what `GET /gateway/bot` tells of the day's Identifies.
    pub(crate) fn start_limit(&self) -> SessionStartLimit {
        let total = self.options.session_starts;
        SessionStartLimit {
            total,
            remaining: total.saturating_sub(self.starts.taken(self.now)),
            reset_after: self.starts.left(self.now),
            max_concurrency: self.options.max_concurrency,
        }
    }

    /// Counts an Identify, and says whether the day had it left; if not, the token is reset.
    ///
    /// Source: Discord documentation, *Sharding: Session Start Limit*.
    pub(super) fn may_start(&mut self, conn: Conn, token: &str) -> bool {
        self.stats.session_starts += 1;
        let fits = self.starts.take(self.now) <= self.options.session_starts;
        if !fits {
            self.reset_token(conn, token);
        }
        fits
    }

    /// Ends all sessions, and takes the token for a wrong one from now on.
    fn reset_token(&mut self, conn: Conn, token: &str) {
        const WHY: &str = "more Identifies in 24 hours than session_starts: the token is reset";
        self.stats.token_resets += 1;
        self.note(conn, What::TokenReset);
        self.reset_tokens.push_back(token.to_owned());
        if self.reset_tokens.len() > MOST_RESET {
            self.reset_tokens.pop_front();
        }
        let refusal = Refusal { code: CloseCode::AUTHENTICATION_FAILED, why: WHY };
        self.refuse(conn, refusal);
        let holders = self.sessions.values().filter_map(|session| session.conn).collect::<Vec<_>>();
        holders.iter().for_each(|conn| self.close(*conn, refusal.code, WHY));
        self.sessions.clear();
    }
}
