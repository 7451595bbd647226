use std::collections::BTreeMap;

use serde_json::Value;

use super::*;

fn small() -> World {
    World::new(11, WorldSize { guilds: 40, members: 20, large_guilds: 0 })
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn steady_events_have_the_size_and_mix_of_real_traffic() {
    let mut world = World::new(3, WorldSize { guilds: 20, members: 20, large_guilds: 4 });
    let mut kinds = BTreeMap::<&str, u64>::new();
    let mut bytes = 0;
    let count = 20_000;
    for seq in 0..count {
        let event = world.next_event().unwrap();
        assert!(parse(&event.d).is_object(), "{} is not JSON: {}", event.kind, event.d);
        bytes += envelope(event.kind, seq, &event.d).len() as u64;
        *kinds.entry(event.kind).or_default() += 1;
    }
    let mean = bytes / count;
    assert!((741..=1_003).contains(&mean), "mean size is {mean}");
    let share = |kind| kinds.get(kind).copied().unwrap_or(0) as f64 * 100.0 / count as f64;
    for (kind, expected) in
        [("PRESENCE_UPDATE", 45.6), ("MESSAGE_CREATE", 15.2), ("TYPING_START", 10.4)]
    {
        assert!((share(kind) - expected).abs() < 1.5, "{kind} has {} %", share(kind));
    }
    assert!((share("GUILD_APPLICATION_COMMAND_INDEX_UPDATE") - 0.5).abs() < 0.25);
    assert!(kinds.len() > 30, "only {kinds:?}");
}

#[test]
fn guilds_have_the_size_of_real_ones() {
    let world = World::new(5, WorldSize { guilds: 10, members: 20, large_guilds: 1 });
    let sizes = world.guilds().iter().map(|guild| world.guild_create(guild.id).unwrap().len());
    let sizes = sizes.collect::<Vec<_>>();
    assert!((900_000..1_150_000).contains(&sizes[0]), "large: {}", sizes[0]);
    let mean = sizes[1..].iter().sum::<usize>() / 10;
    assert!((22_000..34_000).contains(&mean), "small: {mean}");
}

#[test]
fn the_same_seed_makes_the_same_world() {
    let (mut one, mut two) = (small(), small());
    for _ in 0..500 {
        assert_eq!(one.next_event(), two.next_event());
    }
    assert_eq!(one.guilds(), two.guilds());
    let mut other = World::new(12, WorldSize { guilds: 40, members: 20, large_guilds: 0 });
    assert_ne!(other.next_event(), small().next_event());
}

/// A cache of the crudest kind: raw JSON by id, kept with what the events say.
#[derive(Default)]
struct Mirror {
    members: BTreeMap<String, Value>,
    presences: BTreeMap<String, String>,
    voices: BTreeMap<String, String>,
    channels: BTreeMap<String, Value>,
    threads: BTreeMap<String, Value>,
    roles: BTreeMap<String, Value>,
    emojis: Vec<Value>,
    messages: BTreeMap<String, String>,
}

fn id_of(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}")).to_owned()
}

impl Mirror {
    fn load(create: &Value) -> Self {
        let mut mirror = Self::default();
        let items = |key: &str| create[key].as_array().unwrap().clone();
        for member in items("members") {
            mirror.members.insert(id_of(&member["user"], "id"), member);
        }
        for presence in items("presences") {
            mirror.presences.insert(id_of(&presence["user"], "id"), id_of(&presence, "status"));
        }
        for state in items("voice_states") {
            mirror.voices.insert(id_of(&state, "user_id"), id_of(&state, "channel_id"));
        }
        for (key, table) in [
            ("channels", &mut mirror.channels),
            ("threads", &mut mirror.threads),
            ("roles", &mut mirror.roles),
        ] {
            table.extend(items(key).into_iter().map(|item| (id_of(&item, "id"), item)));
        }
        mirror.emojis = items("emojis");
        mirror
    }

    fn apply(&mut self, kind: &str, d: &Value) {
        match kind {
            "PRESENCE_UPDATE" => {
                let user = id_of(&d["user"], "id");
                self.presences.insert(user.clone(), id_of(d, "status"));
                self.presences.retain(|_, status| status != "offline");
            }
            "GUILD_MEMBER_ADD" | "GUILD_MEMBER_UPDATE" => {
                self.members.insert(id_of(&d["user"], "id"), d.clone());
            }
            "GUILD_MEMBER_REMOVE" => {
                let user = id_of(&d["user"], "id");
                assert!(self.members.remove(&user).is_some());
                self.presences.remove(&user);
                self.voices.remove(&user);
            }
            "VOICE_STATE_UPDATE" => {
                let user = id_of(d, "user_id");
                match d["channel_id"].as_str() {
                    Some(channel) => self.voices.insert(user, channel.to_owned()),
                    None => self.voices.remove(&user),
                };
            }
            "MESSAGE_CREATE" | "MESSAGE_UPDATE" => {
                self.messages.insert(id_of(d, "id"), id_of(d, "content"));
            }
            "MESSAGE_DELETE" => assert!(self.messages.remove(&id_of(d, "id")).is_some()),
            "MESSAGE_DELETE_BULK" => {
                for id in d["ids"].as_array().unwrap() {
                    assert!(self.messages.remove(id.as_str().unwrap()).is_some());
                }
            }
            _ => self.apply_structure(kind, d),
        }
    }

