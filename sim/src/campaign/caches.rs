//! What a cache holds, beside the world it is of.

use std::collections::{BTreeMap, BTreeSet};

use gatewright_core::cache::{
    Cache, Channels, DmChannels, Emojis, Guilds, Heap, InGuild, Invites, Members, Messages,
    OwnedRow, Presences, Roles, Row, ScheduledEvents, Settings, Sounds, Stages, Stickers, Table,
    Tables, Threads, Users, View, VoiceStates,
};
use gatewright_core::decode::{Field, Seq};
use gatewright_core::{Dispatch, Encoding, GuildId, Intents, MessageId, RoleId, ShardId, model};

use crate::world::{Message, Reaction, World};

/// Compares the cache of a shard with the guilds of the world, and with their messages if those were told without a
/// break; tells the first difference.
pub(super) fn compare(
    cache: &Cache<Heap>,
    world: &World,
    shard: ShardId,
    messages: bool,
) -> Result<(), String> {
    let guilds: Vec<_> = world.guilds_of(shard).collect();
    let known: Vec<_> = cache.guilds().iter().map(|guild| guild.key()).collect();
    if known.len() != guilds.len() || !guilds.iter().all(|guild| known.contains(guild)) {
        return Err(format!("the guilds {known:?}, not {guilds:?}"));
    }
    let fresh = fresh(world, &guilds);
    for guild in guilds {
        compare_guild(cache.tables(), fresh.tables(), guild)?;
        if messages {
            compare_messages(cache.tables(), world, guild)?;
        }
    }
    Ok(())
}

/// Fills a cache with the guilds as a new session gets them.
fn fresh(world: &World, guilds: &[GuildId]) -> Cache<Heap> {
    let mut cache = Cache::new(Settings::default());
    for guild in guilds {
        let d = world.guild_create_for(*guild, Intents::DOCUMENTED, 250).unwrap_or_default();
        if let Ok(event) = Dispatch::new("GUILD_CREATE", None, Encoding::Json, d.as_bytes()) {
            cache.apply(&event, &mut ());
        }
    }
    cache
}

fn compare_guild(
    ours: Tables<'_, Heap>,
    fresh: Tables<'_, Heap>,
    guild: GuildId,
) -> Result<(), String> {
    let count = |tables: Tables<'_, Heap>| {
        let row = tables.guilds().get(guild)?;
        let guild = row.read().ok()?;
        Some((guild.name.map(|name| name.to_string()), guild.member_count, row.is_available()))
    };
    if count(ours) != count(fresh) {
        return Err(format!("guild {guild} is {:?}, not {:?}", count(ours), count(fresh)));
    }
    compare_table::<Channels>(ours, fresh, guild, same_channel)?;
    compare_table::<Emojis>(ours, fresh, guild, same_emoji)?;
    compare_table::<Members>(ours, fresh, guild, same_member)?;
    compare_table::<Presences>(ours, fresh, guild, same_row)?;
    compare_table::<Roles>(ours, fresh, guild, same_row)?;
    compare_table::<Sounds>(ours, fresh, guild, same_row)?;
    compare_table::<Stickers>(ours, fresh, guild, same_row)?;
    compare_table::<Threads>(ours, fresh, guild, same_channel)?;
    compare_table::<VoiceStates>(ours, fresh, guild, same_state)
}

/// Compares the rows of a guild, whatever their order.
fn compare_table<T: InGuild>(
    ours: Tables<'_, Heap>,
    fresh: Tables<'_, Heap>,
    guild: GuildId,
    same: impl Fn(&OwnedRow<T>, &OwnedRow<T>, Tables<'_, Heap>) -> bool,
) -> Result<(), String>
where
    for<'k> T::Key<'k>: std::fmt::Debug,
{
    let rows = |tables: Tables<'_, Heap>| -> BTreeMap<String, OwnedRow<T>> {
        let rows = tables.table::<T>().in_guild(guild);
        rows.iter().map(|row| (format!("{:?}", row.key()), row.into_owned())).collect()
    };
    let (tables, ours, fresh) = (fresh, rows(ours), rows(fresh));
    let table = std::any::type_name::<T>();
    for (key, row) in &fresh {
        match ours.get(key) {
            None => return Err(format!("{table} {key} of guild {guild} is missing: {row:?}")),
            Some(own) if !same(own, row, tables) => {
                return Err(format!("{table} {key} of guild {guild} is {own:?}, not {row:?}"));
            }
            Some(_) => {}
        }
    }
    match ours.keys().find(|key| !fresh.contains_key(*key)) {
        Some(key) => Err(format!("{table} {key} of guild {guild} is there no more")),
        None => Ok(()),
    }
}

