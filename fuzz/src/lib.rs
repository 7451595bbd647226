//! x
/// Makes the program.
#[macro_export]
macro_rules! target {
    ($property:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$property(data));

        #[cfg(not(fuzzing))]
        fn main() {}
    };
}
/// x
pub fn json(data: &[u8]) {
    let _ = gatewright_core::decode::check(data);
}
