#![cfg_attr(fuzzing, no_main)]

gatewright_fuzz::target!(etf_round_trip);