/// Tells whether a channel is as it is in a new session, but for what messages in it change, and for what is left of
/// roles that are deleted: no event of the channel's tells of either.
fn same_channel<T>(own: &OwnedRow<T>, fresh: &OwnedRow<T>, tables: Tables<'_, Heap>) -> bool
where
    T: for<'c> Table<Model<'c> = model::Channel<'c>>,
{
    let (Ok(mut own), Ok(mut fresh)) = (own.read(), fresh.read()) else { return false };
    let overwrites = |channel: &model::Channel<'_>| -> Vec<_> {
        let all = channel.permission_overwrites.iter().flatten();
        all.filter(|one| tables.roles().contains(RoleId(one.id))).collect()
    };
    let same = overwrites(&own) == overwrites(&fresh);
    for channel in [&mut own, &mut fresh] {
        channel.last_message_id = Field::Absent;
        channel.permission_overwrites = Seq::default();
        (channel.message_count, channel.total_message_sent) = (None, None);
    }
    same && own == fresh
}

/// Tells whether an emoji is as it is in a new session, but for roles that are deleted.
fn same_emoji(own: &OwnedRow<Emojis>, fresh: &OwnedRow<Emojis>, tables: Tables<'_, Heap>) -> bool {
    let (Ok(mut own), Ok(mut fresh)) = (own.read(), fresh.read()) else { return false };
    let same = existing(own.roles, tables) == existing(fresh.roles, tables);
    (own.roles, fresh.roles) = (Seq::default(), Seq::default());
    same && own == fresh
}

fn existing(roles: Seq<'_, RoleId>, tables: Tables<'_, Heap>) -> Vec<RoleId> {
    roles.iter().flatten().filter(|role| tables.roles().contains(*role)).collect()
}

/// Tells whether a member is as it is in a new session, but for roles that are deleted.
fn same_member(
    own: &OwnedRow<Members>,
    fresh: &OwnedRow<Members>,
    tables: Tables<'_, Heap>,
) -> bool {
    let (Ok(mut own), Ok(mut fresh)) = (own.read(), fresh.read()) else { return false };
    let same = existing(own.roles, tables) == existing(fresh.roles, tables);
    (own.roles, fresh.roles) = (Seq::default(), Seq::default());
    same && own == fresh
}

/// Tells whether a voice state is as it is in a new session; its member is a row of its own.
fn same_state(
    own: &OwnedRow<VoiceStates>,
    fresh: &OwnedRow<VoiceStates>,
    _: Tables<'_, Heap>,
) -> bool {
    let (Ok(mut own), Ok(mut fresh)) = (own.read(), fresh.read()) else { return false };
    let both = own.member.is_some() == fresh.member.is_some();
    (own.member, fresh.member) = (None, None);
    both && own == fresh
}

fn same_row<T: Table>(own: &OwnedRow<T>, fresh: &OwnedRow<T>, _: Tables<'_, Heap>) -> bool {
    own == fresh
}

/// Compares the messages that are cached: there are none but those the world has, and of these none is missing from
/// the oldest one on.
///
/// The world remembers more messages of a guild than a cache keeps of all, and their ids ascend.
fn compare_messages(ours: Tables<'_, Heap>, world: &World, guild: GuildId) -> Result<(), String> {
    let Some(world) = world.guild(guild) else { return Ok(()) };
    let cached: BTreeSet<_> =
        ours.messages().in_guild(guild).iter().map(|message| message.key()).collect();
    let oldest = cached.first().copied().unwrap_or(MessageId(u64::MAX));
    let mut left = cached.len();
    for message in world.messages.iter().filter(|message| message.id >= oldest.0) {
        let Some(row) = ours.messages().get(MessageId(message.id)) else {
            return Err(format!("message {} of guild {guild} is missing", message.id));
        };
        left = left.saturating_sub(1);
        same_message(&row, message)?;
    }
    if left > 0 {
        let told = |id: &&MessageId| !world.messages.iter().any(|message| message.id == id.0);
        return Err(format!(
            "message {:?} of guild {guild} is there no more",
            cached.iter().find(told)
        ));
    }
    Ok(())
}

/// Tells how a message differs from the world's.
fn same_message(row: &Row<'_, Messages, Heap>, message: &Message) -> Result<(), String> {
    let own = row.read().map_err(|error| error.to_string())?;
    let content = own.content.map(|content| content.to_string()).unwrap_or_default();
    let mut reactions: Vec<_> = own.reactions.iter().flatten().map(|one| named(&one)).collect();
    let mut expected: Vec<_> = message.reactions.iter().map(wanted).collect();
    reactions.sort();
    expected.sort();
    let author = row.author().map(|author| author.key());
    let own = (own.channel_id, author, &content, &reactions);
    let expected = (message.channel, Some(message.author), &message.content, &expected);
    if own == expected {
        return Ok(());
    }
    Err(format!("message {} is {own:?}, not {expected:?}", message.id))
}

