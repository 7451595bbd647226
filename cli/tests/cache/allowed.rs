//! The differences that are meant, each with the reason: a fault of hikari by its number, or a decision by its name.

use std::fmt;

use serde_json::Value;

use crate::parity::members;
use crate::stream::{Stream, text};

/// A stream, and both dumps.
#[derive(Debug)]
pub(crate) struct Case<'d> {
    pub(crate) name: &'d str,
    pub(crate) flags: &'d str,
    pub(crate) ours: &'d Value,
    pub(crate) theirs: &'d Value,
    pub(crate) stream: &'d Stream,
}

impl Case<'_> {
    fn lacks(&self, component: &str) -> bool {
        let names = self.flags.split("--components ").nth(1);
        let names = names.map_or("ALL", |names| names.split(' ').next().unwrap());
        let has = names.split(',').any(|name| name == component || name == "ALL");
        !has || names.split(',').any(|name| name.strip_prefix('-') == Some(component))
    }

    /// Tells whether a member is cached as one of the guild.
    fn is_listed(&self, guild: &str, user: &str) -> bool {
        self.ours["members"][guild][user]["listed"] == true
    }

    /// Returns the message of a dump that an entry is of.
    fn message<'d>(&self, it: &Difference<'_>, dump: &'d Value) -> &'d Value {
        match it.path[..] {
            ["messages", id, ..] => &dump["messages"][id],
            _ => &Value::Null,
        }
    }

    fn has_left(&self, guild: &str, user: &str) -> bool {
        self.stream.members.contains(&(guild.to_owned(), user.to_owned()))
    }

    fn came_empty(&self, guild: &Value, list: &str) -> bool {
        self.stream.empty.contains(&(text(guild), list.to_owned()))
    }
}

/// An entry that differs.
#[derive(Debug)]
pub(crate) struct Difference<'d> {
    pub(crate) path: Vec<&'d str>,
    pub(crate) ours: Option<&'d Value>,
    pub(crate) theirs: Option<&'d Value>,
}

impl<'d> Difference<'d> {
    /// Returns the row that hikari has and the cache has not.
    fn missing(&self) -> Option<&'d Value> {
        self.theirs.filter(|_| self.ours.is_none())
    }

    /// Returns both values of a field.
    fn both(&self) -> Option<(&'d Value, &'d Value)> {
        self.ours.zip(self.theirs)
    }

    fn section(&self) -> &'d str {
        self.path.first().copied().unwrap_or_default()
    }

    fn field(&self) -> &'d str {
        self.path.last().copied().unwrap_or_default()
    }

    /// Returns the guild and the user that name a row.
    fn member(&self) -> (&'d str, &'d str) {
        let part = |at: usize| self.path.get(at).copied().unwrap_or_default();
        (part(1), part(2))
    }
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
        write!(f, "{} is {}, not {}", self.path.join("."), shown(self.ours), shown(self.theirs))
    }
}

