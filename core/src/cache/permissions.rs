//! What a member may do, from the rows of the cache.
//!
//! Source: Discord documentation, *Permissions*.

use core::fmt;

use super::family::Memory;
use super::kind::{Kind, Mark, NONE};
use super::records::Records;
use super::row::Row;
use super::table::{self, Members, Roles};
use super::{Cache, Tables};
use crate::decode::packed::{self, Name};
use crate::decode::{Cursor, Decode, Seq, Timestamp};
use crate::model::{ChannelFlags, OverwriteType, PermissionOverwrite, Permissions, UnixMillis};
use crate::{ChannelId, GuildId, RoleId, UserId};

const COMMUNICATION_DISABLED_UNTIL: Name = Name::of("communication_disabled_until");
const FLAGS: Name = Name::of("flags");
const OWNER_ID: Name = Name::of("owner_id");
const PARENT_ID: Name = Name::of("parent_id");
const PERMISSION_OVERWRITES: Name = Name::of("permission_overwrites");
const PERMISSIONS: Name = Name::of("permissions");
const ROLES: Name = Name::of("roles");

/// What is left to a member who is timed out.
const TIMED_OUT: Permissions = Permissions::VIEW_CHANNEL.union(Permissions::READ_MESSAGE_HISTORY);

/// What nobody can do who cannot send messages.
const WITH_MESSAGES: Permissions = Permissions::ATTACH_FILES
    .union(Permissions::EMBED_LINKS)
    .union(Permissions::MENTION_EVERYONE)
    .union(Permissions::SEND_TTS_MESSAGES);

/// Why it is not known what somebody may do.
///
/// Where something is missing that decides, there is no answer rather than a wrong one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PermissionsError {
    /// The guild is in an outage, or was announced and is not here yet.
    GuildUnavailable,
    /// The bot may not view the channel, so that its overwrites are not told.
    HiddenChannel,
    /// A row of this kind lacks what decides, or has it in a form that is not known.
    Incomplete(table::Kind),
    /// There is no such channel or thread.
    UnknownChannel,
    /// There is no such guild.
    UnknownGuild,
    /// There is no such member.
    UnknownMember,
    /// There is no such channel as the thread says it is of.
    UnknownParent,
    /// There is no such role, and what is not there may exist.
    UnknownRole(RoleId),
}

impl fmt::Display for PermissionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GuildUnavailable => f.write_str("the guild is not available"),
            Self::HiddenChannel => f.write_str("the channel is hidden from the bot"),
            Self::Incomplete(kind) => write!(f, "a row lacks what decides: {kind:?}"),
            Self::UnknownChannel => f.write_str("the channel is not in the cache"),
            Self::UnknownGuild => f.write_str("the guild is not in the cache"),
            Self::UnknownMember => f.write_str("the member is not in the cache"),
            Self::UnknownParent => f.write_str("the channel of the thread is not in the cache"),
            Self::UnknownRole(role) => write!(f, "the role {role} is not in the cache"),
        }
    }
}

impl core::error::Error for PermissionsError {}

type Result<T> = core::result::Result<T, PermissionsError>;

