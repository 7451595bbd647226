#![cfg_attr(fuzzing, no_main)]

gatewright_fuzz::target!(zlib_vs_others);
