//! Any text is the schema of an extension or an error, and what was read is written, read and served as itself.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| rollcall_fuzz::extension::run(input));
