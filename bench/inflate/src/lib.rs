//! Messages as they come off the wire, and those who inflate them.

pub mod wire;
