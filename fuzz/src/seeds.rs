//! Inputs to begin with, made from the simulator's world.
