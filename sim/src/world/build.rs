//! Makes guilds out of nothing but randomness and a few sizes.

use std::collections::{BTreeMap, VecDeque};

use gatewright_core::{ChannelId, GuildId, UserId};

use super::cast::Cast;
use super::model::{
    Channel, Emoji, Guild, Member, Overwrite, Role, Sound, Sticker, Thread, VoiceState,
};
use super::names;

/// How much of everything a guild has.
#[derive(Clone, Copy, Debug)]
pub(super) struct GuildSize {
    members: usize,
    channels: u32,
    roles: u32,
    emojis: usize,
    presences: usize,
    voices: usize,
    threads: usize,
}

impl GuildSize {
    /// A guild of about 1 MB of JSON.
    pub(super) const LARGE: Self = Self {
        members: 1_000,
        channels: 60,
        roles: 80,
        emojis: 100,
        presences: 600,
        voices: 25,
        threads: 8,
    };

    /// A usual guild: with 20 members it is about 28 kB of JSON.
    pub(super) const fn usual(members: usize) -> Self {
        let voices = 1 + members / 40;
        Self {
            members,
            channels: 10,
            roles: 8,
            emojis: 6,
            presences: members * 3 / 5,
            voices,
            threads: members / 100,
        }
    }
}

pub(super) fn guild(cast: &mut Cast, size: GuildSize) -> Guild {
    let id = names::old_id(&mut cast.rng);
    let roles = (0..size.roles).map(|position| role(cast, id, position)).collect::<Vec<_>>();
    let members = members(cast, &roles, size.members);
    let owner = members.get(1).or(members.first()).map_or(UserId(0), |member| member.user);
    let mut guild = empty_guild(cast, id, owner);
    guild.weight = size.members.max(1) as u64;
    guild.roles = roles;
    guild.members = members;
    add_channels(cast, &mut guild, size.channels);
    guild.emojis = (0..size.emojis).map(|_| emoji(cast, &guild.roles)).collect();
    guild.stickers = (0..size.emojis / 10).map(|_| sticker(cast)).collect();
    guild.sounds = (0..size.emojis / 6).map(|_| sound(cast)).collect();
    for _ in 0..size.threads {
        add_thread(cast, &mut guild);
    }
    add_presences(cast, &mut guild, size.presences);
    add_voices(cast, &mut guild, size.presences / 2, size.voices);
    guild
}

fn empty_guild(cast: &mut Cast, id: u64, owner: UserId) -> Guild {
    const FEATURES: &[&str] = &[
        "COMMUNITY",
        "NEWS",
        "ANIMATED_ICON",
        "SOUNDBOARD",
        "AUTO_MODERATION",
        "INVITE_SPLASH",
        "WELCOME_SCREEN_ENABLED",
        "THREE_DAY_THREAD_ARCHIVE",
    ];
    let rng = &mut cast.rng;
    let features = rng.index(FEATURES.len()) + 1;
    Guild {
        id: GuildId(id),
        name: names::display(rng),
        description: names::text(rng, 5, 15),
        icon: names::hash(rng),
        owner,
        joined_at: names::timestamp(rng),
        features: FEATURES.iter().take(features).copied().collect(),
        verification_level: rng.pick(&[0, 1, 2, 3]),
        premium_tier: rng.pick(&[0, 1, 2, 3]),
        premium_subscription_count: rng.pick(&[0, 2, 7, 14, 31]),
        members: Vec::new(),
        channels: Vec::new(),
        threads: Vec::new(),
        roles: Vec::new(),
        emojis: Vec::new(),
        stickers: Vec::new(),
        sounds: Vec::new(),
        presences: BTreeMap::new(),
        voice_states: BTreeMap::new(),
        messages: VecDeque::new(),
        invites: VecDeque::new(),
        weight: 1,
    }
}

/// Makes a role; the one at position 0 is `@everyone`, whose id is the guild's.
pub(super) fn role(cast: &mut Cast, guild: u64, position: u32) -> Role {
    let everyone = position == 0;
    let id = if everyone { guild } else { cast.new_id() };
    let rng = &mut cast.rng;
    let colored = rng.chance(600);
    Role {
        id,
        name: if everyone { "@everyone".to_owned() } else { names::display(rng) },
        color: if colored { u32::try_from(rng.below(1 << 24)).unwrap_or(0) } else { 0 },
        hoist: rng.chance(300),
        icon: rng.chance(30).then(|| rng.hex(32)),
        managed_by: (!everyone && rng.chance(100)).then(|| names::old_id(rng)),
        mentionable: rng.chance(200),
        permissions: rng.below(1 << 47),
        position,
    }
}

/// Takes the bot and then a run of users from a random place on, so that none comes twice.
fn members(cast: &mut Cast, roles: &[Role], count: usize) -> Vec<Member> {
    let others = cast.users.len().saturating_sub(1);
    let start = cast.rng.index(others);
    let count = count.saturating_sub(1).min(others);
    let mut members = vec![member(cast, 0, roles)];
    for step in 0..count {
        members.push(member(cast, 1 + (start + step) % others, roles));
    }
    members
}

/// Makes a member of the user in `slot` with some of `roles`.
pub(super) fn member(cast: &mut Cast, slot: usize, roles: &[Role]) -> Member {
    let user = cast.users.get(slot).map_or(UserId(0), |user| user.id);
    let rng = &mut cast.rng;
    let wanted = rng.pick(&[0_usize, 1, 1, 2, 2, 3, 4, 5, 7]);
    let choice = roles.get(1..).unwrap_or_default();
    let start = rng.index(choice.len());
    Member {
        user,
        slot,
        nick: rng.chance(300).then(|| names::display(rng)),
        roles: choice
            .iter()
            .cycle()
            .skip(start)
            .take(wanted.min(choice.len()))
            .map(|role| role.id)
            .collect(),
        joined_at: names::timestamp(rng),
        premium_since: rng.chance(30).then(|| names::timestamp(rng)),
        avatar: rng.chance(30).then(|| names::hash(rng)),
        flags: rng.pick(&[0, 0, 0, 2, 10]),
    }
}

