//! Any JSON is a PATCH or an error; a PATCH is applied whole or not at all, and what it makes a PUT could have made.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| rollcall_fuzz::patch::run(input));
