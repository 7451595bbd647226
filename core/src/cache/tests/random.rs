//! Random events and edits, valid and not, under settings and in memory of every kind.

use super::super::apply::guild::SUBTREE;
use super::super::{
    Applied, Cache, Change, Channels, Components, DmChannels, Edit, Emojis, Eviction, Guilds,
    Invites, Me, MemberPolicy, Members, Messages, Observer, Presences, Roles, ScheduledEvents,
    Sounds, Stages, Stickers, Threads, Users, VoiceStates,
};
use super::*;
use crate::rng::Rng;
use crate::{ChannelId, GuildId, UserId};

mod writer;

use writer::Writer;

impl Writer {
    fn settings(&mut self) -> Settings {
        let mut settings = Settings::default();
        if self.one_in(3) {
            let bits = (0..16).map(|bit| u32::from(!self.one_in(5)) << bit).sum();
            settings.components = Components::from_bits_truncate(bits);
        }
        settings.members = match self.below(6) {
            0 => MemberPolicy::InVoice,
            1 => MemberPolicy::Own,
            2 => MemberPolicy::If(|guild, user| !(guild.0 + user.0).is_multiple_of(3)),
            _ => MemberPolicy::All,
        };
        if self.one_in(2) {
            for kind in crate::cache::Kind::ALL {
                let eviction = [Eviction::Refuse, Eviction::Oldest, Eviction::LeastRecentlyUsed]
                    [self.below(3)];
                if self.one_in(2) {
                    settings.limits.set(kind, u32::try_from(self.below(7)).unwrap(), eviction);
                }
            }
        }
        if self.one_in(3) {
            settings.max_messages_per_channel = u32::try_from(self.below(4)).unwrap();
        }
        settings
    }
}

/// What an observer hears, as the witness behind it would.
impl<M: Memory> Observer<M> for Heard {
    fn changed(&mut self, change: &Change<'_, M>) {
        macro_rules! hear {
            ($($kind:ident: $table:ident,)*) => {
                match change.kind() {
                    $(crate::cache::Kind::$kind => {
                        let (old, new) = (change.before::<$table>(), change.after::<$table>());
                        let (records, row, _) = old.or(new).unwrap().parts();
                        let (old, stays) = (old.map(|old| old.parts().2), new.is_some());
                        self.hear(records, Changed { kind: Kind::$kind, row, old, stays });
                    })*
                }
            };
        }
        hear! {
            Channel: Channels, DmChannel: DmChannels, Emoji: Emojis, Guild: Guilds, Invite: Invites, Me: Me,
            Member: Members, Message: Messages, Presence: Presences, Role: Roles,
            ScheduledEvent: ScheduledEvents, Sound: Sounds, Stage: Stages, Sticker: Stickers,
            Thread: Threads, User: Users, VoiceState: VoiceStates,
        }
    }
}

impl Bench<Heap> {
    fn world(self, settings: Settings) -> World<Heap> {
        let Self { records, scratch, heard, .. } = self;
        World { cache: Cache { records, scratch: scratch.into(), settings }, heard }
    }
}

impl Bench<Fixed<'static>> {
    fn world(self, settings: Settings) -> World<Fixed<'static>> {
        let Self { records, scratch, heard, .. } = self;
        World { cache: Cache { records, scratch: scratch.leak(), settings }, heard }
    }
}

struct World<M: Memory> {
    cache: Cache<M>,
    heard: Heard,
}

impl<M: Memory> World<M> {
    fn event(&mut self, name: &str, json: &str) -> Applied {
        let event = Dispatch::new(name, None, Encoding::Json, json.as_bytes()).unwrap();
        let applied = self.cache.apply(&event, &mut self.heard);
        self.look(applied)
    }

    /// Checks all there is: the rows among themselves, what was told, and what the settings ask for.
    fn look(&self, applied: Applied) -> Applied {
        let records = &self.cache.records;
        let shown = walk(records);
        let is = shown.iter().map(|row| (*row, records.members(*row).to_vec()));
        assert_eq!(self.heard.shown, is.collect(), "what was told is what is there");
        let told = |sign| self.heard.lines.iter().filter(|line| line.starts_with(sign)).count();
        let counted = [applied.added, applied.changed, applied.removed];
        assert_eq!(counted.map(|count| count as usize), ['+', '~', '-'].map(told));
        assert!(applied.evicted <= applied.removed);
        for kind in Kind::ALL {
            let count = shown.iter().filter(|row| records.kind(**row) == kind).count();
            let limit = self.cache.settings.limits.of(kind).rows as usize;
            assert!(kind == Kind::User || count <= limit, "{kind:?}: {count} of {limit}");
            let on = self.cache.settings.components.contains(Components::of(kind));
            assert!(on || count == 0, "{kind:?} is off");
        }
        self.look_at_places();
        self.look_at_members();
        applied
    }

