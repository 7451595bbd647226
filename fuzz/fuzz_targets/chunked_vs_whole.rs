#![cfg_attr(fuzzing, no_main)]

gatewright_fuzz::target!(chunked_vs_whole);