/// A reason, and what it allows.
type Allowed = (&'static str, fn(&Case<'_>, &Difference<'_>) -> bool);

/// Entries that may differ; the first reason that fits is taken.
pub(crate) const ALLOWED: &[Allowed] = &[
    ("trap 38: what belongs to a guild goes with it", |case, it| {
        it.missing().is_some_and(|row| case.stream.left.contains(&text(&row["guild_id"])))
    }),
    ("D-ready: a guild that a new session does not list was left", |case, it| {
        let key = if it.section() == "guilds" { "id" } else { "guild_id" };
        it.missing().is_some_and(|row| case.stream.unlisted.contains(&text(&row[key])))
    }),
    ("C-F16: what belongs to a channel goes with it", |case, it| {
        let of_channel = ["invites", "messages", "threads", "voice_states"].contains(&it.section());
        let is_gone = it.missing().is_some_and(|row| {
            of_channel && case.stream.channels.contains(&text(&row["channel_id"]))
        });
        let answered = &case.message(it, case.theirs)["referenced_message_id"];
        let is_of_answered = it.field().starts_with("referenced_") && it.ours == Some(&Value::Null);
        is_gone || is_of_answered && case.ours["messages"].get(text(answered)).is_none()
    }),
    ("C-F16: a presence and a voice state go with their member", |case, it| {
        let (guild, user) = it.member();
        let is_gone = !case.is_listed(guild, user) && case.has_left(guild, user);
        ["presences", "voice_states"].contains(&it.section()) && it.missing().is_some() && is_gone
    }),
    ("C-F16: a role that is deleted is no member's", |case, it| {
        let Some((Value::Array(ours), Value::Array(theirs))) = it.both() else { return false };
        let mut more = theirs.iter().filter(|role| !ours.contains(role));
        let fits = more.all(|role| case.stream.roles.contains(&text(role)));
        it.field() == "roles" && fits && ours.iter().all(|role| theirs.contains(role))
    }),
    ("C-F14: a list that comes empty empties the table", |case, it| {
        let is_empty = |row: &Value| case.came_empty(&row["guild_id"], it.section());
        it.missing().is_some_and(is_empty)
    }),
    ("C-F8: a guild is as it came last, and its members are counted", |case, it| {
        let counted = it.path.get(1).and_then(|guild| case.stream.counts.get(*guild));
        let is_so = match it.field() {
            "joined_at" | "large" => true,
            "member_count" => it.ours.and_then(Value::as_u64) == counted.copied(),
            _ => false,
        };
        it.section() == "guilds" && it.both().is_some() && is_so
    }),
    ("C-F9: of all members only the bot's own, always", |case, it| {
        let of_people = ["members", "users", "voice_states"].contains(&it.section());
        let of_people = of_people || it.field() == "member_nick";
        let is_other = !it.path.contains(&case.stream.me.as_str());
        case.flags.contains("--only-my-member") && of_people && it.theirs.is_some() && is_other
    }),
    ("C-F1, C-F3: a user stays as long as it is referred to", |case, it| {
        let is_user = it.section() == "users" && it.path.len() == 2 && it.theirs.is_none();
        let user = match it.field() {
            "author_username" => text(&case.message(it, case.theirs)["author_id"]),
            "username" if it.section() == "members" => it.member().1.to_owned(),
            _ => return is_user,
        };
        case.theirs["users"].get(user).is_none_or(|user| Some(&user["username"]) == it.ours)
    }),
    ("C-F2, C-F6: a user goes with what referred to it", |_, it| {
        it.section() == "users" && it.path.len() == 2 && it.missing().is_some()
    }),
    ("C-F2, C-F15: a member goes with what referred to it", |_, it| {
        it.section() == "members" && it.missing().is_some_and(|row| row["listed"] == false)
    }),
    ("D-patch: what does not come stays", |_, it| {
        let Some((ours, theirs)) = it.both() else { return false };
        let is_unknown = theirs.is_null() || theirs == "undefined";
        let is_patched = match it.section() {
            "guilds" => ["premium_subscription_count", "widget_enabled"].contains(&it.field()),
            "me" => ["locale", "premium_type"].contains(&it.field()),
            "members" => ["is_deaf", "is_mute", "is_pending"].contains(&it.field()),
            _ => false,
        };
        is_patched && is_unknown && !ours.is_null() && ours != "undefined"
    }),
    ("D-patch: an edit tells of its author's membership too", |case, it| {
        let message = case.message(it, case.ours);
        let (guild, user) = match (it.section(), it.field()) {
            ("members", _) | ("voice_states", "member_nick") => {
                (it.member().0.to_owned(), it.member().1.to_owned())
            }
            ("messages", "member_nick") => {
                (text(&message["guild_id"]), text(&message["author_id"]))
            }
            _ => return false,
        };
        it.both().is_some() && case.stream.editors.contains(&(guild, user))
    }),
    ("D-patch, C-F12: an edit tells all that it carries", |case, it| {
        let id = text(&case.message(it, case.ours)["id"]);
        let is_of_answered = ["content", "edited_timestamp", "embeds", "referenced_content"];
        let requoted = is_of_answered.contains(&it.field()) && case.stream.requoted.contains(&id);
        let emptied = it.ours.is_some_and(|ours| ours.as_array().is_some_and(Vec::is_empty));
        it.section() == "messages" && (requoted || it.field() == "mentions" && emptied)
    }),
    ("D-answer: a message answers an older one, and one that is kept answers none", |case, it| {
        let messages = &case.theirs["messages"];
        let id = it.path.get(1).copied().unwrap_or_default();
        let newer =
            |answered: &str, by: &str| answered.parse::<u64>().ok() > by.parse::<u64>().ok();
        let answers = |row: &Value| text(&row["referenced_message_id"]);
        let lost = it.missing().is_some()
            && members(messages).filter(|(_, row)| answers(row) == id).all(|(by, _)| {
                newer(id, by) || case.ours["messages"][by]["referenced_message_id"].is_null()
            });
        let field = ["referenced_content", "referenced_message_id"].contains(&it.field());
        it.section() == "messages" && (lost || field && newer(&answers(&messages[id]), id))
    }),
    ("D-quoted: a message that is answered tells of users too", |case, it| {
        let user = it.path.get(1).copied().unwrap_or_default();
        it.section() == "users" && it.both().is_some() && case.stream.quoted.contains(user)
    }),
    ("D-reactions: reactions are followed", |_, it| {
        it.section() == "messages" && it.field() == "reactions"
    }),
    ("D-thread-count: the members of a thread are counted", |_, it| {
        it.section() == "threads" && it.field() == "member_count" && it.both().is_some()
    }),
    ("D-thread-member: the bot stays in a thread that changes", |_, it| {
        let is_member = it.theirs.is_some() && it.ours.is_some_and(Value::is_array);
        it.section() == "threads" && it.field() == "own_member" && is_member
    }),
    ("D-presence-emoji: an emoji is shown as each presence tells it", |_, it| {
        let blank = |list: &Value| {
            let mut list = list.clone();
            for one in list.as_array_mut().into_iter().flatten() {
                let id = one["emoji"]["id"].take();
                one["emoji"] = id;
            }
            list
        };
        it.field() == "activities"
            && it.both().is_some_and(|(ours, theirs)| blank(ours) == blank(theirs))
    }),
    ("D-unknown: channels of types to come are kept", |_, it| {
        let is_unknown = |row: &Value| row["type"].as_u64() > Some(16);
        it.section() == "channels" && it.theirs.is_none() && it.ours.is_some_and(is_unknown)
    }),
    ("D-kept: members that others refer to are shown without the component", |case, it| {
        let is_kept = it.ours.is_some_and(|row| row["listed"] == false);
        it.section() == "members" && it.theirs.is_none() && is_kept && case.lacks("MEMBERS")
    }),
    ("D-kept: a member that others refer to follows its updates", |case, it| {
        let is_nick = it.section() == "voice_states" && it.field() == "member_nick";
        is_nick && it.both().is_some() && case.lacks("MEMBERS")
    }),
];

/// Orders that may differ.
pub(crate) const UNORDERED: &[Allowed] = &[
    ("C-F4: an invite that came twice is in the view once", |_, it| {
        it.field().starts_with("invites") && it.theirs.is_some_and(Value::is_object)
    }),
    ("C-F7: a channel without its category is shown before all", |_, it| {
        it.field() == "channels" && it.theirs.is_some_and(Value::is_object)
    }),
    ("D-place: a row that comes again keeps its place", |case, it| {
        let guild = it.path.get(1).copied().unwrap_or_default();
        case.stream.again.contains(guild) || guild.is_empty()
    }),
];
