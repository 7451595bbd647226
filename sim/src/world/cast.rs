//! What all guilds share: the users, the randomness and the source of new ids.

use std::collections::BTreeMap;

use gatewright_core::UserId;

use super::model::{Activity, Presence, User};
use super::{activity, names};
use crate::rng::Rng;

/// Games people play, by name and application.
const GAMES: &[(&str, u64)] = &[
    ("League of Legends", 401_518_684_763_586_560),
    ("Minecraft", 356_875_570_916_753_438),
    ("Visual Studio Code", 383_226_320_970_055_681),
    ("Factorio", 363_435_181_334_298_624),
    ("Counter-Strike 2", 730_000_000_000_000_000),
    ("osu!", 367_827_983_903_490_050),
];

/// The users of the world and everything needed to make more of it.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    pub(super) rng: Rng,
    pub(super) users: Vec<User>,
    slots: BTreeMap<UserId, usize>,
    newest_id: u64,
}

impl Cast {
    /// Makes the bot in slot 0 and `count` other users.
    pub(super) fn new(mut rng: Rng, count: usize) -> Self {
        let newest_id = 1_200_000_000_000_000_000;
        let first = rng.fork();
        let mut cast = Self {
            rng: first,
            users: Vec::with_capacity(count + 1),
            slots: BTreeMap::new(),
            newest_id,
        };
        cast.push(Some("gatewright"));
        for _ in 0..count {
            cast.push(None);
        }
        cast
    }

    /// Makes the next snowflake: newer than all before it.
    pub(super) const fn new_id(&mut self) -> u64 {
        self.newest_id += self.rng.range(1 << 22, 1 << 26);
        self.newest_id
    }

    pub(super) fn user(&self, id: UserId) -> Option<&User> {
        self.slots.get(&id).and_then(|slot| self.users.get(*slot))
    }

    fn push(&mut self, own: Option<&str>) {
        let user = self.make_user(own);
        // A second user with the same id would make the truth ambiguous.
        if !self.slots.contains_key(&user.id) {
            self.slots.insert(user.id, self.users.len());
            self.users.push(user);
        }
    }

    fn make_user(&mut self, own: Option<&str>) -> User {
        let rng = &mut self.rng;
        let bot = own.is_some() || rng.chance(30);
        let tagged = rng.chance(80);
        User {
            id: UserId(names::old_id(rng)),
            username: own.map_or_else(|| names::handle(rng), str::to_owned),
            discriminator: if bot { u16::try_from(rng.range(1, 9_999)).unwrap_or(1) } else { 0 },
            global_name: (!bot && rng.chance(700)).then(|| names::display(rng)),
            avatar: rng.chance(800).then(|| names::hash(rng)),
            bot,
            public_flags: rng.pick(&[0, 0, 0, 64, 128, 256, 4_194_304, 131_072]),
            primary_guild: tagged.then(|| {
                let tag = names::word(rng).chars().take(4).collect::<String>().to_uppercase();
                (tag, names::old_id(rng), rng.hex(32))
            }),
            decoration: rng.chance(80).then(|| (format!("a_{}", rng.hex(32)), names::old_id(rng))),
        }
    }

    /// Makes a new presence; `None` if the user goes offline.
    pub(super) fn presence(&mut self, may_be_offline: bool) -> Option<Presence> {
        const STATUSES: &[&str] =
            &["online", "online", "online", "idle", "idle", "dnd", "dnd", "offline"];
        let mut status = self.rng.pick(STATUSES);
        if status == "offline" && !may_be_offline {
            status = "online";
        }
        (status != "offline").then(|| Presence {
            status,
            client: self.rng.pick(&["desktop", "desktop", "mobile", "web"]),
            activities: self.activities(),
        })
    }

    fn activities(&mut self) -> Vec<Activity> {
        let mut list = Vec::new();
        if self.rng.chance(350) {
            list.push(self.custom_status());
        }
        if self.rng.chance(450) {
            list.push(self.playing());
        }
        if self.rng.chance(180) {
            list.push(self.listening());
        }
        list
    }

    fn custom_status(&mut self) -> Activity {
        let rng = &mut self.rng;
        let state = rng.chance(900).then(|| names::text(rng, 1, 5));
        activity::custom_status(rng, state)
    }

    fn playing(&mut self) -> Activity {
        let rng = &mut self.rng;
        let (name, application) = rng.pick(GAMES);
        let rich = rng.chance(500);
        let state = rich.then(|| names::text(rng, 2, 5));
        activity::playing(rng, name, application, state)
    }

    fn listening(&mut self) -> Activity {
        let rng = &mut self.rng;
        let artist = names::text(rng, 1, 3);
        activity::listening(rng, artist)
    }
}
