//! The rules of the model: what is kept, what fails and what it costs.

use gatewright_core::decode::{Cursor, Decode, Expected, Field};
use gatewright_core::model::{
    Activity, ActivityType, AuditLogOptions, ChannelFlags, ChannelType, Component, ComponentType,
    GuildCreate, GuildMemberUpdate, Interaction, Member, Message, MessageCreate, MessageType,
    OnlineStatus, Payload, Permissions, Presence, PresenceUpdate, Ready, Role, RoleTags, Scalar,
    SoundboardSound, UnixMillis, User, VoiceState,
};
use gatewright_core::{ChannelId, Dispatch, Encoding, EventKind, GuildId, RoleId, ShardId, UserId};

fn json<'e, T: Decode<'e>>(text: &'e str) -> T {
    Cursor::new(Encoding::Json, text.as_bytes()).unwrap().decode().unwrap()
}

fn dispatch<'e>(name: &'e str, d: &'e str) -> Dispatch<'e> {
    Dispatch::new(name, None, Encoding::Json, d.as_bytes()).unwrap()
}

#[test]
fn a_stub_of_a_guild_decodes() {
    let stub = dispatch("GUILD_CREATE", r#"{"id": "5", "unavailable": true}"#);
    let guild: GuildCreate<'_> = stub.decode().unwrap();
    assert_eq!((guild.id, guild.unavailable), (GuildId(5), Some(true)));
    assert!(guild.channels.is_absent() && guild.name.is_none() && guild.icon.is_absent());
}

#[test]
fn ids_are_texts_or_integers() {
    for id in ["80351110224678912", r#""80351110224678912""#] {
        let text = format!(r#"{{"id": {id}}}"#);
        assert_eq!(json::<User<'_>>(&text).id, UserId(80_351_110_224_678_912));
    }
    assert_eq!(json::<SoundboardSound<'_>>(r#"{"sound_id": 1}"#).sound_id.0, 1);
    let activity: Activity<'_> = json(r#"{"application_id": 1}"#);
    assert_eq!(activity.application_id.unwrap().0, 1);
}

#[test]
fn a_patch_tells_absent_from_null() {
    let patch = |rest: &str| {
        let d = format!(r#"{{"guild_id": "1", "user": {{"id": "2"}}{rest}}}"#);
        let update = dispatch("GUILD_MEMBER_UPDATE", &d);
        update.decode::<GuildMemberUpdate<'_>>().unwrap().nick.value().map(|nick| nick.to_string())
    };
    assert_eq!(patch(r#", "nick": "a""#).as_deref(), Some("a"));
    assert_eq!((patch(r#", "nick": null"#), patch("")), (None, None));
    let member: Member<'_> = json(r#"{"nick": null}"#);
    assert!(member.nick.is_null() && member.avatar.is_absent() && member.roles.is_absent());
    let left: VoiceState<'_> = json(r#"{"user_id": "1", "channel_id": null}"#);
    assert_eq!(left.channel_id, Field::Null);
}

#[test]
fn tags_of_a_role_say_yes_by_being_there() {
    let role: Role<'_> = json(r#"{"id": 1, "tags": {"premium_subscriber": null, "bot_id": 7}}"#);
    let tags = role.tags.unwrap();
    assert!(tags.premium_subscriber.0 && !tags.guild_connections.0);
    let tags: RoleTags = json(r#"{"available_for_purchase": true, "guild_connections": false}"#);
    assert!(tags.available_for_purchase.0 && !tags.guild_connections.0);
}

#[test]
fn numbers_texts_and_bits_without_a_name_are_kept() {
    let message: Message<'_> = json(r#"{"id": 1, "channel_id": 2, "type": 63, "flags": 131072}"#);
    assert_eq!(message.kind, Some(MessageType::Unknown(63)));
    assert_eq!(message.kind.unwrap().number(), 63);
    assert_eq!(message.flags.unwrap().bits(), 1 << 17);
    let role: Role<'_> = json(r#"{"id": 1, "permissions": "9223372036854775816"}"#);
    let permissions = role.permissions.unwrap();
    assert!(permissions.contains(Permissions::ADMINISTRATOR));
    assert_eq!(permissions.bits(), (1 << 63) + 8);
    let component: Component<'_> = json(r#"{"type": 99, "id": -1, "something": [{}]}"#);
    assert_eq!(component.kind, ComponentType::Unknown(99));
    let presence: Presence<'_> = json(r#"{"user": {"id": 1}, "status": "napping"}"#);
    assert_eq!(presence.status.unwrap().text(), "napping");
    assert!(ChannelFlags::from_bits_retain(1 << 17).contains(ChannelFlags::CHANNEL_OBFUSCATED));
}

#[test]
fn a_wrong_type_in_an_object_is_an_error_that_tells_where() {
    let d = r#"{"id": "1", "channel_id": "2", "pinned": "no"}"#;
    let error = dispatch("MESSAGE_CREATE", d).decode::<MessageCreate<'_>>().unwrap_err();
    assert_eq!((error.offset(), error.expected()), (41, Expected::Bool));
    assert_eq!(&d[41..45], r#""no""#);
    let error = dispatch("MESSAGE_CREATE", r#"{"id": "1"}"#).payload().unwrap_err();
    assert_eq!(error.field(), Some("channel_id"));
    let error = dispatch("MESSAGE_UPDATE", d).decode::<MessageCreate<'_>>().unwrap_err();
    assert_eq!(error.expected(), Expected::Dispatch);
}

#[test]
fn a_wrong_type_in_a_presence_costs_only_its_field() {
    let d = r#"{"user": {"id": 3, "username": 4, "bot": "no", "avatar": "a"}, "status": 5,
        "client_status": [], "activities": [{"name": 1, "type": "0", "state": "s", "party": {"size": [2]},
        "timestamps": {"start": 1e300, "end": "7"}, "created_at": 1546467291699.0, "emoji": 6}, 7]}"#;
    let presence: PresenceUpdate<'_> = dispatch("PRESENCE_UPDATE", d).decode().unwrap();
    assert_eq!((presence.user.id, presence.user.username), (UserId(3), None));
    assert_eq!(presence.user.avatar.value().unwrap(), "a");
    assert_eq!((presence.status, presence.client_status), (None, None));
    let activities: Vec<_> = presence.activities.iter().collect();
    let activity = activities[0].unwrap();
    assert_eq!((activity.name, activity.kind), (None, Some(ActivityType::Playing)));
    assert_eq!(activity.state.value().unwrap(), "s");
    let times = activity.timestamps.unwrap();
    assert_eq!((times.start, times.end), (None, Some(UnixMillis(7))));
    assert_eq!(activity.created_at, Some(UnixMillis(1_546_467_291_699)));
    assert_eq!((activity.party.unwrap().size, activity.emoji), (None, Field::Absent));
    assert!(activities[1].is_err());
}

#[test]
fn an_element_that_does_not_decode_costs_only_itself() {
    let d = r#"{"id": 1, "roles": [{"id": 2}, {"id": "x"}, {"name": "y"}, {"id": 3}]}"#;
    let guild: GuildCreate<'_> = dispatch("GUILD_CREATE", d).decode().unwrap();
    let ids: Vec<_> = guild.roles.iter().map(|role| role.ok().map(|role| role.id)).collect();
    assert_eq!(ids, [Some(RoleId(2)), None, None, Some(RoleId(3))]);
}

#[test]
fn values_come_as_one_type_or_another() {
    let message = r#"{"id": 1, "channel_id": 2, "nonce": "41771983423143937"}"#;
    let text = json::<Message<'_>>(message).nonce.unwrap();
    let integer: Scalar<'_> = json("41771983423143937");
    assert_eq!((text, text.id()), (integer, integer.id()));
    assert!(json::<Scalar<'_>>(r#""+1""#) != json::<Scalar<'_>>("1"));
    assert_eq!(json::<Scalar<'_>>("true").bool(), Some(true));
    assert_eq!(json::<Scalar<'_>>("-2.75").number().unwrap().as_f64(), Some(-2.75));
    let options: AuditLogOptions<'_> = json(r#"{"count": "13", "type": "1"}"#);
    assert_eq!((options.count, options.kind.unwrap().number()), (Some(13), 1));
}

#[test]
fn secrets_are_revealed_on_demand() {
    let d = r#"{"user": {"id": 1}, "session_id": "abc", "shard": [3, 16]}"#;
    let ready: Ready<'_> = dispatch("READY", d).decode().unwrap();
    assert_eq!(ready.shard, Some(ShardId::new(3, 16)));
    assert_eq!(ready.session_id.unwrap().reveal(), "abc");
    assert_eq!(format!("{:?}", ready.session_id), "Some(<session id>)");
    let interaction: Interaction<'_> = json(r#"{"id": 1, "token": "abc"}"#);
    assert_eq!(format!("{:?}", interaction.token), "Some(<token>)");
}

#[test]
fn a_dispatch_without_a_type_stays_undecoded() {
    let payload = dispatch("PRESENCES_REPLACE", "[1]").payload().unwrap();
    let Payload::Unknown(raw) = payload else { panic!("{payload:?}") };
    assert_eq!((raw.bytes(), payload.kind()), (&b"[1]"[..], EventKind::Unknown));
}

#[test]
fn ids_are_found_without_decoding_the_rest() {
    let ids = |name, d| {
        let dispatch = dispatch(name, d);
        let ids = (dispatch.guild_id(), dispatch.channel_id(), dispatch.user_id());
        (ids.0.map(|id| id.0), ids.1.map(|id| id.0), ids.2.map(|id| id.0))
    };
    let message = r#"{"x": {"guild_id": 9}, "guild_id": "1", "channel_id": 2, "author": {"id": "3"}, "id": 4}"#;
    assert_eq!(ids("MESSAGE_CREATE", message), (Some(1), Some(2), Some(3)));
    assert_eq!(ids("GUILD_DELETE", r#"{"id": "1", "unavailable": 5}"#), (Some(1), None, None));
    assert_eq!(ids("CHANNEL_UPDATE", r#"{"id": 1, "guild_id": 2}"#), (Some(2), Some(1), None));
    assert_eq!(ids("THREAD_MEMBERS_UPDATE", r#"{"id": 1}"#), (None, Some(1), None));
    let interaction = r#"{"member": {"user": {"id": 7}}, "channel": {"id": 3}, "guild_id": null}"#;
    assert_eq!(ids("INTERACTION_CREATE", interaction), (None, None, Some(7)));
    assert_eq!(ids("USER_UPDATE", r#"{"id": 7}"#), (None, None, Some(7)));
    let sound = r#"{"sound_id": 1, "user": {"id": 2}, "guild_id": 3}"#;
    assert_eq!(ids("GUILD_SOUNDBOARD_SOUND_UPDATE", sound), (Some(3), None, None));
    assert_eq!(ids("MESSAGE_DELETE", "[]"), (None, None, None));
    assert_eq!(ids("VOICE_STATE_UPDATE", r#"{"user_id": 1, "user_id": 2}"#), (None, None, Some(2)));
    assert_eq!(dispatch("TYPING_START", r#"{"channel_id": 1"#).channel_id(), None::<ChannelId>);
}

#[test]
fn the_last_member_is_the_guild_of_the_event_only_where_it_is_one() {
    for (d, id) in [
        (r#"{"x":1,"guild_id":"12"}"#, Some(12)),
        (r#"{"guild_id":"12"}"#, Some(12)),
        (r#"{"guild_id":"1","guild_id":"12"}"#, Some(12)),
        (r#"{"guild_id":"0012"}"#, Some(12)),
        (r#"{"guild_id":""}"#, None),
        (r#"{"guild_id":"99999999999999999999"}"#, None),
        (r#"{"x":{"guild_id":"12"}}"#, None),
        (r#"{"x":",\"guild_id\":\"12"}"#, None),
        (r#"{",\"guild_id":"12"}"#, None),
        (r#"{"my_guild_id":"12"}"#, None),
        (r#"{"guild_id":"1","x":"12"}"#, Some(1)),
    ] {
        let found = dispatch("MESSAGE_DELETE", d).guild_id();
        assert_eq!(found.map(|guild| guild.0), id, "{d}");
    }
    assert_eq!(
        dispatch("GUILD_DELETE", r#"{"id":"1","guild_id":"12"}"#).guild_id(),
        Some(GuildId(1))
    );
}

#[test]
fn types_stay_small_enough_for_a_stack() {
    let sizes = [
        ("User", size_of::<User<'_>>(), 512),
        ("Member", size_of::<Member<'_>>(), 1024),
        ("Channel", size_of::<gatewright_core::model::Channel<'_>>(), 1024),
        ("Component", size_of::<Component<'_>>(), 1024),
        ("Message", size_of::<Message<'_>>(), 1536),
        ("GuildCreate", size_of::<GuildCreate<'_>>(), 1536),
        ("Interaction", size_of::<Interaction<'_>>(), 2048),
        ("Payload", size_of::<Payload<'_>>(), 2048),
    ];
    for (name, size, limit) in sizes {
        println!("{name}: {size}");
        assert!(size <= limit, "{name}: {size} > {limit}");
    }
}

#[test]
fn a_status_is_read_by_its_name() {
    assert_eq!(json::<OnlineStatus<'_>>(r#""dnd""#), OnlineStatus::DoNotDisturb);
    assert_eq!(json::<ChannelType>("15"), ChannelType::GuildForum);
}
