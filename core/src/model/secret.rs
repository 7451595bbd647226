//! Texts that must not appear in logs.

use core::fmt;

use crate::decode::{Cursor, Decode, DecodeError, Text};

macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident = $shown:literal,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $name<'e>(Text<'e>);

        impl<'e> $name<'e> {
            /// Returns the text.
            #[must_use]
            pub const fn reveal(&self) -> Text<'e> {
                self.0
            }
        }

        impl<'e> Decode<'e> for $name<'e> {
            fn decode(cursor: &mut Cursor<'e>) -> Result<Self, DecodeError> {
                cursor.text().map(Self)
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($shown)
            }
        }
    )*};
}

secrets! {
    /// The token of an interaction or a voice server; it is not shown.
    SecretToken = "<token>",
    /// The id of a session, which is worth a token; it is not shown.
    SessionId = "<session id>",
}
