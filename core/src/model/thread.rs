//! What only threads have, and their members.
//!
//! Source: Discord documentation, *Channels Resource*.

use crate::decode::Timestamp;
use crate::decode::macros::object;

object! {
    /// What only threads have.
    pub struct ThreadMetadata<'e> {
        /// Whether it is archived.
        archived: Option<bool>,
        /// When it is archived, in minutes without a message.
        auto_archive_duration: Option<u32>,
        /// When it was last archived, or no longer.
        archive_timestamp: Option<Timestamp<'e>>,
        /// Whether only those who may manage threads can open it again.
        locked: Option<bool>,
        /// Whether others than moderators can invite to it.
        invitable: Option<bool>,
        /// When it was made; nothing for old ones.
        create_timestamp: Option<Timestamp<'e>>,
    }
}

/// Makes a type with the fields of a thread's member, and more.
macro_rules! thread_member {
    ([$($head:tt)*] $($more:tt)*) => {
        $crate::decode::macros::object! {
            $($head)* {
                /// The thread; absent where it stands around the member.
                id: Option<$crate::ChannelId>,
                /// The user; absent where it is the bot.
                user_id: Option<$crate::UserId>,
                /// When the user joined.
                join_timestamp: Option<$crate::decode::Timestamp<'e>>,
                /// Settings of the user, meant for clients.
                flags: Option<u64>,
                /// What the user is in the guild.
                member: Option<$crate::decode::Lazy<'e, $crate::model::Member<'e>>>,
                $($more)*
            }
        }
    };
}

pub(crate) use thread_member;

thread_member! {
    [
        /// A member of a thread.
        pub struct ThreadMember<'e>
    ]
}
