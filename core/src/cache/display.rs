//! The channels of a guild as clients show them.

use alloc::vec::Vec;

use super::family::Memory;
use super::kind::{Kind, NONE};
use super::records::Records;
use super::row::Row;
use super::table::Channels;
use super::view::View;
use crate::GuildId;
use crate::decode::packed::{self, Name};
use crate::model::ChannelType;

const PARENT_ID: Name = Name::of("parent_id");
const POSITION: Name = Name::of("position");
const TYPE: Name = Name::of("type");

impl<'c, M: Memory> View<'c, Channels, M> {
    /// Returns the channels as clients show them.
    ///
    /// Those in no category come first, then each category before those that are in it. Side by side are channels
    /// of text before those of voice, and of these the lower position first; where it is the same, the lower id.
    #[must_use]
    pub fn in_display_order(self) -> Vec<Row<'c, Channels, M>> {
        let mut rows: Vec<_> = self.iter().collect();
        rows.sort_by_cached_key(place);
        rows
    }
}

/// What decides where a channel stands: the guild, the category, whether it is that, and the place within.
type Shown = (Option<GuildId>, Option<(i64, u64)>, bool, bool, i64, u64);

fn place<M: Memory>(channel: &Row<'_, Channels, M>) -> Shown {
    const CATEGORY: u64 = ChannelType::GuildCategory.number().unsigned_abs() as u64;
    const VOICE: [u64; 2] = [
        ChannelType::GuildVoice.number().unsigned_abs() as u64,
        ChannelType::GuildStageVoice.number().unsigned_abs() as u64,
    ];

    let (records, row, _) = channel.parts();
    let (id, kind) = (records.key(row), number(records, row, TYPE));
    let is_category = kind == Some(CATEGORY);
    let parent = number(records, row, PARENT_ID);
    let parent = parent.and_then(|parent| records.find_listed(Kind::Channel, NONE, parent));
    let category = if is_category { Some(row) } else { parent };
    let category = category.map(|row| (position(records, row), records.key(row)));
    let is_voice = kind.is_some_and(|kind| VOICE.contains(&kind));
    (channel.guild_id(), category, !is_category, is_voice, position(records, row), id)
}

fn position<M: Memory>(records: &Records<M>, row: u32) -> i64 {
    let position = packed::find(records.fields(row), POSITION);
    position.and_then(|position| position.signed()).unwrap_or(0)
}

fn number<M: Memory>(records: &Records<M>, row: u32, name: Name) -> Option<u64> {
    packed::find(records.fields(row), name)?.unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{Cache, Settings};
    use crate::{Dispatch, Encoding};

    #[test]
    fn channels_stand_as_clients_show_them() {
        let mut cache = Cache::new(Settings::default());
        let d = br#"{"id": "1", "channels": [
            {"id": "10", "type": 4, "position": 1}, {"id": "11", "type": 4, "position": 0},
            {"id": "20", "type": 2, "position": 0, "parent_id": "10"}, {"id": "21", "type": 0, "position": 9, "parent_id": "10"},
            {"id": "22", "type": 15, "position": 2, "parent_id": "10"}, {"id": "23", "type": 13, "position": 0, "parent_id": "10"},
            {"id": "31", "type": 0, "position": 3, "parent_id": "11"}, {"id": "30", "type": 5, "position": 3, "parent_id": "11"},
            {"id": "41", "type": 2, "position": 0}, {"id": "40", "type": 0, "position": 5},
            {"id": "42", "type": 0, "position": 1, "parent_id": "99"}, {"id": "43", "type": 0, "position": -1}]}"#;
        let event = Dispatch::new("GUILD_CREATE", None, Encoding::Json, d).unwrap();
        cache.apply(&event, &mut ());
        let rows = cache.channels().in_guild(GuildId(1)).in_display_order();
        let ids: Vec<u64> = rows.iter().map(|row| row.key().0).collect();
        assert_eq!(ids, [43, 42, 40, 41, 11, 30, 31, 10, 22, 21, 20, 23]);
    }
}
