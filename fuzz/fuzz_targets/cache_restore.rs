#![cfg_attr(fuzzing, no_main)]

gatewright_fuzz::target!(cache_restore);
