//! What a cache holds, for people.

use gatewright_core::cache::{Guilds, Heap, Row};

use super::Told;
use super::fields::Fields;
use crate::lines;
use crate::show::grouped;

/// How many guilds are shown.
const GUILDS: usize = 20;

/// Writes how many rows each table has, and how many each guild.
pub(super) fn show(told: &Told) -> anyhow::Result<()> {
    let cache = &told.cache;
    say!("{} events\n", grouped(told.events));
    say!("{:<18} {:>10} {:>8}", "table", "rows", "kept");
    macro_rules! tables {
        ($($table:ident)*) => {$(
            let (rows, kept) = (cache.$table().len(), cache.$table().kept().iter().count());
            let kept = if kept == 0 { String::new() } else { count(kept) };
            let line = format!("{:<18} {:>10} {kept:>8}", stringify!($table).replace('_', " "), count(rows));
            say!("{}", line.trim_end());
        )*};
    }
    tables! {
        guilds channels threads roles emojis stickers members users presences voice_states invites messages
        stages scheduled_events sounds dm_channels
    }
    let memory = cache.memory();
    say!("\n{} bytes, {} of them in use", count(memory.bytes), count(memory.used));
    if told.refused + told.broken > 0 {
        let (refused, broken) = (grouped(told.refused), grouped(told.broken));
        say!("{refused} rows had no room, {broken} objects were not as documented");
    }
    guilds(told)
}

fn guilds(told: &Told) -> anyhow::Result<()> {
    let guilds = told.cache.guilds();
    if guilds.is_empty() {
        return Ok(());
    }
    say!(
        "\n{:<20} {:>8} {:>7} {:>6} {:>8} {:>9} {:>8}  name",
        "guild",
        "channels",
        "threads",
        "roles",
        "members",
        "presences",
        "messages"
    );
    for guild in guilds.slice(..GUILDS) {
        line(told, &guild)?;
    }
    let more = guilds.len().saturating_sub(GUILDS);
    if more > 0 {
        say!("and {} more", count(more));
    }
    Ok(())
}

fn line(told: &Told, guild: &Row<'_, Guilds, Heap>) -> anyhow::Result<()> {
    let (cache, id) = (&told.cache, guild.key());
    let name = Fields::of(guild)?.text("name").unwrap_or_default();
    let outage = if guild.is_available() { "" } else { " (not available)" };
    say!(
        "{:<20} {:>8} {:>7} {:>6} {:>8} {:>9} {:>8}  {}{outage}",
        id.0,
        count(cache.channels().in_guild(id).len()),
        count(cache.threads().in_guild(id).len()),
        count(cache.roles().in_guild(id).len()),
        count(cache.members().in_guild(id).len()),
        count(cache.presences().in_guild(id).len()),
        count(cache.messages().in_guild(id).len()),
        lines::escaped(&name),
    );
    Ok(())
}

fn count(rows: usize) -> String {
    grouped(u64::try_from(rows).unwrap_or(u64::MAX))
}
