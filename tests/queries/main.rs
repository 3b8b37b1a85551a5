//! What the store asks of the database: by which index it looks things up, and in how many statements.

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
#[path = "../support/requests.rs"]
#[expect(dead_code, reason = "it is shared with suites that need more of it")]
mod requests;
#[path = "../support/mod.rs"]
mod support;

mod group_changes;
mod large;
mod members;
mod plans;
mod recorder;
mod statements;