/// Tells how two caches differ that heard the same: in rows, in their order, or in what is kept for others.
///
/// They may have heard the members of objects in another order: the gateway writes what it says again anew.
pub(super) fn same(one: &Cache<Heap>, other: &Cache<Heap>) -> Result<(), String> {
    let state = |cache: &Cache<Heap>| (cache.my_id(), cache.awaited(), cache.is_cold());
    if state(one) != state(other) {
        return Err(format!("{:?} and {:?}", state(one), state(other)));
    }
    let both = (one.tables(), other.tables());
    same_table::<Channels>(both)?;
    same_table::<DmChannels>(both)?;
    same_table::<Emojis>(both)?;
    same_table::<Guilds>(both)?;
    same_table::<Invites>(both)?;
    same_table::<Members>(both)?;
    same_table::<Messages>(both)?;
    same_table::<Presences>(both)?;
    same_table::<Roles>(both)?;
    same_table::<ScheduledEvents>(both)?;
    same_table::<Sounds>(both)?;
    same_table::<Stages>(both)?;
    same_table::<Stickers>(both)?;
    same_table::<Threads>(both)?;
    same_table::<Users>(both)?;
    same_table::<VoiceStates>(both)
}

fn same_table<T: Table>((one, other): (Tables<'_, Heap>, Tables<'_, Heap>)) -> Result<(), String>
where
    for<'k> T::Key<'k>: std::fmt::Debug,
{
    let rows = |view: View<'_, T, Heap>| -> Vec<(String, OwnedRow<T>)> {
        view.iter().map(|row| (format!("{:?}", row.key()), row.into_owned())).collect()
    };
    let table = std::any::type_name::<T>();
    for kept in [false, true] {
        let [mut one, mut other] = [one, other].map(|tables| {
            let view = tables.table::<T>();
            rows(if kept { view.kept() } else { view })
        });
        // Those stand where there was a place in memory.
        if kept || table == std::any::type_name::<Users>() {
            one.sort_by(|(one, _), (other, _)| one.cmp(other));
            other.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
        if let Some((one, other)) = one.iter().zip(&other).find(|(one, other)| one != other) {
            return Err(format!("{table} of two caches (kept: {kept}): {one:?} and {other:?}"));
        }
        if one.len() != other.len() {
            return Err(format!(
                "{table} of two caches (kept: {kept}): {} and {}",
                one.len(),
                other.len()
            ));
        }
    }
    Ok(())
}

/// Names an emoji, and says how often it was given.
fn named(reaction: &model::Reaction<'_>) -> (String, u64) {
    let (id, name) = (reaction.emoji.id, reaction.emoji.name);
    let name = name.map(|name| name.to_string()).unwrap_or_default();
    (id.map_or(name, |id| id.to_string()), reaction.count.unwrap_or(0).into())
}

fn wanted(reaction: &Reaction) -> (String, u64) {
    let name = reaction.emoji_id.map_or_else(|| reaction.emoji.clone(), |id| id.to_string());
    (name, reaction.count)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::plan::{Plan, Restart};
    use super::super::run::Run;
    use super::super::{Breach, Figures, arenas};
    use crate::rng::Rng;
    use crate::simulation::Defect;

    const SPAN: Duration = Duration::from_secs(480);

    /// Runs the world of a seed with events of its own, and a restart.
    fn run(seed: u64, defect: Option<Defect>) -> Result<Figures, Breach> {
        let mut plan = Plan::draw(seed, SPAN);
        (plan.generated, plan.recorded) = (true, false);
        if !plan.lent {
            plan.room = 64 * 1_024 * 1_024;
        }
        plan.restart = Some(Restart::draw(&mut Rng::new(seed), plan.shards, SPAN));
        let mut arenas = arenas(&plan);
        let mut run = Run::new(&plan, &mut arenas);
        defect.into_iter().for_each(|defect| run.sabotage(defect));
        run.run(SPAN)?;
        Ok(run.sum_up())
    }

    #[test]
    fn caches_are_as_the_world_once_faults_are_over() {
        let mut all = Figures::default();
        for seed in 0..16 {
            match run(seed, None) {
                Ok(figures) => all.add(&figures),
                Err(breach) => panic!("seed {seed}: {breach:?}"),
            }
        }
        assert!(all.caches >= 16 && all.restored >= 5, "{all:?}");
    }

    #[test]
    fn every_defect_a_cache_could_have_is_found() {
        for defect in Defect::OF_CACHES {
            let found = (0..40).find_map(|seed| run(seed, Some(defect)).err());
            let law = found.as_ref().map(|breach| breach.law);
            let expected = match defect {
                Defect::ResumesTooLate | Defect::RestoresTooEarly => "delivery",
                _ => "cache",
            };
            assert_eq!(law, Some(expected), "{defect:?}: {found:?}");
        }
    }
}
