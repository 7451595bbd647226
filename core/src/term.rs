//! The tags of Erlang's external term format.
//!
//! Source: Erlang/OTP documentation, *External Term Format*.

/// The first byte of a document.
pub(crate) const VERSION: u8 = 131;

pub(crate) const NEW_FLOAT: u8 = 70;
pub(crate) const SMALL_INTEGER: u8 = 97;
pub(crate) const INTEGER: u8 = 98;
/// The empty list, and the tail of others.
pub(crate) const NIL: u8 = 106;
pub(crate) const LIST: u8 = 108;
pub(crate) const BINARY: u8 = 109;
pub(crate) const SMALL_BIG: u8 = 110;
pub(crate) const SMALL_ATOM: u8 = 115;
pub(crate) const MAP: u8 = 116;
