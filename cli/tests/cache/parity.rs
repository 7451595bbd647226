//! The dump beside that of hikari, another library, if `GATEWRIGHT_CACHE_STREAMS` names a folder of both.
//!
//! The folder has `index.tsv`: for each stream its name, how it was made, the flags, and how often hikari failed.
//! Beside it are `NAME.ndjson`, the stream, and `NAME.expected.json`, the dump.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::allowed::{ALLOWED, Case, Difference, UNORDERED};
use crate::stream::{Stream, text};

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
    let Some(folder) = env::var_os("GATEWRIGHT_CACHE_STREAMS").map(PathBuf::from) else {
        eprintln!("skipped: GATEWRIGHT_CACHE_STREAMS names no folder");
        return;
    };
    let mut verdict = Verdict::default();
    for line in fs::read_to_string(folder.join("index.tsv")).unwrap().lines() {
        let columns: Vec<_> = line.split('\t').collect();
        let [name, made, flags, _] = columns[..] else { panic!("{line}") };
        verdict.judge(&folder, name, made, flags);
    }
    for (reason, _) in ALLOWED.iter().chain(UNORDERED) {
        let uses = verdict.uses.get(reason).copied().unwrap_or(0);
        println!("{uses:>5} {reason}");
        if uses == 0 {
            verdict.failures.push(format!("no difference is for this reason: {reason}"));
        }
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
        let stream = Stream::read(&stream);
        let case = Case { name, flags, ours: &ours, theirs: &theirs, stream: &stream };
        self.check(&case);
        // Calls change what hikari holds, and are not made here.
        if made.contains("--calls") {
            return;
        }
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
    }

    fn expect(&mut self, case: &Case<'_>, is_so: bool, what: impl FnOnce() -> String) {
        if !is_so {
            self.failures.push(format!("{}: {}", case.name, what()));
        }
    }

    /// Checks a dump by itself: users are those that something refers to, and views hold what the sections do.
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
        for (guild, views) in members(&case.ours["index"]) {
            for section in ["channels", "threads", "roles", "emojis", "stickers", "invites"] {
                let of_guild =
                    members(&case.ours[section]).filter(|(_, row)| row["guild_id"] == **guild);
                let wanted: BTreeSet<_> = of_guild.map(|(id, _)| id.clone()).collect();
                let found: BTreeSet<_> = ids(&views[section]).into_iter().collect();
                self.expect(case, found == wanted, || format!("index {guild} {section}"));
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
