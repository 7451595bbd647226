//! `GET /gateway/bot`: where the gateway is, how many shards it suggests, and what is left of the day's Identifies.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use gatewright_core::SessionStartLimit;
use serde::Deserialize;
use ureq::Agent;
use ureq::http::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use ureq::http::{HeaderMap, Uri};

use crate::Proxy;

/// The API of Discord, in the version whose gateway this library speaks.
pub const DEFAULT_API: &str = "https://discord.com/api/v10";

/// Source: Discord documentation, *User Agent*.
const USER_AGENT: &str = concat!(
    "DiscordBot (https://github.com/gatewright/gatewright, ",
    env!("CARGO_PKG_VERSION"),
    ")"
);
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// An answer has about 200 bytes.
const MOST_BYTES: u64 = 64 * 1024;
/// What a 429 without a readable `Retry-After` counts as.
const USUAL_RETRY: Duration = Duration::from_secs(5);

/// What Discord says about a bot's way to the gateway.
///
/// Source: Discord documentation, *Get Gateway Bot*.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GatewayBot {
    /// The URL to connect to, without a query.
    pub url: String,
    /// The number of shards that is suggested.
    pub shards: u32,
    /// How many Identifies are left of the day.
    pub session_start_limit: SessionStartLimit,
}

/// Asks an API for [`GatewayBot`]; blocks for ten seconds at most.
///
/// The API is [`DEFAULT_API`] unless a test or a mirror is asked, and the token stands without `Bot `.
///
/// # Errors
/// [`DiscoverError`], which [`Retry`](crate::Retry) tells apart; none of them shows the token.
pub fn discover(
    api: &str,
    token: &str,
    proxy: Option<&Proxy>,
) -> Result<GatewayBot, DiscoverError> {
    let uri = uri_of(api)?;
    let mut bearer = HeaderValue::try_from(format!("Bot {token}"))
        .map_err(|_| DiscoverError::Settings("the token has characters no header may have"))?;
    bearer.set_sensitive(true);
    let request = agent(proxy).get(uri).header(AUTHORIZATION, bearer);
    let mut response = request.call().map_err(transport)?;
    match response.status().as_u16() {
        200 => {}
        401 => return Err(DiscoverError::Unauthorized),
        429 => return Err(DiscoverError::RateLimited { retry_after: wait(response.headers()) }),
        status => return Err(DiscoverError::Status(status)),
    }
    let body = response.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
    let answer: Answer = serde_json::from_slice(&body.map_err(transport)?)
        .map_err(|error| DiscoverError::Malformed(error.to_string()))?;
    Ok(answer.into())
}

/// An agent of its own for each request: there is one a process, or one in a while.
fn agent(proxy: Option<&Proxy>) -> Agent {
    let config = Agent::config_builder()
        .proxy(proxy.map(|proxy| proxy.inner().clone()))
        .user_agent(USER_AGENT)
        .timeout_global(Some(TIME_LIMIT))
        .http_status_as_error(false)
        // The token goes to the API that was named and nowhere else.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build();
    config.into()
}

fn uri_of(api: &str) -> Result<Uri, DiscoverError> {
    let uri = format!("{}/gateway/bot", api.trim_end_matches('/')).parse::<Uri>();
    let uri = uri.map_err(|_| DiscoverError::Settings("the API is no URL"))?;
    match uri.scheme_str() {
        Some("https") if cfg!(feature = "tls") => Ok(uri),
        Some("https") => Err(DiscoverError::Settings("https:// needs the feature tls")),
        Some("http") => Ok(uri),
        _ => Err(DiscoverError::Settings("the API is no http:// or https:// URL")),
    }
}

/// Reads how long a 429 asks to wait, which may be a fraction of a second.
fn wait(headers: &HeaderMap) -> Duration {
    let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let seconds = asked.and_then(|text| text.trim().parse::<f64>().ok());
    let span = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    span.unwrap_or(USUAL_RETRY)
}

fn transport(error: ureq::Error) -> DiscoverError {
    match error {
        ureq::Error::BodyExceedsLimit(_) => DiscoverError::TooLong,
        ureq::Error::BadUri(_) => DiscoverError::Settings("the API is no URL"),
        error => DiscoverError::Transport(Box::new(error)),
    }
}

/// The answer as it comes.
#[derive(Debug, Deserialize)]
struct Answer {
    url: String,
    shards: u32,
    session_start_limit: Limit,
}

#[derive(Debug, Deserialize)]
struct Limit {
    total: u32,
    remaining: u32,
    /// In milliseconds.
    reset_after: u64,
    #[serde(default = "one")]
    max_concurrency: u32,
}

const fn one() -> u32 {
    1
}

impl From<Answer> for GatewayBot {
    fn from(answer: Answer) -> Self {
        let Limit { total, remaining, reset_after, max_concurrency } = answer.session_start_limit;
        let reset_after = Duration::from_millis(reset_after);
        Self {
            url: answer.url,
            shards: answer.shards,
            session_start_limit: SessionStartLimit {
                total,
                remaining,
                reset_after,
                max_concurrency,
            },
        }
    }
}

/// Why an API did not tell about the gateway.
#[derive(Debug)]
#[non_exhaustive]
pub enum DiscoverError {
    /// The answer is not what the documentation says.
    Malformed(String),
    /// The API asks to come back later.
    RateLimited {
        /// How much later.
        retry_after: Duration,
    },
    /// The API or the token is nothing a request can be made of.
    Settings(&'static str),
    /// The API answered with another HTTP status than 200.
    Status(u16),
    /// The answer is longer than any can be.
    TooLong,
    /// The API could not be reached, or did not answer in time.
    Transport(Box<dyn Error + Send + Sync>),
    /// The token is not valid.
    Unauthorized,
}

impl fmt::Display for DiscoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => {
                write!(f, "the answer about the gateway is malformed: {error}")
            }
            Self::RateLimited { retry_after } => {
                write!(f, "asked for the gateway too often, again in {retry_after:?}")
            }
            Self::Settings(what) => write!(f, "the gateway cannot be asked for: {what}"),
            Self::Status(status) => {
                write!(f, "asked for the gateway, and got HTTP status {status}")
            }
            Self::TooLong => f.write_str("the answer about the gateway is over 64 KiB"),
            Self::Transport(error) => write!(f, "asking for the gateway failed: {error}"),
            Self::Unauthorized => f.write_str("the token is not valid: the API answered with 401"),
        }
    }
}

impl Error for DiscoverError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Transport(error) => Some(&**error),
            Self::Malformed(_)
            | Self::RateLimited { .. }
            | Self::Settings(_)
            | Self::Status(_)
            | Self::TooLong
            | Self::Unauthorized => None,
        }
    }
}
