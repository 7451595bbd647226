//! `GET /gateway/bot`, off the threads that drive shards.

use std::future::poll_fn;
use std::time::Duration;

use gatewright_std::{DiscoverError, GatewayBot, Proxy, Retry};

use crate::clock::{self, Timer};
use crate::gateway::seed;
use crate::task::unblock;

/// Asks where the gateway is, how many shards it suggests, and how many Identifies are left of the day.
///
/// The API is [`DEFAULT_API`](crate::DEFAULT_API) or one like it, and the token stands without `Bot `. What may pass is
/// tried again, ever later, as long as it takes.
///
/// # Errors
/// [`DiscoverError`] where it would fail the same way again, as for a token that is wrong.
pub async fn discover(
    api: &str,
    token: &str,
    proxy: Option<&Proxy>,
) -> Result<GatewayBot, DiscoverError> {
    let mut retry = Retry::new(seed());
    loop {
        let (api, token) = (api.to_owned(), token.to_owned());
        let proxy = proxy.cloned();
        let asked = unblock(move || gatewright_std::discover(&api, &token, proxy.as_ref()));
        let error = match asked.await {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        let Some(wait) = retry.after(&error) else { return Err(error) };
        tracing::warn!("asking for the gateway failed, again in {wait:?}: {error}");
        sleep(wait).await;
    }
}

async fn sleep(span: Duration) {
    let (mut timer, until) = (Timer::default(), clock::now().saturating_add(span));
    while clock::now() < until {
        poll_fn(|cx| timer.poll(cx, until)).await;
    }
}
