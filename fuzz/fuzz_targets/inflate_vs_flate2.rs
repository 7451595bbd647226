#![cfg_attr(fuzzing, no_main)]

gatewright_fuzz::target!(inflate_vs_flate2);