    fn look_at_places(&self) {
        let records = &self.cache.records;
        let rows = (0..records.slots()).filter(|slot| records.is_row(*slot));
        let (mut awaited, mut known) = (0, 0);
        for row in rows {
            match records.kind(row) {
                Kind::Guild => {
                    awaited += u32::from(records.is(row, Mark::Awaited));
                    known += u32::from(records.is(row, Mark::Known));
                }
                Kind::Room => {
                    let len = records.list(Place::In(row, 0)).len;
                    assert!(len <= self.cache.settings.max_messages_per_channel);
                    assert!(len > 0 || records.references(row) > 0);
                }
                _ => {}
            }
        }
        assert_eq!((self.cache.awaited(), records.known_guilds), (awaited, known));
    }

    fn look_at_members(&self) {
        for member in self.cache.members() {
            let (guild, user) = member.key();
            match self.cache.settings.members {
                MemberPolicy::All => {}
                MemberPolicy::If(wanted) => assert!(wanted(guild, user)),
                MemberPolicy::InVoice => {
                    assert!(
                        self.cache.voice_states().contains((guild, user)),
                        "{guild:?} {user:?}"
                    );
                }
                MemberPolicy::Own => {
                    assert!(self.cache.settings.components.contains(Components::MEMBERS))
                }
            }
        }
    }

    /// Looks some rows up, so that those are the ones that were used.
    fn touch(&self, writer: &mut Writer) {
        let id = 1 + writer.below(6) as u64;
        let (guild, user) = (GuildId(1 + writer.below(6) as u64), UserId(id));
        let _ = self.cache.members().get((guild, user));
        let _ = self.cache.presences().get((guild, user));
        let _ = self.cache.channels().get(ChannelId(id));
        let _ = self.cache.messages().get(crate::MessageId(id));
        let _ = self.cache.roles().get(crate::RoleId(id));
        let _ = self.cache.guilds().get(guild);
        let _ = self.cache.dm_channels().get(user);
    }
}

/// Makes the edits that most tables know.
macro_rules! edit_of_guild {
    ($edit:ident, $writer:ident, $heard:expr, $list:literal) => {{
        let (guild, json) = (GuildId(1 + $writer.below(6) as u64), $writer.maybe_damaged($list));
        let row = Cursor::new(Encoding::Json, json.as_bytes()).unwrap();
        match $writer.below(6) {
            0..2 => $edit.insert(guild, row, $heard),
            2..5 => $edit.patch(guild, row, $heard),
            _ if $writer.one_in(3) => $edit.clear($heard),
            _ => $edit.clear_in_guild(guild, $heard),
        }
    }};
}

/// Tells of a row that was removed or not what an event would.
fn removed<T: super::super::Table, M: Memory>(
    mut edit: Edit<'_, T, M>,
    key: T::Key<'_>,
    heard: &mut Heard,
) -> Applied {
    let applied = edit.remove(key, heard);
    assert_eq!(Applied { channel: None, ..applied }, counted(heard));
    applied
}

/// Counts what was heard.
fn counted(heard: &Heard) -> Applied {
    let count = |sign| {
        let lines = heard.lines.iter().filter(|line| line.starts_with(sign));
        u32::try_from(lines.count()).unwrap()
    };
    Applied { added: count('+'), changed: count('~'), removed: count('-'), ..Applied::default() }
}

impl<M: Memory> World<M> {
    /// Edits a table.
    fn edit(&mut self, writer: &mut Writer) -> Applied {
        let (cache, heard) = (&mut self.cache, &mut self.heard);
        macro_rules! edit {
            ($table:ident, $list:literal) => {{
                let mut edit = cache.$table();
                edit_of_guild!(edit, writer, heard, $list)
            }};
        }
        let applied = match writer.below(20) {
            0 => edit!(channels_mut, "channels"),
            1 => edit!(emojis_mut, "emojis"),
            2 => edit!(invites_mut, "invites"),
            3 => edit!(members_mut, "members"),
            4 => edit!(presences_mut, "presences"),
            5 => edit!(roles_mut, "roles"),
            6 => edit!(scheduled_events_mut, "guild_scheduled_events"),
            7 => edit!(sounds_mut, "soundboard_sounds"),
            8 => edit!(stages_mut, "stage_instances"),
            9 => edit!(stickers_mut, "stickers"),
            10 => edit!(threads_mut, "threads"),
            11 => edit!(voice_states_mut, "voice_states"),
            12..15 => self.remove(writer),
            15 => self.clear_in_channel(writer),
            16..18 => self.edit_guild(writer),
            18 => self.edit_message(writer),
            _ => self.edit_session(writer),
        };
        self.look(applied)
    }

