//! A bot that keeps a cache, reads messages, and says what it does.

use gatewright_board::report::Report;
use gatewright_core::cache::{Cache, Fixed};
use gatewright_core::model::MessageCreate;
use gatewright_core::{Activity, Command, Dispatch, Event, EventKind, Instant, UpdatePresence};

use crate::board::Board;

/// The cache, and what was seen.
pub(crate) struct Bot {
    cache: Cache<Fixed<'static>>,
    events: u64,
    letters: u64,
    refused: u64,
    broken: u64,
    commands_refused: u64,
    skipped_guilds: u64,
    most_users: usize,
}

impl Bot {
    pub(crate) fn new(cache: Cache<Fixed<'static>>) -> Self {
        Self {
            cache,
            events: 0,
            letters: 0,
            refused: 0,
            broken: 0,
            commands_refused: 0,
            skipped_guilds: 0,
            most_users: 0,
        }
    }

    #[inline(never)]
    pub(crate) fn hear(&mut self, kind: EventKind, now: Instant, shard: &mut Board) {
        let event = shard.event();
        let applied = self.cache.hear(&event, &mut ());
        self.events += 1;
        self.refused += u64::from(applied.refused);
        self.broken += u64::from(applied.broken);
        self.most_users = self.most_users.max(self.cache.users().len());
        match event {
            Event::Dispatch(dispatch) if kind == EventKind::MessageCreate => self.read(&dispatch),
            Event::Skipped(skipped) => self.skipped_guilds += u64::from(skipped.guild.is_some()),
            _ => {}
        }
        if kind == EventKind::Ready {
            self.greet(now, shard);
        }
    }

    #[inline(never)]
    fn read(&mut self, dispatch: &Dispatch<'_>) {
        if let Ok(message) = dispatch.decode::<MessageCreate<'_>>() {
            self.letters += message.content.map_or(0, |text| text.chars().count()) as u64;
        }
    }

    #[inline(never)]
    fn greet(&mut self, now: Instant, shard: &mut Board) {
        let playing = [Activity { name: "with 128 KiB", kind: 0, state: None, url: None }];
        let presence = UpdatePresence { activities: Some(&playing), ..UpdatePresence::default() };
        let answer = shard.command(now, &Command::UpdatePresence(presence));
        self.commands_refused += u64::from(answer.is_err());
    }

    #[inline(never)]
    pub(crate) fn tell(&self, report: &mut Report) {
        for (name, number) in [
            ("events", self.events),
            ("letters", self.letters),
            ("commands-refused", self.commands_refused),
            ("skipped-guilds", self.skipped_guilds),
            ("cache.refused", self.refused),
            ("cache.broken", self.broken),
            ("cache.most-users", self.most_users as u64),
            ("cache.users", self.cache.users().len() as u64),
            ("cache.members", self.cache.members().len() as u64),
        ] {
            report.line(name, number);
        }
    }
}
