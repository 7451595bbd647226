//! Reactions on messages that are there.

use super::super::family::Memory;
use super::super::rows::Witness;
use super::{Frame, Reader};
use crate::decode::Cursor;
use crate::decode::packed::{self, Broken, Name, Unpacked, Writer};

const BURST: Name = Name::of("burst");
const BURST_COLORS: Name = Name::of("burst_colors");
const COUNT: Name = Name::of("count");
const COUNT_DETAILS: Name = Name::of("count_details");
const EMOJI: Name = Name::of("emoji");
const ME: Name = Name::of("me");
const ME_BURST: Name = Name::of("me_burst");
const NORMAL: Name = Name::of("normal");
const REACTIONS: Name = Name::of("reactions");

/// What happened to the reactions of a message.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Reacted<'e> {
    /// Somebody gave an emoji, or took it back.
    By { emoji: Cursor<'e>, given: bool, me: bool, burst: bool, colors: Option<Cursor<'e>> },
    /// All of an emoji were taken away.
    Without(Cursor<'e>),
    /// All were taken away.
    None,
}

/// A reaction, as far as its numbers go.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    normal: u64,
    burst: u64,
    me: bool,
    me_burst: bool,
}

impl<M: Memory, W: Witness<M>> Reader<'_, M, W> {
    /// Changes the reactions of a message.
    pub(in super::super) fn react(&mut self, message: u32, reacted: Reacted<'_>) {
        self.patch(message, |reader, frame| reader.reactions(message, reacted, frame));
    }

    fn reactions(
        &mut self,
        message: u32,
        reacted: Reacted<'_>,
        frame: &Frame,
    ) -> Result<(), Unpacked> {
        let fields = self.records.fields(message);
        let old = packed::find_member(fields, REACTIONS)
            .and_then(|[_, start, end]| fields.get(start..end));
        frame.fields.put(&mut self.out, REACTIONS, |out| {
            let emoji = match reacted {
                Reacted::None => return out.null(),
                Reacted::Without(emoji) | Reacted::By { emoji, .. } => emoji,
            };
            let list = out.begin(packed::LIST)?;
            let mut found = false;
            if let Some(value) = old {
                let mut cursor = Cursor::packed(value);
                let mut items = cursor.list()?;
                while cursor.item(&mut items)? {
                    if same_emoji(cursor, emoji)? {
                        found = true;
                        rewrite(out, cursor, reacted)?;
                        cursor.skip()?;
                    } else {
                        out.value(&mut cursor, REACTIONS, None)?;
                    }
                }
            }
            if !found {
                rewrite_new(out, reacted)?;
            }
            out.end(list)
        })
    }
}

/// Tells whether a reaction is one of an emoji: by its id, or by its name if it has none.
#[inline(never)]
fn same_emoji(reaction: Cursor<'_>, emoji: Cursor<'_>) -> Result<bool, Broken> {
    let Some(own) = member(reaction, "emoji")? else { return Ok(false) };
    let id = |emoji| -> Result<Option<u64>, Broken> {
        match member(emoji, "id")? {
            Some(mut id) => Ok(Some(id.snowflake()?)),
            _ => Ok(None),
        }
    };
    match (id(own)?, id(emoji)?) {
        (None, None) => match (member(own, "name")?, member(emoji, "name")?) {
            (Some(mut own), Some(mut name)) => Ok(own.text()? == name.text()?),
            _ => Ok(false),
        },
        (own, id) => Ok(own == id),
    }
}

/// Writes a reaction that changed, unless nothing is left of it.
fn rewrite(out: &mut Writer<'_>, old: Cursor<'_>, reacted: Reacted<'_>) -> Result<(), Unpacked> {
    let Reacted::By { emoji, given, me, burst, .. } = reacted else { return Ok(()) };
    let mut tally = read_tally(old)?;
    let count = if burst { &mut tally.burst } else { &mut tally.normal };
    *count = count.saturating_add_signed(if given { 1 } else { -1 });
    if me {
        *(if burst { &mut tally.me_burst } else { &mut tally.me }) = given;
    }
    let own = member(old, "emoji")?.unwrap_or(emoji);
    write(out, own, tally, member(old, "burst_colors")?)
}

/// Writes a reaction that was not there.
fn rewrite_new(out: &mut Writer<'_>, reacted: Reacted<'_>) -> Result<(), Unpacked> {
    let Reacted::By { emoji, given: true, me, burst, colors } = reacted else { return Ok(()) };
    let tally = Tally {
        normal: (!burst).into(),
        burst: burst.into(),
        me: me && !burst,
        me_burst: me && burst,
    };
    write(out, emoji, tally, colors)
}

fn write(
    out: &mut Writer<'_>,
    mut emoji: Cursor<'_>,
    tally: Tally,
    colors: Option<Cursor<'_>>,
) -> Result<(), Unpacked> {
    let Tally { normal, burst, me, me_burst } = tally;
    let count = normal.saturating_add(burst);
    if count == 0 {
        return Ok(());
    }
    let object = out.begin(packed::OBJECT)?;
    out.name(COUNT)?;
    out.unsigned(count)?;
    out.name(COUNT_DETAILS)?;
    let details = out.begin(packed::OBJECT)?;
    for (name, count) in [(BURST, burst), (NORMAL, normal)] {
        out.name(name)?;
        out.unsigned(count)?;
    }
    out.end(details)?;
    for (name, is) in [(ME, me), (ME_BURST, me_burst)] {
        out.name(name)?;
        out.bool(is)?;
    }
    out.name(EMOJI)?;
    out.value(&mut emoji, EMOJI, Some(REACTIONS))?;
    if let Some(mut colors) = colors {
        out.name(BURST_COLORS)?;
        out.value(&mut colors, BURST_COLORS, Some(REACTIONS))?;
    }
    out.end(object)
}

#[inline(never)]
fn read_tally(reaction: Cursor<'_>) -> Result<Tally, Broken> {
    let count = |object, name| -> Result<Option<u64>, Broken> {
        match member(object, name)? {
            Some(mut count) => Ok(Some(count.snowflake()?)),
            _ => Ok(None),
        }
    };
    let is = |name| -> Result<bool, Broken> {
        match member(reaction, name)? {
            Some(mut is) => Ok(is.bool()?),
            _ => Ok(false),
        }
    };
    let all = count(reaction, "count")?.unwrap_or(0);
    let burst = match member(reaction, "count_details")? {
        Some(details) => count(details, "burst")?.unwrap_or(0),
        _ => 0,
    };
    Ok(Tally { normal: all.saturating_sub(burst), burst, me: is("me")?, me_burst: is("me_burst")? })
}

/// Finds a member of an object; nothing if it is null.
fn member<'e>(mut object: Cursor<'e>, name: &str) -> Result<Option<Cursor<'e>>, Broken> {
    let mut members = object.object()?;
    while let Some(key) = object.key(&mut members)? {
        if key.is(name) {
            return Ok((!{ object }.null()?).then_some(object));
        }
        object.skip()?;
    }
    Ok(None)
}
