//! The `rollcall` program: its commands while a server runs, what it says when it cannot start, and what is left when
//! it is killed.

#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test binary: `pub` means for its other files, and what goes wrong fails the test"
)]

#[path = "../../../tests/support/mod.rs"]
mod support;

mod program;

mod bounces;
mod commands;
mod extensions;
mod killed;
mod starting;
