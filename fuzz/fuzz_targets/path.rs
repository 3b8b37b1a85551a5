//! Any text is a path or an error, and a path that was read is printed as itself.

#![no_main]

#[path = "../checks/path.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|input: &str| check::run(input));