    fn remove(&mut self, writer: &mut Writer) -> Applied {
        let (id, guild) = (1 + writer.below(6) as u64, GuildId(1 + writer.below(6) as u64));
        let (cache, heard, user) = (&mut self.cache, &mut self.heard, UserId(id));
        match writer.below(10) {
            0 => removed(cache.channels_mut(), ChannelId(id), heard),
            1 => removed(cache.emojis_mut(), crate::EmojiId(id), heard),
            2 => removed(cache.guilds_mut(), guild, heard),
            3 => removed(cache.invites_mut(), ["a", "b", "c"][writer.below(3)], heard),
            4 => removed(cache.members_mut(), (guild, user), heard),
            5 => removed(cache.messages_mut(), crate::MessageId(id), heard),
            6 => removed(cache.presences_mut(), (guild, user), heard),
            7 => removed(cache.stickers_mut(), crate::StickerId(id), heard),
            8 => removed(cache.threads_mut(), ChannelId(id), heard),
            _ => removed(cache.voice_states_mut(), (guild, user), heard),
        }
    }

    fn clear_in_channel(&mut self, writer: &mut Writer) -> Applied {
        let (cache, heard) = (&mut self.cache, &mut self.heard);
        let channel = ChannelId(1 + writer.below(6) as u64);
        match writer.below(4) {
            0 => cache.invites_mut().clear_in_channel(channel, heard),
            1 => cache.messages_mut().clear_in_channel(channel, heard),
            2 => cache.threads_mut().clear_in_channel(channel, heard),
            _ => cache.voice_states_mut().clear_in_channel(channel, heard),
        }
    }

    fn edit_guild(&mut self, writer: &mut Writer) -> Applied {
        let (cache, heard) = (&mut self.cache, &mut self.heard);
        let (guild, json) = (GuildId(1 + writer.below(6) as u64), writer.guild());
        let row = Cursor::new(Encoding::Json, json.as_bytes()).unwrap();
        match writer.below(8) {
            0..2 => cache.guilds_mut().insert(row, heard),
            2..4 => cache.guilds_mut().patch(row, heard),
            4..6 => {
                let there = cache.guilds_mut().set_available(guild, writer.one_in(2));
                assert_eq!(there, cache.guilds().contains(guild));
                Applied::default()
            }
            6 => {
                let (applied, rows) = if writer.one_in(2) {
                    (cache.guilds_mut().remove(guild, heard), 0)
                } else {
                    let rows = cache.members().in_guild(guild).len();
                    (cache.guilds_mut().remove_alone(guild, heard), rows)
                };
                assert_eq!(cache.members().in_guild(guild).len(), rows);
                applied
            }
            _ => cache.guilds_mut().clear(heard),
        }
    }

    fn edit_message(&mut self, writer: &mut Writer) -> Applied {
        let (cache, heard) = (&mut self.cache, &mut self.heard);
        let (guild, json) = (GuildId(1 + writer.below(6) as u64), writer.message(true));
        let row = Cursor::new(Encoding::Json, json.as_bytes()).unwrap();
        match writer.below(6) {
            0..3 => {
                cache.messages_mut().insert(Some(guild).filter(|_| writer.one_in(2)), row, heard)
            }
            3 => cache.messages_mut().patch(row, heard),
            4 => cache.messages_mut().clear_in_guild(guild, heard),
            _ => cache.messages_mut().clear(heard),
        }
    }

