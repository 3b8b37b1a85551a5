//! The pages through the whole router, as a browser without scripts sees them, on both engines.

#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test binary: `pub` means for its other files, and what goes wrong fails the test"
)]

#[path = "../../../tests/support/company.rs"]
#[expect(dead_code, reason = "it is shared with suites that need more of it")]
mod company;
#[path = "../../../tests/support/dns.rs"]
#[expect(dead_code, reason = "it is shared with suites that need more of it")]
mod dns;
#[path = "../../../tests/support/requests.rs"]
mod requests;
#[path = "../../../tests/support/mod.rs"]
mod support;

mod accounts;
mod addresses;
mod browser;

mod activity;
mod answers;
mod connections;
mod directories;
mod doors;
mod held;
mod invitations;
mod joining;
mod mail;
mod mistakes;
mod people;
mod permissions;
mod safety;
mod sender_domain;
