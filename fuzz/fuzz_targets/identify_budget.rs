#![cfg_attr(fuzzing, no_main)]

gatewright_fuzz::target!(identify_budget);
