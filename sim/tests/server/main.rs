//! The server in virtual time: one test per rule, answer and fault.

mod commands;
mod etf;
mod faults;
mod handshake;
mod library;
mod rig;
mod session;
