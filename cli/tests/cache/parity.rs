//! The dump beside that of hikari, another library, if `GATEWRIGHT_CACHE_STREAMS` names folders of both.
//!
//! A folder has `index.tsv`: for each stream its name, how it was made, the flags, and how often hikari failed. Beside
//! it are `NAME.ndjson`, the stream, and `NAME.expected.json`, the dump. `tests/parity/run.sh` makes one anew.
//!
//! Where the dumps differ, a reason has to fit that entry, and ours has to be what the payloads of the stream say:
//! `plain.rs` goes through them by the rules of `core/CACHE.md`, and knows nothing of the cache.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::allowed::{ALLOWED, Case, Difference, UNORDERED};
use crate::plain::{Plain, Row, list, text};
use crate::told;

/// Sections of rows by their ids.
const ROWS: [&str; 10] = [
    "guilds",
    "channels",
    "threads",
    "roles",
    "emojis",
    "stickers",
    "users",
    "invites",
    "messages",
    "dm_channel_ids",
];
/// Sections of rows by guild and user.
const NESTED: [&str; 3] = ["members", "presences", "voice_states"];
/// The tables that hold users and are in no dump.
const UNSEEN: &str = ",-SCHEDULED_EVENTS,-SOUNDS,-STAGES";

/// How often each reason was used, and what had none.
#[derive(Debug, Default)]
struct Verdict {
    uses: BTreeMap<&'static str, u32>,
    failures: Vec<String>,
}

#[test]
fn the_cache_differs_from_that_of_hikari_only_where_it_is_meant_to() {
    let Some(folders) = env::var_os("GATEWRIGHT_CACHE_STREAMS") else {
        eprintln!("skipped: GATEWRIGHT_CACHE_STREAMS names no folder");
        return;
    };
    let mut verdict = Verdict::default();
    for folder in env::split_paths(&folders) {
        for line in fs::read_to_string(folder.join("index.tsv")).unwrap().lines() {
            let columns: Vec<_> = line.split('\t').collect();
            let [name, made, flags, _] = columns[..] else { panic!("{line}") };
            verdict.judge(&folder, name, made, flags);
        }
    }
    for (reason, _) in ALLOWED.iter().chain(UNORDERED) {
        let uses = verdict.uses.get(reason).copied().unwrap_or(0);
        println!("{uses:>5} {reason}");
    }
    assert!(verdict.failures.is_empty(), "{}", verdict.failures.join("\n"));
}

impl Verdict {
    fn judge(&mut self, folder: &Path, name: &str, made: &str, flags: &str) {
        let file = folder.join(name).with_extension("ndjson");
        let stream = fs::read_to_string(&file).unwrap();
        let expected = fs::read_to_string(file.with_extension("expected.json")).unwrap();
        let ours: Value = serde_json::from_str(&crate::dump(&file, &seen(flags))).unwrap();
        let theirs: Value = serde_json::from_str(&expected).unwrap();
        let plain = Plain::read(&stream, flags);
        let case = Case { name, made, flags, ours: &ours, theirs: &theirs, plain: &plain };
        self.check(&case);
        compare(&mut vec!["me"], Some(&ours["me"]), Some(&theirs["me"]), &mut |it| {
            self.hear(&case, it)
        });
        for section in ROWS.iter().chain(&NESTED) {
            let (ours, theirs) = (Some(&ours[section]), Some(&theirs[section]));
            compare(&mut vec![section], ours, theirs, &mut |it| self.hear(&case, it));
        }
        self.compare_orders(&case);
    }

    fn hear(&mut self, case: &Case<'_>, difference: &Difference<'_>) {
        let found = ALLOWED.iter().find(|(_, allows)| allows(case, difference));
        match found {
            Some((reason, _)) => *self.uses.entry(reason).or_default() += 1,
            None => self.failures.push(format!("{}: {difference}", case.name)),
        }
        // Which rows there are, `check` sees to.
        if let (Some(_), Some(_)) = (difference.ours, difference.theirs)
            && told::field(case.plain, &difference.path).is_none()
        {
            self.failures.push(format!("{}: {difference}, and nothing says which", case.name));
        }
    }