impl<M: Memory> Tables<'_, M> {
    /// Returns what a member may do in a guild where no channel says otherwise.
    ///
    /// The owner and administrators may do everything, which is every bit, named or not. Nothing else depends
    /// on `now` but a timeout: until it is over, a member may only view channels and read messages.
    ///
    /// # Errors
    /// [`PermissionsError`] tells what is missing.
    pub fn permissions_in_guild(
        self,
        guild: GuildId,
        user: UserId,
        now: UnixMillis,
    ) -> Result<Permissions> {
        let guild = self.records.find(Kind::Guild, NONE, guild.0);
        let guild = guild.ok_or(PermissionsError::UnknownGuild)?;
        let member = Standing::of(self, guild, user, now)?;
        Ok(member.map_or(Permissions::all(), |member| member.limit(member.base)))
    }

    /// Returns what a member may do in a channel or thread of a guild.
    ///
    /// In a thread that is what may be done in its channel, but for `SEND_MESSAGES`, which is not inherited:
    /// there `SEND_MESSAGES_IN_THREADS` stands for it. Whether a private thread is shown to a member who was
    /// not invited, no permission but `MANAGE_THREADS` tells.
    ///
    /// What permissions imply is done: who may not view a channel may do nothing there, and who may not send
    /// messages may not mention everyone, add files, links that unfold or have messages read aloud.
    ///
    /// ```
    /// # #[cfg(feature = "alloc")] {
    /// use gatewright_core::cache::{Cache, PermissionsError, Settings};
    /// use gatewright_core::{ChannelId, Dispatch, Encoding, UserId};
    /// use gatewright_core::model::{Permissions, UnixMillis};
    ///
    /// let mut cache = Cache::new(Settings::default());
    /// let d = br#"{"id": "1", "owner_id": "9", "members": [{"user": {"id": "5"}, "roles": []}],
    ///     "roles": [{"id": "1", "permissions": "3072"}], "threads": [{"id": "3", "parent_id": "2"}],
    ///     "channels": [{"id": "2", "permission_overwrites": [{"id": "1", "type": 0, "allow": "0", "deny": "2048"}]}]}"#;
    /// cache.apply(&Dispatch::new("GUILD_CREATE", None, Encoding::Json, d)?, &mut ());
    ///
    /// let now = UnixMillis(1_700_000_000_000);
    /// let may = cache.permissions_in_channel(ChannelId(2), UserId(5), now)?;
    /// assert_eq!(may, Permissions::VIEW_CHANNEL);
    /// let nobody = cache.permissions_in_channel(ChannelId(2), UserId(6), now);
    /// assert_eq!(nobody, Err(PermissionsError::UnknownMember));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`PermissionsError`] tells what is missing. What others may do in a channel the bot may not view is
    /// not known, but for those who may do everything.
    pub fn permissions_in_channel(
        self,
        channel: ChannelId,
        user: UserId,
        now: UnixMillis,
    ) -> Result<Permissions> {
        let records = self.records;
        let find = |kind| records.find_listed(kind, NONE, channel.0);
        let thread = find(Kind::Thread);
        let row = find(Kind::Channel).or(thread).ok_or(PermissionsError::UnknownChannel)?;
        let guild = records.owner(row);
        let Some(member) = Standing::of(self, guild, user, now)? else {
            return Ok(Permissions::all());
        };
        let is_thread = records.kind(row) == Kind::Thread;
        let place = if is_thread { parent(records, row)? } else { row };
        if is_hidden(records, row)? || is_hidden(records, place)? {
            let own = self.my_id() == Some(user);
            return own.then_some(Permissions::empty()).ok_or(PermissionsError::HiddenChannel);
        }
        let overwrites: Seq<'_, PermissionOverwrite> = list(records, place, PERMISSION_OVERWRITES)?;
        let permissions = member.in_channel(overwrites)?;
        Ok(member.limit(without_implied(permissions, is_thread)))
    }
}

impl<M: Memory> Cache<M> {
    /// Returns what a member may do in a guild where no channel says otherwise, as
    /// [`Tables::permissions_in_guild`].
    ///
    /// # Errors
    /// [`PermissionsError`] tells what is missing.
    pub fn permissions_in_guild(
        &self,
        guild: GuildId,
        user: UserId,
        now: UnixMillis,
    ) -> Result<Permissions> {
        self.tables().permissions_in_guild(guild, user, now)
    }

    /// Returns what a member may do in a channel or thread of a guild, as [`Tables::permissions_in_channel`].
    ///
    /// # Errors
    /// [`PermissionsError`] tells what is missing.
    pub fn permissions_in_channel(
        &self,
        channel: ChannelId,
        user: UserId,
        now: UnixMillis,
    ) -> Result<Permissions> {
        self.tables().permissions_in_channel(channel, user, now)
    }
}

/// A member who may not do everything.
struct Standing<'c, M: Memory> {
    tables: Tables<'c, M>,
    guild: u32,
    user: UserId,
    roles: Seq<'c, RoleId>,
    base: Permissions,
    timed_out: bool,
}