    fn apply_structure(&mut self, kind: &str, d: &Value) {
        match kind {
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" => {
                self.channels.insert(id_of(d, "id"), d.clone());
            }
            "CHANNEL_DELETE" => assert!(self.channels.remove(&id_of(d, "id")).is_some()),
            "THREAD_CREATE" | "THREAD_UPDATE" => {
                self.threads.insert(id_of(d, "id"), d.clone());
            }
            "THREAD_DELETE" => assert!(self.threads.remove(&id_of(d, "id")).is_some()),
            "THREAD_LIST_SYNC" => {
                let listed =
                    d["threads"].as_array().unwrap().iter().map(|thread| id_of(thread, "id"));
                assert!(listed.into_iter().all(|id| self.threads.contains_key(&id)));
            }
            "GUILD_ROLE_CREATE" | "GUILD_ROLE_UPDATE" => {
                self.roles.insert(id_of(&d["role"], "id"), d["role"].clone());
            }
            "GUILD_ROLE_DELETE" => assert!(self.roles.remove(&id_of(d, "role_id")).is_some()),
            "GUILD_EMOJIS_UPDATE" => self.emojis = d["emojis"].as_array().unwrap().clone(),
            _ => {}
        }
    }
}

#[test]
fn what_the_events_tell_adds_up_to_the_truth() {
    let mut world = World::new(21, WorldSize { guilds: 1, members: 60, large_guilds: 0 });
    let id = world.guilds()[0].id;
    let mut mirror = Mirror::load(&parse(&world.guild_create(id).unwrap()));
    for _ in 0..20_000 {
        let event = world.next_event_in(id).unwrap();
        mirror.apply(event.kind, &parse(&event.d));
    }
    let guild = world.guild(id).unwrap();
    compare_people(&mirror, guild);
    compare_structure(&mirror, guild);
}

fn compare_people(mirror: &Mirror, guild: &Guild) {
    assert_eq!(mirror.members.len(), guild.member_count());
    for member in &guild.members {
        let seen = &mirror.members[&member.user.to_string()];
        assert_eq!(seen["nick"].as_str(), member.nick.as_deref());
    }
    let presences =
        guild.presences.iter().map(|(user, shown)| (user.to_string(), shown.status.to_owned()));
    assert_eq!(mirror.presences, presences.collect());
    let voices = guild
        .voice_states
        .iter()
        .map(|(user, state)| (user.to_string(), state.channel.to_string()));
    assert_eq!(mirror.voices, voices.collect());
}

fn compare_structure(mirror: &Mirror, guild: &Guild) {
    assert!(
        mirror.channels.keys().eq(sorted(guild.channels.iter().map(|channel| channel.id.0)).iter())
    );
    assert!(
        mirror.threads.keys().eq(sorted(guild.threads.iter().map(|thread| thread.id.0)).iter())
    );
    for thread in &guild.threads {
        assert_eq!(mirror.threads[&thread.id.to_string()]["parent_id"], thread.parent.to_string());
    }
    assert!(mirror.roles.keys().eq(sorted(guild.roles.iter().map(|role| role.id)).iter()));
    for role in &guild.roles {
        let seen = &mirror.roles[&role.id.to_string()];
        assert_eq!(seen["permissions"], role.permissions.to_string());
    }
    let known = |id: &u64| guild.roles.iter().any(|role| role.id == *id);
    assert!(guild.members.iter().all(|member| member.roles.iter().all(known)));
    let overwrites = guild.channels.iter().flat_map(|channel| &channel.overwrites);
    assert!(overwrites.into_iter().all(|overwrite| known(&overwrite.id)));
    assert_eq!(mirror.emojis.len(), guild.emojis.len());
    let places = mirror.channels.keys().chain(mirror.threads.keys()).collect::<Vec<_>>();
    for message in &guild.messages {
        assert!(places.contains(&&message.channel.to_string()), "a message outside any channel");
        assert_eq!(mirror.messages[&message.id.to_string()], message.content);
    }
}

fn sorted(ids: impl Iterator<Item = u64>) -> Vec<String> {
    let mut ids = ids.map(|id| id.to_string()).collect::<Vec<_>>();
    ids.sort();
    ids
}

#[test]
fn without_the_content_intent_messages_are_empty() {
    let mut world = small();
    let message = std::iter::from_fn(|| world.next_event())
        .find(|event| event.kind == "MESSAGE_CREATE")
        .unwrap();
    let whole = message.seen_with(Intents::DOCUMENTED).unwrap();
    assert_ne!(parse(&whole)["content"], "");
    let blanked = message.seen_with(Intents::GUILD_MESSAGES).unwrap();
    let blanked = parse(&blanked);
    assert_eq!(blanked["content"], "");
    assert_eq!(blanked["embeds"], Value::Array(Vec::new()));
    assert_eq!(blanked["id"], parse(&whole)["id"]);
    assert_eq!(message.seen_with(Intents::GUILDS), None);
}

#[test]
fn without_the_presences_intent_a_guild_lists_the_bot_and_those_in_voice() {
    let world = World::new(2, WorldSize { guilds: 1, members: 100, large_guilds: 0 });
    let guild = &world.guilds()[0];
    let create = parse(&world.guild_create_for(guild.id, Intents::GUILDS, 50).unwrap());
    assert_eq!(create["members"].as_array().unwrap().len(), 1 + guild.voice_states.len());
    assert_eq!(create["presences"].as_array().unwrap().len(), 0);
    assert_eq!(create["large"], true);
    assert_eq!(create["member_count"], 100);
}

#[test]
fn the_bot_stays_a_member_for_ever() {
    let mut world = World::new(4, WorldSize { guilds: 1, members: 6, large_guilds: 0 });
    for _ in 0..5_000 {
        world.next_event();
    }
    let guild = &world.guilds()[0];
    assert_eq!(guild.members[0].user, world.own_id());
    assert!(guild.member(guild.owner).is_some());
}

#[test]
fn a_world_without_guilds_has_no_events() {
    let mut world = World::new(1, WorldSize { guilds: 0, members: 0, large_guilds: 0 });
    assert_eq!(world.next_event(), None);
}