    fn expect(&mut self, case: &Case<'_>, is_so: bool, what: impl FnOnce() -> String) {
        if !is_so {
            self.failures.push(format!("{}: {}", case.name, what()));
        }
    }

    /// Checks a dump without that of hikari: it is what the payloads say, users are those that something refers to,
    /// and views hold what the sections do.
    fn check(&mut self, case: &Case<'_>) {
        let users: BTreeSet<_> = members(&case.ours["users"]).map(|(id, _)| id.clone()).collect();
        let wanted = referred(case.ours);
        self.expect(case, users == wanted, || {
            format!("users {:?}", users.symmetric_difference(&wanted).collect::<Vec<_>>())
        });
        for (section, count) in members(&case.ours["counts"]) {
            let rows = members(&case.ours[section]);
            let len = match NESTED.contains(&section.as_str()) {
                true => rows.map(|(_, users)| users.as_object().unwrap().len()).sum(),
                false => rows.count(),
            };
            self.expect(case, *count == len, || format!("{count} {section}, {len} in the section"));
        }
        self.check_rows(case);
        self.check_fields(case);
        self.check_orders(case);
    }

    /// Checks that there are those rows that the payloads say there are.
    fn check_rows(&mut self, case: &Case<'_>) {
        for section in ROWS {
            let ours: BTreeSet<_> = members(&case.ours[section]).map(|(id, _)| id).collect();
            let table = case.plain.table(section);
            let wanted = table.rows.iter().chain(&table.kept).map(|row| &row.key).collect();
            self.expect(case, ours == wanted, || {
                let of = |set: &BTreeSet<&String>, other| {
                    set.difference(other).copied().cloned().collect::<Vec<_>>()
                };
                format!("{section} has {:?}, lacks {:?}", of(&ours, &wanted), of(&wanted, &ours))
            });
        }
        for section in NESTED {
            let of_guild = |(guild, users)| members(users).map(move |(user, _)| (guild, user));
            let ours: BTreeSet<_> = members(&case.ours[section]).flat_map(of_guild).collect();
            let table = case.plain.table(section);
            let wanted = table.rows.iter().chain(&table.kept);
            let wanted: BTreeSet<_> = wanted.map(|row| (&row.guild, &row.key)).collect();
            self.expect(case, ours == wanted, || {
                format!("{section} {:?}", ours.symmetric_difference(&wanted).collect::<Vec<_>>())
            });
        }
    }

    /// Checks that fields are what the payloads say, whether hikari agrees or not.
    fn check_fields(&mut self, case: &Case<'_>) {
        let mut check = |path: &[&str], ours: &Value| {
            let Some(wanted) = told::field(case.plain, path) else { return };
            let ours = match path.last() {
                Some(&"activities") => &list(ours).map(|one| one["emoji"].clone()).collect(),
                _ => ours,
            };
            self.expect(case, *ours == wanted, || {
                format!("{} is {ours}, the stream says {wanted}", path.join("."))
            });
        };
        members(&case.ours["me"]).for_each(|(name, value)| check(&["me", name], value));
        for section in ROWS {
            for (id, row) in members(&case.ours[section]) {
                members(row).for_each(|(name, value)| check(&[section, id, name], value));
            }
        }
        for section in NESTED {
            for (guild, users) in members(&case.ours[section]) {
                for (user, row) in members(users) {
                    members(row)
                        .for_each(|(name, value)| check(&[section, guild, user, name], value));
                }
            }
        }
    }

