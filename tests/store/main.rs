//! The store on both engines: what is written together, what is unique, what is found.

#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test binary: `pub` means for its other files, and what goes wrong fails the test"
)]

#[path = "../support/company.rs"]
#[expect(dead_code, reason = "it is shared with suites that need more of it")]
mod company;
#[path = "../support/mod.rs"]
mod support;

mod broken;
mod keys;
mod mail_log;
mod outbox;
mod search;
mod seats;
mod writer;
