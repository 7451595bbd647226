//! Text that a configuration keeps: lent by the caller or owned on the heap.

use core::fmt;
use core::ops::Deref;

use crate::lease::Owned;

/// Text lent by the caller or, with the feature `alloc`, owned on the heap.
#[derive(Clone)]
pub struct Str<'m>(Kind<'m>);

#[derive(Clone)]
enum Kind<'m> {
    Lent(&'m str),
    #[cfg_attr(not(feature = "alloc"), expect(dead_code, reason = "made by the heap only"))]
    Owned(Owned<str>),
}

impl Deref for Str<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Kind::Lent(text) => text,
            Kind::Owned(text) => text,
        }
    }
}

impl<'m> From<&'m str> for Str<'m> {
    fn from(text: &'m str) -> Self {
        Self(Kind::Lent(text))
    }
}

#[cfg(feature = "alloc")]
impl From<alloc::string::String> for Str<'_> {
    fn from(text: alloc::string::String) -> Self {
        Self(Kind::Owned(text.into_boxed_str()))
    }
}

impl fmt::Debug for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// A bot token, without the prefix `Bot `; it never shows in `Debug` output.
#[derive(Clone)]
pub struct Token<'m>(Str<'m>);

impl Token<'_> {
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Tells whether this can be a gateway token: printable ASCII without spaces.
    pub(crate) fn is_plausible(&self) -> bool {
        !self.0.is_empty()
            && self.0.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
    }
}

impl<'m> From<&'m str> for Token<'m> {
    fn from(token: &'m str) -> Self {
        Self(token.into())
    }
}

#[cfg(feature = "alloc")]
impl From<alloc::string::String> for Token<'_> {
    fn from(token: alloc::string::String) -> Self {
        Self(token.into())
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<token>")
    }
}