    fn edit_session(&mut self, writer: &mut Writer) -> Applied {
        let (cache, heard) = (&mut self.cache, &mut self.heard);
        let (id, json) = (1 + writer.below(6) as u64, writer.user());
        match writer.below(8) {
            0..4 => cache.dm_channels_mut().insert(UserId(id), ChannelId(id + 50), heard),
            4 => cache.dm_channels_mut().clear(heard),
            5 => {
                cache.me_mut().insert(Cursor::new(Encoding::Json, json.as_bytes()).unwrap(), heard)
            }
            6 => cache.me_mut().clear(heard),
            _ if writer.one_in(4) => cache.clear(heard),
            _ => cache.dm_channels_mut().clear(heard),
        }
    }

    /// Removes all rows, by events as far as there are some.
    fn end(&mut self) {
        for id in 1..=6 {
            self.event("GUILD_DELETE", &std::format!(r#"{{"id": "{id}"}}"#));
            self.heard.lines.clear();
        }
        self.cache.messages_mut().clear(&mut self.heard);
        self.cache.dm_channels_mut().clear(&mut self.heard);
        self.cache.me_mut().clear(&mut self.heard);
        self.heard.lines.clear();
        self.look(Applied::default());
        for kind in Kind::ALL {
            assert_eq!(self.cache.records.len(kind), 0, "{kind:?}");
        }
        assert_eq!(self.cache.records.bytes().1, 0);
    }
}

fn heap(settings: Settings) -> World<Heap> {
    Bench::heap().world(settings)
}

fn lent(settings: Settings) -> World<Fixed<'static>> {
    Bench::lent(1_000, 1 << 18).world(settings)
}

/// What a run came to: what was refused, broken and evicted, and all that was told.
type Come = ([u32; 3], Vec<String>);

/// Applies random events and edits, and then removes all.
fn run<M: Memory>(
    world: impl FnOnce(Settings) -> World<M>,
    seed: u64,
    acts: u32,
    settings: bool,
) -> Come {
    let mut writer = Writer::new(seed);
    let settings = if settings { writer.settings() } else { Settings::default() };
    let (mut world, mut losses, mut told) = (world(settings), [0; 3], Vec::new());
    for _ in 0..acts {
        let applied = if writer.one_in(7) {
            world.edit(&mut writer)
        } else {
            let (name, mut json) = writer.event();
            if writer.one_in(8) {
                json = writer.damage(json);
            }
            world.event(name, &json)
        };
        for (loss, of) in losses.iter_mut().zip([applied.refused, applied.broken, applied.evicted])
        {
            *loss += of;
        }
        told.append(&mut world.heard.lines);
        if writer.one_in(3) {
            world.touch(&mut writer);
        }
    }
    world.end();
    (losses, told)
}

#[test]
fn whatever_comes_the_rows_stay_consistent() {
    for seed in 0..3 {
        let come = run(heap, seed, 600, false);
        let ([refused, broken, _], told) = &come;
        assert!(*refused == 0 && *broken > 100 && told.len() > 1_500, "{broken} {}", told.len());
        assert!(come == run(lent, seed, 600, false), "in both families");
    }
}

#[test]
fn whatever_the_settings_say_the_rows_stay_consistent() {
    let (mut evicted, mut refused) = (0, 0);
    for seed in 100..130 {
        let come = run(heap, seed, 120, true);
        (refused, evicted) = (refused + come.0[0], evicted + come.0[2]);
        assert!(come == run(lent, seed, 120, true), "in both families");
    }
    assert!(evicted > 60 && refused > 100, "{evicted} {refused}");
}

#[test]
fn where_memory_is_short_the_rows_stay_consistent() {
    for (seed, rows, bytes, scratch) in [
        (10, 100, 1_000, 8_192),
        (11, 100, 3_000, 8_192),
        (12, 12, 20_000, 8_192),
        (13, 5, 20_000, 8_192),
        (14, 200, 20_000, 40),
        (15, 200, 20_000, 150),
        (16, 200, 20_000, 400),
        (17, 60, 4_000, 300),
        (18, 1, 4_000, 300),
        (19, 200, 20_000, 0),
    ] {
        for settings in [false, true] {
            let mut bench = Bench::lent(rows, bytes);
            bench.scratch.truncate(scratch);
            let ([refused, ..], _) = run(|settings| bench.world(settings), seed, 250, settings);
            assert!(settings || refused > 10, "{rows} {bytes} {scratch} {refused}");
            let mut bench = Bench::heap_of(u32::try_from(rows).unwrap(), bytes);
            bench.scratch.truncate(scratch);
            let ([refused, ..], _) = run(|settings| bench.world(settings), seed, 250, settings);
            assert!(settings || refused > 10, "{rows} {bytes} {scratch} {refused}");
        }
    }
}
