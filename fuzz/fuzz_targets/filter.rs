//! Any text is a filter or an error, and a filter that was read can be printed, checked and evaluated.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| rollcall_fuzz::filter::run(input));
