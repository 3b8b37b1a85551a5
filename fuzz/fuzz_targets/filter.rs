//! Any text is a filter or an error, and a filter that was read can be printed, checked and evaluated.

#![no_main]

#[path = "../checks/filter.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|input: &str| check::run(input));
