//! Which dispatches are wanted; the others are never copied nor decoded.

use gatewright_core::EventKind;
use gatewright_core::decode::Decode;

/// Which dispatches are wanted; what the shard itself tells always is.
///
/// ```
/// use gatewright_core::EventKind;
/// use gatewright_core::model::{GuildCreate, MessageCreate};
/// use gatewright_std::Filter;
///
/// let filter = Filter::none()
///     .with::<MessageCreate<'_>>()
///     .with::<GuildCreate<'_>>()
///     .with_kind(EventKind::Unknown);
/// assert!(filter.wants(EventKind::GuildCreate) && filter.wants(EventKind::Disconnected));
/// assert!(!filter.wants(EventKind::PresenceUpdate));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// All are wanted if there is no list.
    wanted: Option<Vec<Wanted>>,
}

#[derive(Clone, Copy, Debug)]
enum Wanted {
    Kind(EventKind),
    Type(fn(EventKind) -> bool),
}

impl Filter {
    /// Wants all dispatches.
    #[must_use]
    pub const fn all() -> Self {
        Self { wanted: None }
    }

    /// Wants no dispatch, but for those that are added.
    #[must_use]
    pub const fn none() -> Self {
        Self { wanted: Some(Vec::new()) }
    }

    /// Wants the dispatches that decode as an event of [`model`](gatewright_core::model).
    #[must_use]
    pub fn with<'e, T: Decode<'e>>(self) -> Self {
        self.and(Wanted::Type(T::is_of))
    }

    /// Wants the dispatches of a kind.
    #[must_use]
    pub fn with_kind(self, kind: EventKind) -> Self {
        self.and(Wanted::Kind(kind))
    }

    /// Wants READY besides.
    #[must_use]
    pub fn with_ready(self) -> Self {
        if self.wants(EventKind::Ready) { self } else { self.with_kind(EventKind::Ready) }
    }

    fn and(mut self, wanted: Wanted) -> Self {
        self.wanted.get_or_insert_default().push(wanted);
        self
    }

    /// Tells whether events of a kind are wanted.
    #[must_use]
    pub fn wants(&self, kind: EventKind) -> bool {
        let told_by_shard = matches!(
            kind,
            EventKind::Command
                | EventKind::Connected
                | EventKind::Disconnected
                | EventKind::Gap
                | EventKind::Limit
                | EventKind::SessionLost
                | EventKind::Skipped
        );
        let listed = |wanted: &Wanted| match wanted {
            Wanted::Kind(wanted) => *wanted == kind,
            Wanted::Type(is_of) => is_of(kind),
        };
        told_by_shard || self.wanted.as_ref().is_none_or(|wanted| wanted.iter().any(listed))
    }
}