impl<'c, M: Memory> Standing<'c, M> {
    /// Finds what a member may do in a guild; nothing if that is everything.
    fn of(
        tables: Tables<'c, M>,
        guild: u32,
        user: UserId,
        now: UnixMillis,
    ) -> Result<Option<Self>> {
        let records = tables.records;
        if records.is(guild, Mark::Unavailable) {
            return Err(PermissionsError::GuildUnavailable);
        }
        if !records.is_shown(guild) {
            return Err(PermissionsError::UnknownGuild);
        }
        let owner: Option<UserId> = field(records, guild, OWNER_ID)?;
        if owner.ok_or(PermissionsError::Incomplete(table::Kind::Guild))? == user {
            return Ok(None);
        }
        let member = records
            .find(Kind::User, NONE, user.0)
            .and_then(|user| records.find_listed(Kind::Member, guild, user.into()))
            .ok_or(PermissionsError::UnknownMember)?;
        let (roles, base) = (list(records, member, ROLES)?, Permissions::empty());
        let timed_out = is_timed_out(records, member, now)?;
        let mut standing = Self { tables, guild, user, roles, base, timed_out };
        standing.base = standing.of_roles()?;
        let everything = standing.base.contains(Permissions::ADMINISTRATOR);
        Ok((!everything).then_some(standing))
    }

    /// Returns what all roles grant together.
    fn of_roles(&self) -> Result<Permissions> {
        let everyone = RoleId(self.tables.records.key(self.guild));
        let base = self.role(everyone);
        let base = base.and_then(|base| base.ok_or(PermissionsError::UnknownRole(everyone)));
        let (mut granted, mut missing) = (base.unwrap_or_default(), base.err());
        for role in self.roles.iter() {
            let role = role.map_err(|_| PermissionsError::Incomplete(table::Kind::Member))?;
            match self.role(role) {
                Ok(more) => granted |= more.unwrap_or_default(),
                Err(error) => missing = missing.or(Some(error)),
            }
        }
        // Whatever the missing one grants, it is no more than everything.
        match missing {
            Some(missing) if !granted.contains(Permissions::ADMINISTRATOR) => Err(missing),
            _ => Ok(granted),
        }
    }

    /// Returns what a role grants; nothing if it was deleted.
    fn role(&self, id: RoleId) -> Result<Option<Permissions>> {
        let records = self.tables.records;
        let row = records.find_listed(Kind::Role, NONE, id.0);
        match row.filter(|row| records.owner(*row) == self.guild) {
            Some(row) => {
                let granted = field(records, row, PERMISSIONS)?;
                granted.map(Some).ok_or(PermissionsError::Incomplete(table::Kind::Role))
            }
            None if self.has_all_roles() => Ok(None),
            None => Err(PermissionsError::UnknownRole(id)),
        }
    }

    fn has_all_roles(&self) -> bool {
        let guild = GuildId(self.tables.records.key(self.guild));
        self.tables.roles().in_guild(guild).is_complete()
    }

    fn has_role(&self, id: RoleId) -> Result<bool> {
        let listed = self.roles.iter().any(|role| role == Ok(id));
        Ok(listed && self.role(id)?.is_some())
    }

    /// Returns what is left and added by the overwrites of a channel.
    fn in_channel(&self, overwrites: Seq<'_, PermissionOverwrite>) -> Result<Permissions> {
        let incomplete = PermissionsError::Incomplete(table::Kind::Channel);
        let everyone = self.tables.records.key(self.guild);
        let (mut of_everyone, mut of_roles, mut of_member) = Default::default();
        for overwrite in overwrites {
            let overwrite = overwrite.map_err(|_| incomplete)?;
            let (Some(kind), Some(allow), Some(deny)) =
                (overwrite.kind, overwrite.allow, overwrite.deny)
            else {
                return Err(incomplete);
            };
            let step: &mut Step = match kind {
                OverwriteType::Role if overwrite.id == everyone => &mut of_everyone,
                OverwriteType::Role if self.has_role(RoleId(overwrite.id))? => &mut of_roles,
                OverwriteType::Member if overwrite.id == self.user.0 => &mut of_member,
                OverwriteType::Member | OverwriteType::Role | OverwriteType::Unknown(_) => continue,
            };
            step.add(allow, deny);
        }
        Ok(of_member.after(of_roles.after(of_everyone.after(self.base))))
    }

