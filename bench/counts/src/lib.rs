//! The layers of gatewright by themselves, each as something to run over made-up traffic.

pub mod cached;
pub mod layers;
