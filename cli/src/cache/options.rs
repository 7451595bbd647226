//! The flags of `cache`.

use std::path::PathBuf;

use clap::Parser;
use gatewright_core::cache::{Components, Eviction, Kind, MemberPolicy, Settings};

/// The flags of `cache`.
#[derive(Debug, Parser)]
pub(crate) struct CacheArgs {
    /// Payloads of the gateway as JSON, one a line; `-` reads them from the standard input. Lines such as
    /// `{"call":"delete_role","args":["1"]}` change the cache directly.
    #[arg(value_name = "STREAM")]
    pub(super) file: PathBuf,
    /// What is kept: names (comma-separated), `ALL` or `NONE`; a dash before a name takes it away.
    #[arg(long, value_name = "NAMES", default_value = "ALL", allow_hyphen_values = true, value_parser = components)]
    components: Components,
    /// How many messages are kept.
    #[arg(long, value_name = "N", default_value = "300")]
    max_messages: u32,
    /// How many channels of direct messages are kept.
    #[arg(long, value_name = "N", default_value = "50")]
    max_dm_channel_ids: u32,
    /// Keeps of all members only the bot's own.
    #[arg(long)]
    only_my_member: bool,
    /// Writes all rows as one JSON object.
    #[arg(long)]
    pub(super) json: bool,
    /// Adds the rows of each guild, in the order they are shown in.
    #[arg(long, requires = "json")]
    pub(super) index: bool,
    /// Adds the order of each table.
    #[arg(long, requires = "json")]
    pub(super) order: bool,
    /// Writes an entry a line.
    #[arg(long, requires = "json")]
    pub(super) pretty: bool,
}

impl CacheArgs {
    pub(super) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.components = self.components;
        settings.limits.set(Kind::Message, self.max_messages, Eviction::Oldest);
        settings.limits.set(Kind::DmChannel, self.max_dm_channel_ids, Eviction::Oldest);
        if self.only_my_member {
            settings.members = MemberPolicy::Own;
        }
        settings
    }
}

/// Names that stand for others, as another library has them.
const OTHER_NAMES: [(&str, Components); 5] = [
    ("ALL", Components::all()),
    ("DM_CHANNEL_IDS", Components::DM_CHANNELS),
    ("GUILD_STICKERS", Components::STICKERS),
    ("GUILD_THREADS", Components::THREADS),
    ("NONE", Components::empty()),
];

fn components(text: &str) -> Result<Components, String> {
    text.split(',').try_fold(Components::empty(), |sum, part| {
        let part = part.trim();
        let name = part.strip_prefix('-').unwrap_or(part).to_uppercase();
        let other = OTHER_NAMES.iter().find(|(other, _)| *other == name);
        let one = other.map(|(_, one)| *one).or_else(|| Components::from_name(&name));
        let one = one.ok_or_else(|| {
            let names: Vec<_> = Components::all().iter_names().map(|(name, _)| name).collect();
            format!("no component is called {name}; there are ALL, NONE, {}", names.join(", "))
        })?;
        Ok(if part.starts_with('-') { sum - one } else { sum | one })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_come_by_name_and_go_by_a_dash() {
        assert_eq!(
            components("guilds,guild_threads"),
            Ok(Components::GUILDS | Components::THREADS)
        );
        assert_eq!(components("ALL,-MEMBERS"), Ok(Components::all() - Components::MEMBERS));
        assert_eq!(components("none"), Ok(Components::empty()));
        assert!(components("ALL,-NONSENSE").unwrap_err().contains("NONSENSE"));
    }
}
