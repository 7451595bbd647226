//! What dispatches hold: typed, borrowed, decoded on demand.
//!
//! There is a type for each documented dispatch, named after it, and one for each object they hold.
//! [`Dispatch::decode`](crate::Dispatch::decode) takes either, and refuses the type of another dispatch;
//! [`Dispatch::payload`](crate::Dispatch::payload) chooses the type.
//!
//! Every type here borrows from the document; the largest has 1.2 KiB. A field without `Option`, [`Field`], [`Seq`] or
//! [`IdMap`] must be there, and those are few: what identifies the object. All else may be absent, since
//! the service leaves fields out where its documentation does not say so. It is a [`Field`] where absent and
//! null are two things. Sets of bits and enums keep what they have no name for.
//!
//! Source: Discord documentation, *Gateway Events* and *Resources*.

mod application;
mod attachment;
mod audit_log;
mod auto_moderation;
mod channel;
mod component;
mod embed;
mod emoji;
mod entitlement;
mod events;
mod guild;
mod ids;
mod integration;
mod interaction;
mod invite;
mod member;
mod message;
mod payload;
mod permissions;
mod poll;
mod presence;
mod ready;
mod role;
mod scalar;
mod scheduled_event;
mod secret;
mod sound;
mod stage;
mod sticker;
mod thread;
mod user;
mod voice;

pub use application::*;
pub use attachment::*;
pub use audit_log::*;
pub use auto_moderation::*;
pub use channel::*;
pub use component::*;
pub use embed::*;
pub use emoji::*;
pub use entitlement::*;
pub use events::*;
pub use guild::*;
pub use integration::*;
pub use interaction::*;
pub use invite::*;
pub use member::*;
pub use message::*;
pub use payload::Payload;
pub use permissions::Permissions;
pub use poll::*;
pub use presence::*;
pub use ready::*;
pub use role::*;
pub use scalar::{Scalar, UnixMillis};
pub use scheduled_event::*;
pub use secret::*;
pub use sound::*;
pub use stage::*;
pub use sticker::*;
pub use thread::*;
pub use user::*;
pub use voice::*;

pub(crate) use scalar::pair;

#[expect(unused_imports, reason = "for the documentation")]
use crate::decode::{Field, IdMap, Seq};