    /// Checks that views have the orders that the payloads say.
    fn check_orders(&mut self, case: &Case<'_>) {
        for (section, ours) in members(&case.ours["order"]) {
            // Users stand in the order of their places in memory.
            if section == "users" {
                continue;
            }
            let rows = case.plain.order(section);
            let wanted: Vec<_> = rows.iter().map(|row| row.key.clone()).collect();
            let by_guild = members(ours).flat_map(|(_, users)| ids(users));
            let (ours, wanted) = match ours.is_array() {
                true => (ids(ours), wanted),
                // An object that is read has lost its order.
                false => (by_guild.collect(), by_user_of_guild(&rows)),
            };
            self.expect(case, ours == wanted, || {
                format!("order of {section}: {ours:?}, {wanted:?}")
            });
        }
        for (guild, views) in members(&case.ours["index"]) {
            for (view, ours) in members(views) {
                for (channel, ours, wanted) in wanted_views(case.plain, guild, view, ours) {
                    self.expect(case, ours == wanted, || {
                        format!("index {guild} {view} {channel}: {ours:?}, {wanted:?}")
                    });
                }
            }
        }
    }

    /// Compares the orders of rows that both have.
    fn compare_orders(&mut self, case: &Case<'_>) {
        for (guild, views) in members(&case.theirs["index"]) {
            for (view, theirs) in members(views) {
                let ours = &case.ours["index"][guild][view];
                match theirs.as_object() {
                    Some(by_channel) if !by_channel.contains_key("error") => {
                        for (channel, theirs) in by_channel {
                            self.compare_order(
                                case,
                                &["index", guild, view],
                                &ours[channel],
                                theirs,
                            );
                        }
                    }
                    _ => self.compare_order(case, &["index", guild, view], ours, theirs),
                }
            }
        }
        for section in
            ["guilds", "channels", "threads", "roles", "emojis", "stickers", "invites", "messages"]
        {
            let theirs = by_guild(case, section);
            self.compare_order(
                case,
                &["order", "", section],
                &case.ours["order"][section],
                &theirs,
            );
        }
    }

    fn compare_order(&mut self, case: &Case<'_>, path: &[&str; 3], ours: &Value, theirs: &Value) {
        let (left, right) = (ids(ours), ids(theirs));
        let left: Vec<_> = left.iter().filter(|id| right.contains(id)).collect();
        let all = ids(ours);
        let right: Vec<_> = right.iter().filter(|id| all.contains(id)).collect();
        if left == right && theirs.is_array() {
            return;
        }
        let difference = Difference { path: path.to_vec(), ours: Some(ours), theirs: Some(theirs) };
        let found = UNORDERED.iter().find(|(_, allows)| allows(case, &difference));
        match found {
            Some((reason, _)) => *self.uses.entry(reason).or_default() += 1,
            None => self.failures.push(format!("{}: {difference}", case.name)),
        }
    }
}

/// Returns the users of each guild, guild by guild in the order of their ids as texts.
fn by_user_of_guild(rows: &[&Row]) -> Vec<String> {
    let mut guilds: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for row in rows {
        guilds.entry(&row.guild).or_default().push(row.key.clone());
    }
    guilds.into_values().flatten().collect()
}

/// Returns the lists of a view of a guild, by channel or not, with what each has to be.
fn wanted_views(
    plain: &Plain,
    guild: &str,
    view: &str,
    ours: &Value,
) -> Vec<(String, Vec<String>, Vec<String>)> {
    let (table, by_channel) = match view.strip_suffix("_by_channel") {
        Some(table) => (table, true),
        None => (view, false),
    };
    let field = if table == "threads" { "parent_id" } else { "channel_id" };
    let wanted = |channel: Option<&str>| {
        let mut rows = plain.order(table);
        rows.retain(|row| row.guild == guild && channel.is_none_or(|id| *row.get(field) == id));
        match table {
            "channels" => rows.sort_by_key(|row| (place(plain, row), number(&row.key))),
            "threads" | "roles" | "emojis" | "stickers" => {
                rows.sort_by_key(|row| number(&row.key));
            }
            _ => {}
        }
        rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>()
    };
    match ours.as_object().filter(|_| by_channel) {
        Some(lists) => {
            let one = |(id, ours)| (String::clone(id), ids(ours), wanted(Some(id)));
            lists.iter().map(one).collect()
        }
        None => vec![(String::new(), ids(ours), wanted(None))],
    }
}

