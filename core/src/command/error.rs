//! Why a command was refused.

use core::fmt;

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident: $says:literal,)*) => {
        /// Why a command was refused; nothing of it was queued.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum CommandError {
            $($(#[$doc])* $name,)*
        }

        impl fmt::Display for CommandError {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $says,)*
                })
            }
        }

        impl CommandError {
            /// Returns the one of a name, as `Debug` has it.
            #[cfg(feature = "alloc")]
            pub(crate) fn of_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

errors! {
    /// The type of an activity is not within 0 to 5.
    ActivityType: "expected the type of an activity to be 0 to 5",
    /// The name of an activity does not have 1 to 128 characters.
    ActivityName: "expected the name of an activity to have 1 to 128 characters",
    /// The state of an activity has over 128 characters.
    ActivityState: "expected the state of an activity to have at most 128 characters",
    /// The URL of an activity is not one of a stream, has over 512 characters, or the type is not 1.
    ActivityUrl: "expected the url of an activity only with type 1, at https://twitch.tv/ or https://youtube.com/, of at most 512 characters",
    /// The limit of a request for members is over 100.
    Limit: "expected the limit of a request for members to be 0 to 100",
    /// All members of a guild, or those of an empty prefix, are told to those who have the intent `GUILD_MEMBERS`.
    MissingGuildMembers: "to ask for all members takes the intent GUILD_MEMBERS",
    /// Presences are told to those who have the intent `GUILD_PRESENCES`.
    MissingGuildPresences: "to ask for presences takes the intent GUILD_PRESENCES",
    /// A request for channel info names no field.
    NoFields: "expected a request for channel info to name a field",
    /// A request for sounds names no guild.
    NoGuilds: "expected a request for soundboard sounds to name a guild",
    /// The nonce has over 32 bytes: the gateway would ignore it.
    NonceTooLong: "expected the nonce to have at most 32 bytes",
    /// The raw `d` holds what ETF cannot say: a key twice, a surrogate alone, an integer beyond 64 bits or a
    /// number beyond the range of a float.
    NotEtf: "expected a raw payload that ETF can say: keys once, whole characters, integers of 64 bits",
    /// The raw `d` is not one JSON value.
    NotJson: "expected the raw payload's d to be one JSON value",
    /// The command was encoded for a shard with another encoding.
    OtherEncoding: "the command was encoded for a shard with another encoding",
    /// The shard is over or leaving.
    Over: "the shard is over or leaving",
    /// The queue has no room for it.
    QueueFull: "the command queue is full",
    /// The shard itself sends this opcode.
    ReservedOp: "opcodes 1, 2 and 6 are sent by the shard itself",
    /// The payload is over 4096 bytes.
    TooLong: "the payload is over 4096 bytes",
    /// A request for members names no user, or over 100.
    UserIds: "expected a request for members to name 1 to 100 users",
}

impl core::error::Error for CommandError {}
