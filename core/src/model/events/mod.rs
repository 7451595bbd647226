//! A type for each documented dispatch, named after it.

mod application;
mod channel;
mod community;
mod guild;
mod member;
mod message;
mod session;
mod voice;

pub use application::*;
pub use channel::*;
pub use community::*;
pub use guild::*;
pub use member::*;
pub use message::*;
pub use session::*;
pub use voice::*;
