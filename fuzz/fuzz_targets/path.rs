//! Any text is a path or an error, and a path that was read is printed as itself.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| rollcall_fuzz::path::run(input));