    /// Takes away what a timeout does.
    const fn limit(&self, permissions: Permissions) -> Permissions {
        if self.timed_out { permissions.intersection(TIMED_OUT) } else { permissions }
    }
}

/// What overwrites deny, and what they allow all the same.
#[derive(Default)]
struct Step {
    allow: Permissions,
    deny: Permissions,
}

impl Step {
    fn add(&mut self, allow: Permissions, deny: Permissions) {
        self.allow |= allow;
        self.deny |= deny;
    }

    const fn after(&self, permissions: Permissions) -> Permissions {
        permissions.difference(self.deny).union(self.allow)
    }
}

/// Takes away what cannot be done without what is not granted.
fn without_implied(permissions: Permissions, is_thread: bool) -> Permissions {
    if !permissions.contains(Permissions::VIEW_CHANNEL) {
        return Permissions::empty();
    }
    let (permissions, send) = if is_thread {
        let inherited = permissions.difference(Permissions::SEND_MESSAGES);
        (inherited, Permissions::SEND_MESSAGES_IN_THREADS)
    } else {
        (permissions, Permissions::SEND_MESSAGES)
    };
    if permissions.contains(send) { permissions } else { permissions.difference(WITH_MESSAGES) }
}

/// Finds the channel of a thread.
fn parent<M: Memory>(records: &Records<M>, thread: u32) -> Result<u32> {
    let parent: Option<ChannelId> = field(records, thread, PARENT_ID)?;
    let parent = parent.ok_or(PermissionsError::Incomplete(table::Kind::Thread))?;
    let row = records.find_listed(Kind::Channel, NONE, parent.0);
    let same = row.filter(|row| records.owner(*row) == records.owner(thread));
    same.ok_or(PermissionsError::UnknownParent)
}

fn is_hidden<M: Memory>(records: &Records<M>, channel: u32) -> Result<bool> {
    let flags: Option<ChannelFlags> = field(records, channel, FLAGS)?;
    Ok(flags.is_some_and(|flags| flags.contains(ChannelFlags::CHANNEL_OBFUSCATED)))
}

fn is_timed_out<M: Memory>(records: &Records<M>, member: u32, now: UnixMillis) -> Result<bool> {
    let until: Option<Timestamp<'_>> = field(records, member, COMMUNICATION_DISABLED_UNTIL)?;
    let Some(until) = until else { return Ok(false) };
    let until = until.unix_micros().ok_or(PermissionsError::Incomplete(table::Kind::Member))?;
    Ok(until > now.0.saturating_mul(1_000))
}

/// Reads a list that a row has, be it an empty one.
fn list<'c, T, M: Memory>(records: &'c Records<M>, row: u32, name: Name) -> Result<Seq<'c, T>> {
    let list: Option<Seq<'c, T>> = field(records, row, name)?;
    list.ok_or(PermissionsError::Incomplete(records.kind(row).into()))
}

/// Reads a field of a row; nothing if it has none of the name.
fn field<'c, T: Decode<'c>, M: Memory>(
    records: &'c Records<M>,
    row: u32,
    name: Name,
) -> Result<Option<T>> {
    let fields = records.fields(row);
    let Some([_, start, end]) = packed::find_member(fields, name) else { return Ok(None) };
    let value = Cursor::packed(fields.get(start..end).unwrap_or_default()).decode();
    value.map(Some).map_err(|_| PermissionsError::Incomplete(records.kind(row).into()))
}

impl<'c, M: Memory> Row<'c, Members, M> {
    /// Returns its roles, as far as they are in the cache, without that of everyone.
    pub fn roles(&self) -> impl Iterator<Item = Row<'c, Roles, M>> + use<'c, M> {
        let ((records, row, _), fields) = (self.parts(), self.fields());
        let value = packed::find_member(fields, ROLES)
            .and_then(|[_, start, end]| fields.get(start..end))
            .and_then(|list| Cursor::packed(list).decode().ok());
        let ids: Seq<'c, RoleId> = value.unwrap_or_default();
        let guild = records.owner(row);
        ids.into_iter().flatten().filter_map(move |role| {
            let row = records.find_listed(Kind::Role, NONE, role.0);
            row.filter(|row| records.owner(*row) == guild).map(|row| Row::of(records, row))
        })
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests;
