//! Before the first dial: where the gateway is, and how many Identifies are left of the day.

use std::net::Ipv4Addr;
use std::path::Path;
use std::thread;

use anyhow::{Context, bail};
use gatewright_core::{BotId, BudgetSettings, SessionStartLimit};
use gatewright_std::{BudgetFile, DEFAULT_API, GatewayBot, Proxy, Retry, discover, unix_now};

use crate::args::WatchArgs;
use crate::lines::escaped;

/// How many requests may fail in a row.
const ATTEMPTS: u32 = 3;

/// What is known about the way to the gateway.
pub(crate) struct Way {
    /// Where it is, unless the library is to know.
    pub(crate) url: Option<String>,
    pub(crate) limit: Option<SessionStartLimit>,
    /// How many shards are suggested.
    pub(crate) shards: Option<u32>,
    pub(crate) budget: Option<BudgetFile>,
    pub(crate) proxy: Option<Proxy>,
    /// What to tell people.
    pub(crate) told: Option<String>,
}

/// Finds the way, of which the flags may tell all or some.
pub(crate) fn way(args: &WatchArgs, token: Option<&str>) -> anyhow::Result<Way> {
    let asked = match (&args.api, &args.gateway, token) {
        (Some(api), _, _) => Some(api.as_str()),
        (None, None, Some(_)) => Some(DEFAULT_API),
        (None, _, _) => None,
    };
    if let (Some(api), Some(_)) = (asked, token)
        && is_exposed(api, "http://")
    {
        anstream::eprintln!(
            "gatewright: {} is not encrypted: others can read the token",
            escaped(api)
        );
    }
    let token = token.unwrap_or("simulated");
    // The URL may hold a password: it is not shown.
    let proxy = args.proxy.as_deref().map(Proxy::new).transpose().context("--proxy is unusable")?;
    let found = asked.map(|api| ask(api, token, proxy.as_ref())).transpose()?;
    let limit = found.as_ref().map(|found| found.session_start_limit);
    let shards = found.as_ref().map(|found| found.shards);
    let told = found.as_ref().map(told);
    let url = args.gateway.clone().or_else(|| found.map(|found| found.url));
    let is_encrypted = url.as_ref().is_none_or(|url| url.starts_with("wss://"));
    let budget = budget(args, BotId::of_token(token), is_encrypted)?;
    Ok(Way { url, limit, shards, budget, proxy, told })
}

/// Tells whether a URL leads off this machine without TLS.
pub(crate) fn is_exposed(url: &str, scheme: &str) -> bool {
    url.strip_prefix(scheme).is_some_and(|rest| !is_local(rest))
}

/// Tells whether what follows the scheme of a URL names this machine.
fn is_local(rest: &str) -> bool {
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // What is before an `@` is no host.
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    if let Some(rest) = host.strip_prefix("[::1]") {
        return rest.is_empty() || rest.starts_with(':');
    }
    let host = host.split(':').next().unwrap_or_default();
    let address = host.parse::<Ipv4Addr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Asks the API, three times if need be.
fn ask(api: &str, token: &str, proxy: Option<&Proxy>) -> anyhow::Result<GatewayBot> {
    let mut retry = Retry::new(unix_now().as_millis());
    loop {
        let error = match discover(api, token, proxy) {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        let Some(wait) = retry.after(&error).filter(|_| retry.attempts() < ATTEMPTS) else {
            bail!("{}; asked was {}", escaped(&error.to_string()), escaped(api));
        };
        let shown = humantime::format_duration(std::time::Duration::from_secs(wait.as_secs() + 1));
        anstream::eprintln!("gatewright: {}; again in {shown}", escaped(&error.to_string()));
        thread::sleep(wait);
    }
}

fn told(found: &GatewayBot) -> String {
    let GatewayBot { shards, session_start_limit: limit, .. } = found;
    let SessionStartLimit { total, remaining, reset_after, max_concurrency } = limit;
    let minutes = std::time::Duration::from_secs(reset_after.as_secs() / 60 * 60);
    let reset = humantime::format_duration(minutes);
    format!(
        "suggested shards {shards}, at once {max_concurrency}; {remaining} of {total} session starts left for {reset}"
    )
}

/// Opens the budget: the file that is named, else that of the bot where there is a token to lose.
fn budget(args: &WatchArgs, bot: BotId, is_encrypted: bool) -> anyhow::Result<Option<BudgetFile>> {
    let (now, mut settings) = (unix_now(), BudgetSettings::default());
    settings.by_hand = args.by_hand;
    let opened = match args.budget.as_deref().map(Path::to_owned) {
        Some(path) => Some(BudgetFile::open(now, path, bot, settings)),
        None if is_encrypted => Some(BudgetFile::open_default(now, bot, settings)),
        None => None,
    };
    opened
        .transpose()
        .context("the day's session starts cannot be counted; --budget names another file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_host_that_is_this_machine_is_not_exposed() {
        let at = |host: &str| is_exposed(&format!("ws://{host}"), "ws://");
        for host in [
            "localhost",
            "LOCALHOST:80/x",
            "127.0.0.1:443",
            "127.8.9.1/?v=10",
            "[::1]",
            "[::1]:8080",
        ] {
            assert!(!at(host), "{host}");
        }
        for host in [
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "127.evil.example",
            "localhost@evil.example",
            "localhost:80@evil.example/",
            "evil.example/?@localhost",
            "[::1].evil.example",
            "[::2]",
            "",
        ] {
            assert!(at(host), "{host}");
        }
        assert!(!is_exposed("wss://evil.example", "ws://"), "that is encrypted");
    }
}