/// Puts a category before every seven channels; the second channel is always a text channel.
fn add_channels(cast: &mut Cast, guild: &mut Guild, count: u32) {
    let mut category = None;
    for position in 0..count.max(3) {
        let kind = match position % 8 {
            0 => 4,
            _ if position == 1 => 0,
            _ if position == 2 => 2,
            _ => cast.rng.pick(&[0, 0, 0, 0, 2, 2, 5]),
        };
        let made = channel(cast, &guild.roles, kind, position, category.filter(|_| kind != 4));
        if kind == 4 {
            category = Some(made.id);
        }
        guild.channels.push(made);
    }
}

pub(super) fn channel(
    cast: &mut Cast,
    roles: &[Role],
    kind: u8,
    position: u32,
    parent: Option<ChannelId>,
) -> Channel {
    let id = ChannelId(cast.new_id());
    let text = matches!(kind, 0 | 5);
    let last_message_id = text.then(|| cast.new_id());
    let wanted = cast.rng.pick(&[0, 0, 1, 2, 3, 5]);
    let overwrites = overwrites(cast, roles, wanted);
    let rng = &mut cast.rng;
    Channel {
        id,
        kind,
        name: names::handle(rng).replace('.', "-"),
        parent,
        position,
        topic: (text && rng.chance(500)).then(|| names::text(rng, 4, 20)),
        overwrites,
        rate_limit: if text { rng.pick(&[0, 0, 5, 10]) } else { 0 },
        icon_emoji: (text && rng.chance(600)).then(|| rng.pick(names::EMOJI)),
        last_message_id,
        last_pin_timestamp: (text && rng.chance(300)).then(|| names::timestamp(rng)),
        user_limit: if kind == 2 { rng.pick(&[0, 0, 5, 10]) } else { 0 },
        status: None,
    }
}

pub(super) fn overwrites(cast: &mut Cast, roles: &[Role], wanted: usize) -> Vec<Overwrite> {
    let rng = &mut cast.rng;
    let start = rng.index(roles.len());
    let chosen = roles.iter().cycle().skip(start).take(wanted.min(roles.len()));
    chosen
        .map(|role| Overwrite {
            id: role.id,
            allow: rng.pick(&[0, 1_024, 3_072, 68_608]),
            deny: rng.pick(&[0, 1_024, 2_048, 1_049_600]),
        })
        .collect()
}

pub(super) fn emoji(cast: &mut Cast, roles: &[Role]) -> Emoji {
    let id = cast.new_id();
    let rng = &mut cast.rng;
    let locked = rng.chance(50);
    let role = roles.get(rng.index(roles.len())).map(|role| role.id);
    let name = names::handle(rng).replace('.', "_");
    Emoji {
        id,
        name,
        animated: rng.chance(400),
        roles: role.filter(|_| locked).into_iter().collect(),
    }
}

fn sticker(cast: &mut Cast) -> Sticker {
    let id = cast.new_id();
    let rng = &mut cast.rng;
    Sticker {
        id,
        name: names::handle(rng),
        description: names::text(rng, 1, 4),
        format: rng.pick(&[1, 2, 4]),
    }
}

fn sound(cast: &mut Cast) -> Sound {
    let id = cast.new_id();
    let rng = &mut cast.rng;
    Sound {
        id,
        name: names::handle(rng),
        emoji: rng.pick(names::EMOJI),
        volume_percent: rng.pick(&[50, 75, 100]),
    }
}

/// Adds a thread to a text channel and returns it, if there is such a channel.
pub(super) fn add_thread<'g>(cast: &mut Cast, guild: &'g mut Guild) -> Option<&'g Thread> {
    let channels = guild.channels.iter().filter(|channel| channel.is_text());
    let parents = channels.map(|channel| channel.id).collect::<Vec<_>>();
    let parent = *parents.get(cast.rng.index(parents.len()))?;
    let owner = guild.members.get(cast.rng.index(guild.members.len()))?.user;
    let id = cast.new_id();
    let rng = &mut cast.rng;
    let messages = rng.below(50);
    guild.threads.push(Thread {
        id: ChannelId(id),
        parent,
        owner,
        name: names::text(rng, 2, 5).chars().take(90).collect(),
        created_at: names::timestamp_of(id),
        message_count: messages,
        total_message_sent: messages + rng.below(100),
        member_count: rng.range(1, 50),
        last_message_id: Some(id),
    });
    guild.threads.last()
}

fn add_presences(cast: &mut Cast, guild: &mut Guild, count: usize) {
    for member in guild.members.iter().take(count) {
        if let Some(presence) = cast.presence(false) {
            guild.presences.insert(member.user, presence);
        }
    }
}

fn add_voices(cast: &mut Cast, guild: &mut Guild, from: usize, count: usize) {
    let channel =
        guild.channels.iter().find(|channel| channel.is_voice()).map(|channel| channel.id);
    for member in guild.members.iter().skip(from.max(1)).take(count) {
        if let Some(channel) = channel {
            guild.voice_states.insert(member.user, voice_state(cast, member.user, channel));
        }
    }
}

pub(super) fn voice_state(cast: &mut Cast, user: UserId, channel: ChannelId) -> VoiceState {
    let rng = &mut cast.rng;
    VoiceState {
        user,
        channel,
        session_id: rng.hex(32),
        self_mute: rng.chance(400),
        self_deaf: rng.chance(200),
        self_video: rng.chance(100),
    }
}
