//! The differences that are meant, each with the reason: a fault of hikari by its number, or a decision by its name.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::parity::members;
use crate::plain::{Gone, Plain, Row, text};

/// A stream, and both dumps.
#[derive(Debug)]
pub(crate) struct Case<'d> {
    pub(crate) name: &'d str,
    /// How the stream was made.
    pub(crate) made: &'d str,
    pub(crate) flags: &'d str,
    pub(crate) ours: &'d Value,
    pub(crate) theirs: &'d Value,
    /// What the payloads say.
    pub(crate) plain: &'d Plain,
}

impl Case<'_> {
    /// Tells whether the stream leaves out what makes hikari count users wrongly.
    fn counts_exactly(&self) -> bool {
        self.made.contains("--plain") && !self.made.contains("--calls")
    }

    /// Tells why the row of an entry that only hikari has is gone.
    fn gone(&self, it: &Difference<'_>) -> Option<Gone> {
        let row = it.missing()?;
        match it.path[..] {
            ["members", guild, user] => self.plain.why("members", guild, user),
            ["presences", guild, user] => self.plain.why("presences", guild, user),
            ["voice_states", guild, user] => self.plain.why("voice_states", guild, user),
            ["guilds", id] => self.plain.why("guilds", "", id),
            [section, id] => self.plain.why(section, &text(&row["guild_id"]), id),
            _ => None,
        }
    }

    /// Returns the message of a dump that an entry is of.
    fn message<'d>(&self, it: &Difference<'_>, dump: &'d Value) -> &'d Value {
        match it.path[..] {
            ["messages", id, ..] => &dump["messages"][id],
            _ => &Value::Null,
        }
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

    /// Tells whether two lists have in one order what is in both, of those among them that matter and, of theirs, stand
    /// before a place.
    fn agrees_on(&self, end: usize, matters: impl Fn(&str) -> bool) -> bool {
        let ids = |list: Option<&'d Value>| list.and_then(Value::as_array).into_iter().flatten();
        let some = |id: &&Value| matters(id.as_str().unwrap());
        let ours: Vec<_> = ids(self.ours).filter(some).collect();
        let theirs: Vec<_> = ids(self.theirs).take(end).filter(some).collect();
        let both = |list: &[&'d Value], other: &[&'d Value]| {
            list.iter().copied().filter(|id| other.contains(id)).collect::<Vec<_>>()
        };
        both(&ours, &theirs) == both(&theirs, &ours)
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
    ("trap 38: what belongs to a guild goes with it", |case, it| case.gone(it) == Some(Gone::Left)),
    ("D-ready: a guild that a new session does not list was left", |case, it| {
        case.gone(it) == Some(Gone::Unlisted)
    }),
    ("D-ready: a guild that a new session lists is unavailable until it comes", |case, it| {
        let is_listed = it.section() == "guilds" && it.field() == "available";
        let id = it.path.get(1).copied().unwrap_or_default();
        is_listed && it.both().is_some() && case.plain.unavailable.contains(id)
    }),
    ("C-F16: what belongs to a channel goes with it", |case, it| {
        let answered = text(&case.message(it, case.theirs)["referenced_message_id"]);
        let is_of_answered = it.field().starts_with("referenced_") && it.ours == Some(&Value::Null);
        // Nobody is told of by an edit of a message that is gone.
        let user = it.path.get(1).copied().unwrap_or_default();
        let is_unheard = it.section() == "users" && it.both().is_some();
        case.gone(it) == Some(Gone::Channel)
            || is_unheard && case.plain.unheard.contains(user)
            || is_of_answered && case.plain.table("messages").any("", &answered).is_none()
    }),
    ("C-F16: a presence and a voice state go with their member", |case, it| {
        case.gone(it) == Some(Gone::Member)
    }),
    ("C-F14: a list that comes empty empties the table", |case, it| {
        case.gone(it) == Some(Gone::Emptied)
    }),
    ("C-F8: a guild is as it came last, and its members are counted", |_, it| {
        let is_frozen = ["joined_at", "large", "member_count"].contains(&it.field());
        it.section() == "guilds" && it.both().is_some() && is_frozen
    }),
    ("C-F9: of all members only the bot's own, always", |case, it| {
        let of_people = ["members", "users"].contains(&it.section());
        let of_people = of_people || ["author_username", "member_nick"].contains(&it.field());
        let is_other = !it.path.contains(&case.plain.my_id.as_str());
        case.flags.contains("--only-my-member") && of_people && it.theirs.is_some() && is_other
    }),
    ("C-F1, C-F3: a user stays as long as it is referred to", |case, it| {
        let (user, is_lost) = match (it.section(), it.field()) {
            ("users", _) => (it.path[1].to_owned(), it.path.len() == 2 && it.theirs.is_none()),
            // Hikari shows who wrote a message as it was when it lost the user.
            (_, "author_username") => (text(&case.message(it, case.ours)["author_id"]), true),
            ("members", "username") => (it.member().1.to_owned(), true),
            // It loses one for a moment too, when a guild comes again, and with each user the DM channel.
            ("dm_channel_ids", _) => return it.theirs.is_none() && !case.counts_exactly(),
            _ => return false,
        };
        let is_author = |row: &Value| row["author_id"] == *user;
        // All that it can lose where messages neither go nor are edited, is who wrote one.
        let is_so = !case.counts_exactly()
            || members(&case.ours["messages"]).any(|(_, row)| is_author(row));
        is_lost
            && is_so
            && case.theirs["users"].get(&user).is_none_or(|user| Some(&user["username"]) == it.ours)
    }),
    ("C-F16: what went made room, so that older messages stay", |case, it| {
        let (rows, theirs) =
            (&case.plain.table("messages").rows, &case.theirs["order"]["messages"]);
        let place = |id: &Value| rows.iter().position(|row| *id == *row.key);
        let oldest = theirs.as_array().unwrap().iter().find_map(place);
        let is_older = |id: &str| place(&id.into()) < oldest.or(Some(rows.len()));
        let is_full = theirs.as_array().unwrap().len() >= case.plain.most_messages();
        let is_lost = match it.path[..] {
            ["messages", id] => is_older(id),
            ["members", guild, user] => rows.iter().filter(|row| is_older(&row.key)).any(|row| {
                // Who wrote it, or the one it answers.
                let answered = text(row.get("referenced_message"));
                let answered = case.plain.table("messages").any("", &answered);
                let wrote = |row: &Row| row.guild == guild && *row.get("author") == *user;
                wrote(row) || answered.is_some_and(wrote)
            }),
            _ => false,
        };
        // It answers one that hikari made room of.
        let answered = text(&case.message(it, case.ours)["referenced_message_id"]);
        let answers = it.field().starts_with("referenced_")
            && it.theirs == Some(&Value::Null)
            && is_older(&answered);
        is_full && (it.theirs.is_none() && is_lost || answers)
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
        it.both().is_some() && case.plain.edited.contains(&(guild, user))
    }),
    ("D-patch: who leaves a voice channel is told of too", |case, it| {
        let (guild, user) = it.member();
        let who = (guild.to_owned(), user.to_owned());
        it.section() == "members" && it.both().is_some() && case.plain.hung_up.contains(&who)
    }),
    ("D-patch: an edit tells of the message that is answered too", |case, it| {
        let fields =
            ["content", "edited_timestamp", "embeds", "mentions", "pinned", "referenced_content"];
        let id = match it.field() {
            "referenced_content" => text(&case.message(it, case.ours)["referenced_message_id"]),
            _ => text(&case.message(it, case.ours)["id"]),
        };
        fields.contains(&it.field()) && case.plain.requoted.contains(&id)
    }),
    ("C-F12: what an edit empties is empty", |case, it| {
        let id = text(&case.message(it, case.ours)["id"]);
        it.section() == "messages" && case.plain.emptied.contains(&(id, it.field().to_owned()))
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
        let user = match (it.section(), it.field()) {
            ("users", _) => it.path[1].to_owned(),
            ("messages", "author_username") => text(&case.message(it, case.ours)["author_id"]),
            ("members", "username") => it.member().1.to_owned(),
            _ => return false,
        };
        it.both().is_some() && case.plain.quoted.contains(&user)
    }),
    ("D-reactions: reactions are followed", |case, it| {
        let id = it.path.get(1).copied().unwrap_or_default();
        it.section() == "messages" && it.field() == "reactions" && case.plain.reacted.contains(id)
    }),
    ("D-thread-count: the members of a thread are counted", |case, it| {
        let id = it.path.get(1).copied().unwrap_or_default();
        let is_count = it.section() == "threads" && it.field() == "member_count";
        is_count && it.both().is_some() && case.plain.joined.contains(id)
    }),
    ("D-thread-member: the bot stays in a thread that changes", |case, it| {
        let id = it.path.get(1).copied().unwrap_or_default();
        let is_member = it.section() == "threads" && it.field() == "own_member";
        is_member && it.both().is_some() && case.plain.joined.contains(id)
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
        it.section() == "members" && it.theirs.is_none() && is_kept && !case.plain.keeps("members")
    }),
    ("D-kept: a member that others refer to follows its updates", |case, it| {
        let user = match (it.section(), it.field()) {
            ("users", _) => it.path[1].to_owned(),
            ("messages", "author_username" | "member_nick") => {
                text(&case.message(it, case.ours)["author_id"])
            }
            ("voice_states", "member_nick") => it.member().1.to_owned(),
            _ => return false,
        };
        it.both().is_some() && case.plain.updated.contains(&user) && !case.plain.keeps("members")
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
    ("D-place: a member that was kept for others is the last when it comes", |case, it| {
        let guild = it.path.get(1).copied().unwrap_or_default();
        let is_other = |id: &str| !case.plain.placed.contains(&(guild.to_owned(), id.to_owned()));
        it.field() == "members" && it.agrees_on(usize::MAX, is_other)
    }),
    ("D-ready: a guild that a new session did not list is the last when it comes", |case, it| {
        it.field() == "guilds" && it.agrees_on(usize::MAX, |id| !case.plain.unlisted.contains(id))
    }),
    ("C-F14, C-F16: what hikari kept is the last when it comes again", |case, it| {
        let guild = it.path.get(1).copied().unwrap_or_default();
        let is_other = |id: &str| !case.plain.cleared.contains(&(guild.to_owned(), id.to_owned()));
        it.path[0] == "index" && it.agrees_on(usize::MAX, is_other)
    }),
    ("C-F16: what went made room, so that older messages are not the last", |case, it| {
        // Those that hikari keeps for others, which answer them, stand behind all others.
        let rows = &case.theirs["messages"];
        let answered: BTreeSet<_> =
            members(rows).map(|(_, row)| text(&row["referenced_message_id"])).collect();
        let order = it.theirs.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let own = order.iter().rposition(|id| !answered.contains(&text(id)));
        let is_full = order.len() >= case.plain.most_messages();
        it.field() == "messages" && is_full && it.agrees_on(own.map_or(0, |at| at + 1), |_| true)
    }),
];