/// Returns where a channel is shown: below its category, voice below all else.
fn place(plain: &Plain, row: &Row) -> (i64, i64, i64) {
    const VOICE: u64 = 2;
    const CATEGORY: u64 = 4;
    let position = |row: &Row| row.get("position").as_i64().unwrap_or(0);
    let parent = plain.table("channels").row(&row.guild, &text(row.get("parent_id")));
    let below = i64::from(*row.get("type") == VOICE);
    match parent {
        _ if *row.get("type") == CATEGORY => (position(row), -1, 0),
        Some(parent) => (position(parent), below, position(row)),
        None => (-1, below, position(row)),
    }
}

fn number(id: &str) -> u64 {
    id.parse().unwrap()
}

/// Makes the flags of ours from those of hikari: what is in no dump shall hold no user.
fn seen(flags: &str) -> Vec<&str> {
    let mut all: Vec<_> = flags.split_whitespace().collect();
    match all.iter().position(|flag| *flag == "--components") {
        Some(at) => all[at + 1] = String::leak(all[at + 1].to_owned() + UNSEEN),
        None => all.extend(["--components", String::leak("ALL".to_owned() + UNSEEN)]),
    }
    all
}

/// Tells of every entry that differs; rows that one side lacks are one entry.
fn compare<'d>(
    path: &mut Vec<&'d str>,
    ours: Option<&'d Value>,
    theirs: Option<&'d Value>,
    tell: &mut impl FnMut(&Difference<'d>),
) {
    let is_nest = path.first().is_some_and(|section| NESTED.contains(section)) && path.len() == 2;
    let (left, right) = match (ours.and_then(Value::as_object), theirs.and_then(Value::as_object)) {
        (Some(left), Some(right)) => (left, right),
        (Some(left), None) if is_nest => {
            return left.keys().for_each(|key| {
                tell(&Difference {
                    path: [&path[..], &[key]].concat(),
                    ours: left.get(key),
                    theirs: None,
                });
            });
        }
        (None, Some(right)) if is_nest => {
            return right.keys().for_each(|key| {
                tell(&Difference {
                    path: [&path[..], &[key]].concat(),
                    ours: None,
                    theirs: right.get(key),
                });
            });
        }
        _ if ours == theirs => return,
        _ => return tell(&Difference { path: path.clone(), ours, theirs }),
    };
    for key in left.keys().chain(right.keys().filter(|key| !left.contains_key(*key))) {
        path.push(key);
        compare(path, left.get(key), right.get(key), tell);
        path.pop();
    }
}

/// Returns the users that rows of a dump refer to.
fn referred(dump: &Value) -> BTreeSet<String> {
    const OF: [(&str, &[&str]); 4] = [
        ("emojis", &["user_id"]),
        ("stickers", &["user_id"]),
        ("invites", &["inviter_id", "target_user_id"]),
        ("messages", &["author_id"]),
    ];
    let of_members = members(&dump["members"]).flat_map(|(_, users)| members(users));
    let mut users: BTreeSet<_> = of_members.map(|(user, _)| user.clone()).collect();
    for (section, fields) in OF {
        for (_, row) in members(&dump[section]) {
            users.extend(fields.iter().map(|field| text(&row[field])));
        }
    }
    users.extend(members(&dump["messages"]).flat_map(|(_, row)| ids(&row["mentions"])));
    users.remove("");
    users
}

/// Puts the order that hikari has together guild by guild, as ours is.
fn by_guild(case: &Case<'_>, section: &str) -> Value {
    let theirs = ids(&case.theirs["order"][section]);
    if section == "messages" || section == "guilds" {
        return theirs.into();
    }
    let mut guilds: Vec<String> = Vec::new();
    let rows = &case.theirs[section];
    for id in ids(&case.ours["order"][section]) {
        let guild = text(&case.ours[section][&id]["guild_id"]);
        if !guilds.contains(&guild) {
            guilds.push(guild);
        }
    }
    let of_guild = |guild: &str| {
        theirs.iter().filter(|id| rows[*id]["guild_id"] == *guild).cloned().collect::<Vec<_>>()
    };
    guilds.iter().flat_map(|guild| of_guild(guild)).collect::<Vec<_>>().into()
}

pub(crate) fn members(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(text).collect()
}
