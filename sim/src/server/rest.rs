//! What the HTTP API beside the gateway says: where it is, and what is left of the day's Identifies.

use std::time::Duration;

use gatewright_core::Instant;

use super::Server;

/// How long a window of Identifies is; the first begins with the server.
///
/// Source: Discord documentation, *Session Start Limit*.
const WINDOW: Duration = Duration::from_secs(24 * 60 * 60);
/// How many guilds a shard is suggested for.
const GUILDS_A_SHARD: u32 = 1_000;

/// The Identifies taken in one window.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Starts {
    window: u64,
    taken: u32,
}

impl Starts {
    pub(super) fn take(&mut self, now: Instant) {
        *self = Self { taken: self.taken(now).saturating_add(1), window: window_of(now) };
    }

    fn taken(self, now: Instant) -> u32 {
        if self.window == window_of(now) { self.taken } else { 0 }
    }
}

const fn window_of(now: Instant) -> u64 {
    now.as_micros() / micros(WINDOW)
}

const fn micros(span: Duration) -> u64 {
    span.as_secs() * 1_000_000
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
        let taken = self.starts.taken(self.now);
        let left = micros(WINDOW) - self.now.as_micros() % micros(WINDOW);
        let answer = serde_json::json!({
            "url": url,
            "shards": shards,
            "session_start_limit": {
                "total": self.options.session_starts,
                "remaining": self.options.session_starts.saturating_sub(taken),
                "reset_after": left.div_ceil(1_000),
                "max_concurrency": self.options.max_concurrency,
            },
        });
        answer.to_string()
    }
}
