//! Identifiers: snowflakes by kind, and the shard's place among its peers.

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl $name {
            /// Returns the creation time in milliseconds since the Unix epoch.
            #[must_use]
            pub const fn created_at_ms(self) -> u64 {
                (self.0 >> 22) + DISCORD_EPOCH_MS
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl crate::decode::Decode<'_> for $name {
            fn decode(
                cursor: &mut crate::decode::Cursor<'_>,
            ) -> Result<Self, crate::decode::DecodeError> {
                cursor.snowflake().map(Self)
            }
        }

        impl From<u64> for $name {
            fn from(id: u64) -> Self {
                Self(id)
            }
        }
    )*};
}

/// The first second of 2015 in milliseconds since the Unix epoch.
///
/// Source: Discord documentation, *Snowflakes*.
pub const DISCORD_EPOCH_MS: u64 = 1_420_070_400_000;

ids! {
    /// The id of an application, or of one's own bot as one.
    ApplicationId,
    /// The id of an attachment.
    AttachmentId,
    /// The id of an entry of the audit log.
    AuditLogEntryId,
    /// The id of a channel or thread.
    ChannelId,
    /// The id of an application command.
    ApplicationCommandId,
    /// The id of a custom emoji.
    EmojiId,
    /// The id of an entitlement.
    EntitlementId,
    /// The id of a guild.
    GuildId,
    /// The id of an integration.
    IntegrationId,
    /// The id of an interaction.
    InteractionId,
    /// The id of a message.
    MessageId,
    /// The id of a role.
    RoleId,
    /// The id of an AutoMod rule.
    RuleId,
    /// The id of a scheduled event.
    ScheduledEventId,
    /// The id of a thing that is sold.
    SkuId,
    /// The id of a soundboard sound.
    SoundId,
    /// The id of a stage instance.
    StageInstanceId,
    /// The id of a sticker.
    StickerId,
    /// The id of a pack of stickers.
    StickerPackId,
    /// The id of a subscription.
    SubscriptionId,
    /// The id of a tag of a forum.
    TagId,
    /// The id of a user.
    UserId,
    /// The id of a webhook.
    WebhookId,
}

impl GuildId {
    /// Returns the shard this guild's events go to, of `count` shards.
    ///
    /// Source: Discord documentation, *Sharding*: `(guild_id >> 22) % num_shards`.
    #[must_use]
    pub fn shard(self, count: u32) -> u32 {
        let shard = (self.0 >> 22) % u64::from(count.max(1));
        u32::try_from(shard).unwrap_or(0)
    }
}

impl UserId {
    /// Returns the id of a bot's user as its token tells: its first segment is the id in base64.
    ///
    /// Source: the form tokens have; Discord does not promise it, so READY's word counts where there is one.
    ///
    /// ```
    /// use gatewright_core::UserId;
    ///
    /// assert_eq!(UserId::of_token("Bot MTIz.abc.secret"), Some(UserId(123)));
    /// assert_eq!(UserId::of_token("secret"), None);
    /// ```
    #[must_use]
    pub fn of_token(token: &str) -> Option<Self> {
        let token = token.strip_prefix("Bot ").unwrap_or(token);
        let (segment, _) = token.split_once('.')?;
        let mut digits = [0; 24];
        let length = STANDARD_NO_PAD.decode_slice(segment, &mut digits).ok()?;
        let digits = core::str::from_utf8(digits.get(..length)?).ok()?;
        digits.parse().ok().map(Self)
    }
}

/// A shard's number and the number of shards, as Identify's `[id, count]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShardId {
    /// The shard's number, from 0.
    pub id: u32,
    /// The number of shards.
    pub count: u32,
}

impl ShardId {
    /// The only shard of a bot that is not sharded.
    pub const ONE: Self = Self { id: 0, count: 1 };

    /// Creates the identity of shard `id` of `count`.
    #[must_use]
    pub const fn new(id: u32, count: u32) -> Self {
        Self { id, count }
    }
}

impl Default for ShardId {
    fn default() -> Self {
        Self::ONE
    }
}

impl fmt::Display for ShardId {
    /// Writes the id and the count, as in `3/16`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.id, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guilds_go_to_the_documented_shard() {
        assert_eq!(GuildId(197_038_439_483_310_086).shard(16), 2);
        assert_eq!(GuildId(5 << 22).shard(4), 1);
        assert_eq!(GuildId(5 << 22).shard(0), 0);
    }

    #[test]
    fn a_snowflake_tells_its_time() {
        assert_eq!(UserId(175_928_847_299_117_063).created_at_ms(), 1_462_015_105_796);
    }
}
