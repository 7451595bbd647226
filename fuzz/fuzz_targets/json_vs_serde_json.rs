#![cfg_attr(fuzzing, no_main)]

gatewright_fuzz::target!(json_vs_serde_json);
