//! Invites.
//!
//! Source: Discord documentation, *Invite Resource*.

use crate::decode::macros::numbers;

numbers! {
    /// What an invite leads to.
    pub enum InviteType {
        /// A guild.
        Guild = 0,
        /// A group.
        GroupDm = 1,
        /// A friend.
        Friend = 2,
    }

    /// What an invite to a voice channel is for.
    pub enum InviteTargetType {
        /// A stream.
        Stream = 1,
        /// An application inside the client.
        EmbeddedApplication = 2,
    }
}
