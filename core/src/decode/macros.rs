//! Types from lists of fields: objects, enums that keep unknown numbers, sets that keep unknown bits.

/// Makes a type of an object from its fields, each with its type and, where it differs, its name.
///
/// An object marked `lenient` treats a field of a wrong type as absent; one marked `event` is the
/// dispatch of its name.
macro_rules! object {
    ($(#[$meta:meta])* lenient $($rest:tt)*) => {
        $crate::decode::macros::object! { @make lenient (); $(#[$meta])* $($rest)* }
    };
    ($(#[$meta:meta])* event pub struct $name:ident $($rest:tt)*) => {
        $crate::decode::macros::object! {
            @make strict ($name); $(#[$meta])* pub struct $name $($rest)*
        }
    };
    ($(#[$meta:meta])* pub struct $($rest:tt)*) => {
        $crate::decode::macros::object! { @make strict (); $(#[$meta])* pub struct $($rest)* }
    };
    (@make $how:ident $kind:tt; $(#[$meta:meta])* pub struct $name:ident $(<$life:lifetime>)? {
        $($(#[$doc:meta])* $field:ident: $type:ty $(= $wire:literal)?,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $name $(<$life>)? {
            $($(#[$doc])* pub $field: $type,)*
        }

        $crate::decode::macros::object! { @decode $how $kind $name ($($life)?) $($field: $type = [$($wire)?],)* }
    };
    (@decode $how:ident $kind:tt $name:ident () $($body:tt)*) => {
        $crate::decode::macros::object! { @impl $how $kind ('e) ($name) $($body)* }
    };
    (@decode $how:ident $kind:tt $name:ident ($life:lifetime) $($body:tt)*) => {
        $crate::decode::macros::object! { @impl $how $kind ($life) ($name<$life>) $($body)* }
    };
    (@impl $how:ident ($($kind:ident)?) ($life:lifetime) ($whole:ty) $($field:ident: $type:ty = [$($wire:literal)?],)*) => {
        impl<$life> $crate::decode::Decode<$life> for $whole {
            fn decode(
                cursor: &mut $crate::decode::Cursor<$life>,
            ) -> Result<Self, $crate::decode::DecodeError> {
                // Constants named after the fields would not be upper case, and the lint that says so is slow.
                mod word {
                    $(pub(super) mod $field {
                        pub(in super::super) const WORD: u64 =
                            $crate::decode::word($crate::decode::macros::object!(@name $field $($wire)?).as_bytes());
                    })*
                }
                let start = cursor.here();
                $(let mut $field: Option<$type> = <$type as $crate::decode::Decode<$life>>::absent();)*
                let mut members = cursor.object()?;
                while let Some(key) = cursor.key(&mut members)? {
                    match key.word() {
                        $(word::$field::WORD if key.is($crate::decode::macros::object!(@name $field $($wire)?)) => {
                            $crate::decode::macros::object!(@read $how $field cursor);
                        })*
                        _ => cursor.skip()?,
                    }
                }
                Ok(Self {
                    $($field: match $field {
                        Some(value) => value,
                        None => return Err($crate::decode::DecodeError::missing(start, const {
                            &$crate::decode::Wanted::field($crate::decode::macros::object!(@name $field $($wire)?))
                        })),
                    },)*
                })
            }

            $(fn is_of(kind: $crate::EventKind) -> bool {
                kind == $crate::EventKind::$kind
            })?
        }
    };
    (@name $field:ident $wire:literal) => { $wire };
    (@name $field:ident) => { stringify!($field) };
    (@read strict $field:ident $cursor:ident) => { $field = Some($cursor.decode()?) };
    (@read lenient $field:ident $cursor:ident) => {
        $field = $cursor.lenient()?.or_else($crate::decode::Decode::absent)
    };
}

/// Makes types of the dispatches that hold an object with a type of its own.
macro_rules! events {
    ($($(#[$meta:meta])* pub struct $name:ident $(<$life:lifetime>)? ($object:ty);)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name $(<$life>)? (
            /// What it holds.
            pub $object,
        );

        impl $(<$life>)? core::ops::Deref for $name $(<$life>)? {
            type Target = $object;

            fn deref(&self) -> &$object {
                &self.0
            }
        }

        $crate::decode::macros::events! { @decode $name ($($life)?) }
    )*};
    (@decode $name:ident ()) => {
        $crate::decode::macros::events! { @impl $name ('e) ($name) }
    };
    (@decode $name:ident ($life:lifetime)) => {
        $crate::decode::macros::events! { @impl $name ($life) ($name<$life>) }
    };
    (@impl $name:ident ($life:lifetime) ($whole:ty)) => {
        impl<$life> $crate::decode::Decode<$life> for $whole {
            fn decode(
                cursor: &mut $crate::decode::Cursor<$life>,
            ) -> Result<Self, $crate::decode::DecodeError> {
                cursor.decode().map(Self)
            }

            fn is_of(kind: $crate::EventKind) -> bool {
                kind == $crate::EventKind::$name
            }
        }
    };
}

/// Makes an enum of numbers that keeps those it does not name.
macro_rules! numbers {
    ($($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $number:literal,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// A number this version has no name for.
            Unknown(i32),
        }

        impl $name {
            /// Returns the number on the wire.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Unknown(number) => number,
                }
            }
        }

        impl From<i32> for $name {
            fn from(number: i32) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    _ => Self::Unknown(number),
                }
            }
        }

        impl $crate::decode::Decode<'_> for $name {
            fn decode(
                cursor: &mut $crate::decode::Cursor<'_>,
            ) -> Result<Self, $crate::decode::DecodeError> {
                cursor.decode::<i32>().map(Self::from)
            }
        }
    )*};
}

/// Makes an enum of texts that keeps those it does not name.
macro_rules! texts {
    ($($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name<'e> {
            $($(#[$doc])* $variant,)*
            /// A text this version has no name for.
            Unknown($crate::decode::Text<'e>),
        }

        impl<'e> $name<'e> {
            /// Returns the text on the wire.
            #[must_use]
            pub const fn text(self) -> $crate::decode::Text<'e> {
                match self {
                    $(Self::$variant => $crate::decode::Text::plain($text),)*
                    Self::Unknown(text) => text,
                }
            }
        }

        impl<'e> $crate::decode::Decode<'e> for $name<'e> {
            fn decode(
                cursor: &mut $crate::decode::Cursor<'e>,
            ) -> Result<Self, $crate::decode::DecodeError> {
                let text = cursor.text()?;
                $(if text == $text {
                    return Ok(Self::$variant);
                })*
                Ok(Self::Unknown(text))
            }
        }
    )*};
}

/// Makes a set of bits, from a number or a text of its digits, that keeps bits it does not name.
macro_rules! bits {
    ($($(#[$($meta:tt)*])* pub struct $name:ident { $($(#[$($doc:tt)*])* const $flag:ident = $value:expr;)* })*) => {$(
        bitflags::bitflags! {
            $(#[$($meta)*])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name: u64 {
                $($(#[$($doc)*])* const $flag = $value;)*

                const _ = !0;
            }
        }

        impl $crate::decode::Decode<'_> for $name {
            fn decode(
                cursor: &mut $crate::decode::Cursor<'_>,
            ) -> Result<Self, $crate::decode::DecodeError> {
                cursor.u64().map(Self::from_bits_retain)
            }
        }
    )*};
}

pub(crate) use {bits, events, numbers, object, texts};
